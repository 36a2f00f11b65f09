# about: One tqdm bar whose description and postfix change, with a bar of validation below it twice.
# pypi: tqdm
import time

from tqdm import tqdm

with tqdm(total=40, unit="step") as bar:
    for step in range(40):
        bar.set_description("warmup" if step < 10 else "train")
        bar.set_postfix(loss=f"{2 / (step + 1):.4f}", accuracy=f"{step / 40:.1%}")
        time.sleep(0.04)
        bar.update()
        if step % 20 == 19:
            for _ in tqdm(range(10), desc="validate", leave=False):
                time.sleep(0.03)
