"""Downloads side by side, each in a thread."""

import random
import threading
import time

from tqdm import tqdm


def download(position: int) -> None:
    chosen = random.Random(position)
    with tqdm(total=1000 + 200 * position, desc=f"file-{position}", unit="B", position=position) as bar:
        while bar.n < bar.total:
            time.sleep(0.02)
            bar.update(min(chosen.randint(5, 60), bar.total - bar.n))


threads = [threading.Thread(target=download, args=(position,)) for position in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
