"""Two levels without labels and with equal totals; the inner bar is kept."""

import time

from tqdm import tqdm

for _ in tqdm(range(6)):
    for _ in tqdm(range(6)):
        time.sleep(0.02)
