# about: A tqdm bar of a loop that has two loops inside, one after the other, each with a bar that is erased.
# pypi: tqdm
import time

from tqdm import trange

for _ in trange(3, desc="1st loop"):
    for _ in trange(15, desc="2nd loop", leave=False):
        time.sleep(0.03)
    for _ in trange(10, desc="3rd loop", leave=False):
        time.sleep(0.03)
