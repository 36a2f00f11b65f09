# about: rich's Progress with the columns of a download, erased at the end (transient), and a log line meanwhile.
# pypi: rich
import time

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

columns = [
    TextColumn("[bold blue]{task.fields[filename]}", justify="right"),
    BarColumn(bar_width=None),
    "[progress.percentage]{task.percentage:>3.1f}%",
    "•",
    DownloadColumn(),
    "•",
    TransferSpeedColumn(),
    "•",
    TimeRemainingColumn(),
]
with Progress(*columns, transient=True) as progress:
    tasks = [progress.add_task("download", filename=f"model-{n}.bin", total=2_000_000 * (n + 1)) for n in range(2)]
    for step in range(40):
        for number, task in enumerate(tasks):
            progress.update(task, completed=min(100_000 * (step + 1), 2_000_000 * (number + 1)))
        if step == 20:
            progress.console.log("model-0.bin is complete")
        time.sleep(0.05)
print("both files are here")
