# about: A bar of progressbar2 with messages above it, then one without a total.
# pypi: progressbar2
import time

import progressbar

for number in progressbar.progressbar(range(50), redirect_stdout=True):
    time.sleep(0.03)
    if number % 20 == 5:
        print("at row", number)
bar = progressbar.ProgressBar(max_value=progressbar.UnknownLength)
for number in range(20):
    time.sleep(0.05)
    bar.update(number)
bar.finish()
