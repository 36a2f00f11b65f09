"""Bars side by side that have neither labels nor different totals."""

import random
import threading
import time

from tqdm import tqdm


def work(position: int) -> None:
    chosen = random.Random(position)
    for _ in tqdm(range(50), position=position):
        time.sleep(chosen.uniform(0.01, 0.04))


threads = [threading.Thread(target=work, args=(position,)) for position in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
