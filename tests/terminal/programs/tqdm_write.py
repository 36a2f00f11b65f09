# about: Messages by tqdm.write above a bar.
# pypi: tqdm
import time

from tqdm import tqdm

for number in tqdm(range(30), desc="Converting", unit="file"):
    time.sleep(0.05)
    if number % 6 == 0:
        tqdm.write(f"skipped image_{number:03}.png: it is empty")
