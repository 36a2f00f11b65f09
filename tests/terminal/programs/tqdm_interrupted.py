# about: Two nested tqdm bars; an exception ends the program half-way.
# pypi: tqdm
import time

from tqdm import tqdm

for epoch in tqdm(range(5), desc="epoch"):
    for step in tqdm(range(20), desc="step", leave=False):
        time.sleep(0.03)
        if epoch == 2 and step == 12:
            raise RuntimeError("loss is nan")
