# about: Three ranks, as torchrun starts them: each has a tqdm bar of its own on the same terminal.
# pypi: tqdm
import os
import subprocess
import sys
import time

if "RANK" not in os.environ:
    ranks = [subprocess.Popen([sys.executable, __file__], env={**os.environ, "RANK": str(rank)}) for rank in range(3)]
    sys.exit(max(rank.wait() for rank in ranks))

from tqdm import tqdm

rank = int(os.environ["RANK"])
time.sleep(0.03 * rank)
print(f"[rank{rank}]: joined", flush=True)
time.sleep(0.3)
for step in tqdm(range(30), desc=f"[rank{rank}]", position=rank):
    time.sleep(0.05 + 0.01 * rank)
time.sleep(0.2 * rank)
print(f"[rank{rank}]: done", flush=True)
