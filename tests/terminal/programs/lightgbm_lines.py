# about: The training lines of LightGBM.
# pypi: lightgbm numpy
import lightgbm
import numpy as np

random = np.random.default_rng(0)
rows = random.normal(size=(500, 6))
target = rows[:, 0] * 2 + random.normal(size=500)
train, valid = lightgbm.Dataset(rows[:400], target[:400]), lightgbm.Dataset(rows[400:], target[400:])
options = {"objective": "regression", "metric": "l2", "num_threads": 1, "verbosity": 1}
callbacks = [lightgbm.log_evaluation(5), lightgbm.early_stopping(10)]
lightgbm.train(options, train, 60, valid_sets=[train, valid], valid_names=["train", "valid"], callbacks=callbacks)
