"""Which notebook and cell this code runs in, as far as Jupyter tells."""

from __future__ import annotations

import os
import sys
from typing import Any

from buildwidget.protocol.events import NotebookRef


def this_notebook() -> NotebookRef | None:
    """The notebook of this kernel and the id of the running cell; None outside a notebook with a known path.

    jupyter_server names the notebook in ``JPY_SESSION_NAME``; the cell id comes with the execute request.
    """
    path = os.environ.get("JPY_SESSION_NAME")
    if not path or "ipykernel" not in sys.modules:
        return None
    return NotebookRef(path=path, cell=_running_cell())


def _running_cell() -> str | None:
    from IPython import get_ipython  # noqa: PLC0415 - only a kernel, which has it loaded, comes here

    shell: Any = get_ipython()
    parent: dict[str, Any] = getattr(shell, "get_parent", dict)() or {}
    cell = parent.get("metadata", {}).get("cellId")
    return cell if isinstance(cell, str) else None
