# about: A table that rich's Live draws again and again, with a line of log above it.
# pypi: rich
import time

from rich.live import Live
from rich.table import Table


def table(epoch):
    table = Table(title="Runs")
    table.add_column("Run")
    table.add_column("Epoch", justify="right")
    table.add_column("Loss", justify="right")
    for run in range(4):
        done = min(epoch, 3 + 2 * run)
        table.add_row(f"run-{run}", str(done), f"{1 / (done + 1):.3f}", style="green" if done < epoch else "")
    return table


with Live(table(0), refresh_per_second=8) as live:
    for epoch in range(1, 10):
        time.sleep(0.2)
        live.update(table(epoch))
        if epoch == 5:
            live.console.log("run-0 has stopped early")
