"""A bar for each epoch, within one over the epochs."""

import time

from tqdm import tqdm, trange

for epoch in trange(3):
    for _ in tqdm(range(40), desc=f"Epoch {epoch}", leave=False):
        time.sleep(0.007)
