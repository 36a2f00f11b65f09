# about: Spinners of yaspin, with lines written above them.
# pypi: yaspin
import time

from yaspin import yaspin

with yaspin(text="Downloading images", color="cyan") as spinner:
    time.sleep(0.6)
    spinner.write("> image 1 download complete")
    time.sleep(0.6)
    spinner.write("> image 2 download complete")
    time.sleep(0.4)
    spinner.ok("✔")
with yaspin(text="Checking") as spinner:
    time.sleep(0.5)
    spinner.fail("✘")
