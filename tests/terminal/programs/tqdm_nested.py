# about: A tqdm bar of 3 epochs with a bar of batches below it in each.
# pypi: tqdm
import time

from tqdm import tqdm

for _ in tqdm(range(3), desc="Epochs"):
    for _ in tqdm(range(20), desc="Batches"):
        time.sleep(0.03)
