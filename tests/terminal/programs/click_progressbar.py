# about: Two bars of click, one after the other, the second with the current item.
# pypi: click
import time

import click

with click.progressbar(range(40), label="Reticulating splines") as bar:
    for _ in bar:
        time.sleep(0.03)
names = [f"user{number}" for number in range(20)]
with click.progressbar(names, label="Modifying accounts", item_show_func=lambda name: name, show_pos=True) as bar:
    for _ in bar:
        time.sleep(0.05)
click.secho("done", fg="green")
