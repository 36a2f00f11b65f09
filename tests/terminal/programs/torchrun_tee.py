# about: torchrun starts three ranks and puts a prefix in front of what they print; each rank has a tqdm bar.
# pypi: torch==2.13.0 tqdm numpy
# command: torchrun --nproc-per-node 3 --tee 3 train.py
import pathlib
import subprocess
import sys

TRAIN = """
import os, time
from tqdm import tqdm

rank = int(os.environ["RANK"])
print("loading", flush=True)
for step in tqdm(range(30), desc="train"):
    time.sleep(0.06 + 0.01 * rank)
print("finished", flush=True)
"""
pathlib.Path("train.py").write_text(TRAIN)
OPTIONS = ["--standalone", "--nproc-per-node", "3", "--tee", "3"]
sys.exit(subprocess.run(["torchrun", *OPTIONS, "train.py"]).returncode)
