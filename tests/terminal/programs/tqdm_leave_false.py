# about: A tqdm bar of epochs; the bar of batches below it is erased after each epoch (leave=False).
# pypi: tqdm
import time

from tqdm import tqdm

for _ in tqdm(range(4), desc="Epochs"):
    for _ in tqdm(range(15), desc="Batches", leave=False):
        time.sleep(0.03)
