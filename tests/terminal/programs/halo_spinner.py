# about: Spinners of halo whose text shows a percentage.
# pypi: halo
import time

from halo import Halo

with Halo(text="Loading", spinner="dots") as spinner:
    for percent in range(0, 101, 10):
        spinner.text = f"Loading {percent}%"
        time.sleep(0.1)
    spinner.succeed("Loaded")
with Halo(text="Linking", spinner="line") as spinner:
    time.sleep(0.8)
    spinner.warn("Linked with warnings")
