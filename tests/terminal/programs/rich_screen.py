# about: rich's Live on the alternate screen: a layout of two panels, gone at the end.
# pypi: rich
import time

from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel

print("starting the monitor")
layout = Layout()
layout.split_row(Layout(name="left"), Layout(name="right"))
with Live(layout, screen=True, refresh_per_second=4):
    for step in range(5):
        layout["left"].update(Panel(f"step {step}", title="train"))
        layout["right"].update(Panel(f"memory {40 + step} %", title="machine"))
        time.sleep(0.2)
print("the monitor has ended")
