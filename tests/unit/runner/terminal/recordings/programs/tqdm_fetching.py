"""Files fetched by several threads, with a bar each, within a bar that counts them (as a model hub does)."""

import random
import time

from tqdm import tqdm
from tqdm.contrib.concurrent import thread_map


def fetch(number: int) -> None:
    chosen = random.Random(number)
    with tqdm(total=chosen.randint(20_000, 90_000), desc=f"model-{number}.bin", unit="B", unit_scale=True) as bar:
        while bar.n < bar.total:
            time.sleep(0.02)
            bar.update(min(chosen.randint(500, 3_000), bar.total - bar.n))


thread_map(fetch, range(8), desc="Fetching 8 files", max_workers=3)
