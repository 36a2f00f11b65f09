# about: fastprogress, as fastai uses it: a master bar of epochs and a bar of batches.
# pypi: fastprogress
import time

from fastprogress.fastprogress import master_bar, progress_bar

epochs = master_bar(range(3))
for epoch in epochs:
    for step in progress_bar(range(25), parent=epochs):
        time.sleep(0.02)
        epochs.child.comment = f"loss {1 / (step + 1):.3f}"
    epochs.write(f"epoch {epoch}: valid loss {1 / (epoch + 2):.3f}")
