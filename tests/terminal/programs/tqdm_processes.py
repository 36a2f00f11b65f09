# about: tqdm's process_map over two processes, then a pool whose workers each have a bar.
# pypi: tqdm
import multiprocessing
import time

from tqdm import tqdm
from tqdm.contrib.concurrent import process_map


def square(number):
    time.sleep(0.05)
    return number * number


def work(worker):
    time.sleep(0.1 * worker)
    for _ in tqdm(range(15 + 5 * worker), desc=f"worker {worker}", position=worker, leave=True):
        time.sleep(0.05)


if __name__ == "__main__":
    process_map(square, range(40), max_workers=2, chunksize=1)
    with multiprocessing.Pool(3, initializer=tqdm.set_lock, initargs=(tqdm.get_lock(),)) as pool:
        pool.map(work, range(3), chunksize=1)
