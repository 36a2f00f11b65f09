# about: tqdm.write at each level of three nested tqdm bars, of which the innermost stays.
# pypi: tqdm
import time

from tqdm import tqdm, trange

for i in trange(2, desc="1st loop"):
    tqdm.write(f"at {i}")
    for j in trange(2, desc="2nd loop", leave=False):
        tqdm.write(f"at {i}, {j}")
        for k in trange(6, desc="3rd loop"):
            tqdm.write(f"at {i}, {j}, {k}")
            time.sleep(0.06)
