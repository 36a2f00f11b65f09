# about: Keras 3's own bar, called as Model.fit calls it: 3 epochs of 30 steps.
# pypi: keras numpy scipy
import importlib.abc
import importlib.machinery
import os
import sys
import time
from unittest.mock import MagicMock


class Names(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The numpy backend computes without jax, but wants its names."""

    def find_spec(self, name, _path, _target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "jax" else None

    def create_module(self, spec):
        return MagicMock(name=spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Names())
os.environ["KERAS_BACKEND"] = "numpy"

from keras.src.callbacks import ProgbarLogger

logger = ProgbarLogger()
logger.set_params({"verbose": 1, "epochs": 3, "steps": 30})
logger.on_train_begin()
for epoch in range(3):
    logger.on_epoch_begin(epoch)
    for step in range(30):
        logger.on_train_batch_begin(step)
        time.sleep(0.012)
        logger.on_train_batch_end(step, {"loss": 1 / (step + 1), "accuracy": step / 30})
    logger.on_epoch_end(epoch, {"loss": 0.1, "accuracy": 0.9, "val_loss": 0.2})
