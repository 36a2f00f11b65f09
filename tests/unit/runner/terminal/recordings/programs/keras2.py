"""Training with keras 2: its own bar, with the headings that ``Model.fit`` prints."""

import importlib
import os
import sys
import time
from types import ModuleType
from unittest.mock import MagicMock

for name in (
    "tensorflow", "tensorflow.compat", "tensorflow.compat.v2", "tensorflow.python",
    "tensorflow.python.util", "tensorflow.python.util.tf_export", "keras", "keras.src", "keras.src.utils",
):  # fmt: skip
    sys.modules[name] = MagicMock()
sys.modules["keras.src.utils"] = package = ModuleType("keras.src.utils")
package.__path__ = [os.path.join(os.environ["KERAS2"], "keras/src/utils")]
sys.modules["tensorflow.python.util.tf_export"].keras_export = lambda *_a, **_k: lambda thing: thing
package.tf_inspect = sys.modules["keras.src.utils.tf_inspect"] = MagicMock()
package.keras_logging = sys.modules["keras.src.utils.keras_logging"] = MagicMock()

io_utils = importlib.import_module("keras.src.utils.io_utils")
package.io_utils = io_utils
generic_utils = importlib.import_module("keras.src.utils.generic_utils")
for epoch in range(2):
    io_utils.print_msg(f"Epoch {epoch + 1}/2")
    bar = generic_utils.Progbar(40, verbose=1, unit_name="step")
    for step in range(40):
        time.sleep(0.012)
        bar.update(step + 1, [("loss", 1 / (step + 1))], finalize=False)
    time.sleep(0.2)
    bar.update(40, [("loss", 0.1), ("val_loss", 0.2)], finalize=True)
