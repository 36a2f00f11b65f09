# about: rich's Live with two panels side by side, each with bars of its own: two bars stand on one row of the screen.
# pypi: rich
import time

from rich.live import Live
from rich.panel import Panel
from rich.progress import Progress
from rich.table import Table

overall, jobs = Progress(), Progress("{task.description}", *Progress.get_default_columns()[1:3])
everything = overall.add_task("All jobs", total=60)
tasks = [jobs.add_task(name, total=20) for name in ("cooking", "baking", "mixing")]
grid = Table.grid()
grid.add_row(Panel.fit(overall, title="Overall", padding=(1, 1)), Panel.fit(jobs, title="Jobs", padding=(1, 1)))
with Live(grid, refresh_per_second=8):
    for step in range(60):
        jobs.advance(tasks[step % 3])
        overall.advance(everything)
        time.sleep(0.03)
