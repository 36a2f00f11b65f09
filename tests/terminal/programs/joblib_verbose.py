# about: joblib's Parallel with verbose=10.
# pypi: joblib
import time

from joblib import Parallel, delayed


def work(number):
    time.sleep(0.1)
    return number * number


if __name__ == "__main__":
    squares = Parallel(n_jobs=2, verbose=10)(delayed(work)(number) for number in range(24))
    print(sum(squares))
