# about: 30 tqdm bars at once, each at a position of its own.
# pypi: tqdm
import time

from tqdm import tqdm

bars = [tqdm(total=5, desc=f"worker {number:02}", position=number) for number in range(30)]
for _ in range(5):
    for bar in bars:
        bar.update()
    time.sleep(0.15)
for bar in bars:
    bar.close()
