"""Two levels with prints within them."""

import time

from tqdm import tqdm

for epoch in tqdm(range(3), desc="epochs"):
    print(f"epoch {epoch} begins")
    for _ in tqdm(range(25), desc="batches", leave=False):
        time.sleep(0.01)
    tqdm.write(f"loss {1 / (epoch + 1):.3f}")
    time.sleep(0.12)
