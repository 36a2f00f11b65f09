"""Inner runs that are shorter than the time between two draws of the outer bar, which is also drawn within them."""

import time

from tqdm import tqdm

outer = tqdm(range(20), desc="outer")
for _ in outer:
    for step in tqdm(range(20), desc="inner", leave=False):
        time.sleep(0.002)
        if step % 10 == 5:
            outer.set_postfix(loss=step)
