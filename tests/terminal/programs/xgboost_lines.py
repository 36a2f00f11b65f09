# about: The training lines of XGBoost, written from its own C++ code.
# pypi: xgboost-cpu numpy
import numpy as np
import xgboost

random = np.random.default_rng(0)
rows = random.normal(size=(500, 6))
target = (rows[:, 0] > 0).astype(int)
train, valid = xgboost.DMatrix(rows[:400], target[:400]), xgboost.DMatrix(rows[400:], target[400:])
options = {"objective": "binary:logistic", "eval_metric": ["logloss", "error"], "nthread": 1, "max_depth": 3}
xgboost.train(options, train, 40, evals=[(train, "train"), (valid, "eval")], verbose_eval=True)
