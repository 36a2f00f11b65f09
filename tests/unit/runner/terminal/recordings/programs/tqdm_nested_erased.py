"""Two bars, the inner one erased at its end."""

import time

from tqdm import tqdm

for _ in tqdm(range(4), desc="outer"):
    for _ in tqdm(range(30), desc="inner", leave=False):
        time.sleep(0.007)
    time.sleep(0.15)
