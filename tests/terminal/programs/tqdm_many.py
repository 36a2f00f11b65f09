# about: 60 tqdm bars on a screen of 50 rows.
# pypi: tqdm
import time

from tqdm import tqdm

bars = [tqdm(total=3, desc=f"file {number:02}", leave=False) for number in range(60)]
for _ in range(3):
    for bar in bars:
        bar.update()
    time.sleep(0.15)
for bar in reversed(bars):
    bar.close()
print("60 files")
