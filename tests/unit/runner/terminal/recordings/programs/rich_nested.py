"""A task within a task; the inner one starts over."""

import time

from rich.progress import Progress

with Progress() as progress:
    epochs = progress.add_task("epochs", total=3)
    batches = progress.add_task("batches", total=30)
    for _ in range(3):
        progress.reset(batches)
        for _ in range(30):
            time.sleep(0.015)
            progress.advance(batches)
        progress.advance(epochs)
