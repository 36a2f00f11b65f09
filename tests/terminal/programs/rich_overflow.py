# about: rich's Progress with 55 tasks on a screen of 50 rows: the rest is an ellipsis until the end.
# pypi: rich
import time

from rich.progress import BarColumn, Progress, TextColumn

columns = [TextColumn("{task.description}"), BarColumn(10), TextColumn("{task.completed:.0f}/{task.total:.0f}")]
progress = Progress(*columns, auto_refresh=False)
tasks = [progress.add_task(f"part {number:02}", total=3) for number in range(55)]
with progress:
    for _ in range(3):
        for task in tasks:
            progress.advance(task)
        progress.refresh()
        time.sleep(0.3)
