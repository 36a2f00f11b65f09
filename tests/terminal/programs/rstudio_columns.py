# about: Percentages drawn from a column on, as cli of R and npm do, then with the cursor moved back; written after the thread.
# source: https://github.com/rstudio/rstudio/pull/17786
import sys
import time


def draw(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
    time.sleep(0.03)


print("downloading the index")
for percent in range(0, 101, 4):
    draw(f"\x1b[1Gdownloading {percent}%\x1b[0K")
print()
# Only the number is written anew.
draw("unpacking   0%")
for percent in range(5, 101, 5):
    draw(f"\x1b[4D{percent:3d}%")
print()
# Two bars one above the other, each reached by moving up.
print("Downloads   0/10\nProcessing  0/10")
for done in range(1, 11):
    draw(f"\x1b[2F\x1b[13G{done:2d}/10\x1b[E")
    draw(f"\x1b[13G{done:2d}/10\x1b[E")
print("all there")
