# about: tqdm bars of bytes: one with a total, one in ascii, one without a total.
# pypi: tqdm
import time

from tqdm import tqdm

with tqdm(total=52_428_800, unit="B", unit_scale=True, unit_divisor=1024, desc="model.safetensors") as bar:
    for _ in range(25):
        time.sleep(0.04)
        bar.update(2_097_152)
for _ in tqdm(range(20), desc="Unpacking", ascii=True):
    time.sleep(0.04)
with tqdm(unit="B", unit_scale=True, desc="stream") as bar:
    for _ in range(20):
        time.sleep(0.04)
        bar.update(65_536)
