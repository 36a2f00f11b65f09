"""Three levels, without labels and with equal totals on two of them."""

import time

from tqdm import tqdm

for _ in tqdm(range(3)):
    for _ in tqdm(range(5)):
        for _ in tqdm(range(5), leave=False):
            time.sleep(0.02)
