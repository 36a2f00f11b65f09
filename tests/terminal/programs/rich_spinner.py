# about: rich's Progress with a spinner in front of the description.
# pypi: rich
import time

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

columns = [SpinnerColumn(), TextColumn("[progress.description]{task.description}"), BarColumn(), TaskProgressColumn()]
with Progress(*columns) as progress:
    tasks = [progress.add_task(f"shard {number}", total=30) for number in range(3)]
    for step in range(45):
        for number, task in enumerate(tasks):
            if step >= number * 5:
                progress.advance(task)
        time.sleep(0.04)
