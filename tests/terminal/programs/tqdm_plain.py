# about: One tqdm bar without a description.
# pypi: tqdm
import time

from tqdm import tqdm

for _ in tqdm(range(60)):
    time.sleep(0.03)
print("all done")
