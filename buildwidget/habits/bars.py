"""tqdm's bars for notebooks, drawn on the terminal, where the build reads them."""

from __future__ import annotations

from typing import Any


def terminal_bar(standard: Any) -> Any:
    """The class in place of ``tqdm.notebook.tqdm``; ``standard`` is ``tqdm.std.tqdm``."""

    class tqdm_notebook(standard):  # type: ignore[misc]  # noqa: N801 - the name it stands for
        """A bar on the terminal that takes what the notebook's takes."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            # Set before all else: a bar that is disabled has it as well.
            self.container = None
            self.displayed = kwargs.pop("display", True)
            if not self.displayed:
                kwargs["disable"] = True
            super().__init__(*args, **kwargs)

    return tqdm_notebook
