# about: The text bar of dask, twice.
# pypi: dask
import time

import dask
from dask.diagnostics import ProgressBar


@dask.delayed
def load(number):
    time.sleep(0.1)
    return number


if __name__ == "__main__":
    with ProgressBar():
        total = dask.compute([load(number) for number in range(30)], scheduler="threads", num_workers=2)
        print(sum(total[0]))
        total = dask.compute([load(number) for number in range(10)], scheduler="threads", num_workers=2)
    print(sum(total[0]))
