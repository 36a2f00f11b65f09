"""Bars whose descriptions change as they go on."""

import time

from tqdm import tqdm

bar = tqdm(range(5))
for epoch in bar:
    bar.set_description(f"Epoch {epoch + 1}/5")
    inner = tqdm(["a.txt", "b.txt", "c.txt", "d.txt"], leave=False)
    for name in inner:
        inner.set_description(f"Reading {name}")
        time.sleep(0.03)
