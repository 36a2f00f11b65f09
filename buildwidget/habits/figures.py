"""matplotlib's default backend in a build, where its user chose none."""

from __future__ import annotations

import os
from typing import Any, Final

BACKEND: Final = "module://buildwidget.habits.figures_backend"


def use_as_default(matplotlib: Any) -> None:
    """Make ``plt.show()`` show figures in the build; a backend of the environment or a matplotlibrc stays."""
    if os.environ.get("MPLBACKEND"):
        return
    chosen = dict.__getitem__(matplotlib.rcParams, "backend")
    if not isinstance(chosen, str):  # matplotlib's mark for "not chosen"
        matplotlib.rcParams["backend"] = BACKEND
