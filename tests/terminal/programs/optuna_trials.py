# about: optuna with its progress bar and its log lines.
# pypi: optuna
import time

import optuna


def objective(trial):
    time.sleep(0.05)
    return (trial.suggest_float("x", -10, 10) - 2) ** 2


study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=15, show_progress_bar=True)
