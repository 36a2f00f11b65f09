# about: Two bars of alive-progress, one after the other: one with a total and lines printed meanwhile, one without a total.
# pypi: alive-progress
import time

from alive_progress import alive_bar

with alive_bar(80, title="Parsing") as bar:
    for number in range(80):
        time.sleep(0.02)
        bar()
        if number % 30 == 0:
            print("parsed file", number)
with alive_bar(title="Unknown") as bar:
    for _ in range(40):
        time.sleep(0.02)
        bar()
