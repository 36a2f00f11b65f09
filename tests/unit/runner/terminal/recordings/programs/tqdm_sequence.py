"""One bar after the other; the second is left early, the third erased."""

import time

from tqdm import tqdm

for _ in tqdm(range(20), desc="load"):
    time.sleep(0.02)
time.sleep(0.3)
for n in tqdm(range(50), desc="search"):
    time.sleep(0.02)
    if n == 20:
        break
time.sleep(0.3)
for _ in tqdm(range(20), desc="check", leave=False):
    time.sleep(0.02)
time.sleep(0.3)
for _ in tqdm(range(40), desc="train"):
    time.sleep(0.02)
