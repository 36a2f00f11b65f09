"""The bars of a Trainer: its own callback, called as the Trainer calls it."""

import time
from types import SimpleNamespace

from transformers.trainer_callback import ProgressCallback

state = SimpleNamespace(is_world_process_zero=True, max_steps=60, global_step=0)
callback = ProgressCallback()
callback.on_train_begin(None, state, None)
for step in range(1, 61):
    time.sleep(0.015)
    state.global_step = step
    callback.on_step_end(None, state, None)
    if step % 10 == 0:
        callback.on_log(None, state, None, logs={"loss": 2 / step, "learning_rate": 1e-5, "epoch": step / 20})
    if step % 20 == 0:
        for _ in range(30):
            time.sleep(0.01)
            callback.on_prediction_step(None, state, None, eval_dataloader=[0] * 30)
        callback.on_log(None, state, None, logs={"eval_loss": 1 / step, "epoch": step / 20})
        callback.on_evaluate(None, state, None)
callback.on_train_end(None, state, None)
