# about: A new tqdm bar for each of 12 epochs, with the epoch in its description.
# pypi: tqdm
import time

from tqdm import tqdm

for epoch in range(12):
    for _ in tqdm(range(5), desc=f"Epoch {epoch}/12"):
        time.sleep(0.04)
