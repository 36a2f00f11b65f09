# about: rich's status: a spinner that stands below the log and changes its text.
# pypi: rich
import time

from rich.console import Console

console = Console()
with console.status("[bold green]Working on tasks...") as status:
    for number in range(1, 5):
        time.sleep(0.4)
        console.log(f"task {number} complete")
        if number == 2:
            status.update("[bold blue]Cleaning up...", spinner="earth")
console.print("[bold]finished[/bold]")
