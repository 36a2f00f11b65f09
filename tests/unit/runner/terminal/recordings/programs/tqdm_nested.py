"""Two bars, the inner one kept."""

import time

from tqdm import tqdm

for _ in tqdm(range(4), desc="outer"):
    for _ in tqdm(range(30), desc="inner"):
        time.sleep(0.01)
