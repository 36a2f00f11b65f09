"""Several tasks side by side."""

import random
import time

from rich.progress import Progress

chosen = random.Random(1)
with Progress() as progress:
    tasks = [progress.add_task(f"task {number}", total=100 + 40 * number) for number in range(3)]
    while not progress.finished:
        time.sleep(0.02)
        for task in tasks:
            progress.advance(task, chosen.randint(1, 4))
