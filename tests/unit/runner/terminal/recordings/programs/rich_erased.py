"""A bar that is erased in its middle, then another one."""

import time

from rich.progress import Progress

with Progress(transient=True) as progress:
    task = progress.add_task("scan", total=50)
    for _ in range(28):
        time.sleep(0.015)
        progress.advance(task)
time.sleep(0.4)
with Progress() as progress:
    task = progress.add_task("train", total=40)
    for _ in range(40):
        time.sleep(0.015)
        progress.advance(task)
