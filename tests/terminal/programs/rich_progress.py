# about: Three tasks in rich's Progress with its usual columns; one of them has no total.
# pypi: rich
import time

from rich.progress import Progress

with Progress() as progress:
    download = progress.add_task("[red]Downloading", total=50)
    process = progress.add_task("[green]Processing", total=25)
    cook = progress.add_task("[cyan]Waiting", total=None)
    for step in range(50):
        progress.advance(download)
        if step % 2:
            progress.advance(process)
        if step == 20:
            progress.console.print("[bold]20[/bold] files are here")
        time.sleep(0.04)
