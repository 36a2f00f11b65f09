"""A matplotlib backend that draws as Agg does, and shows figures as displays of the build."""

from __future__ import annotations

import itertools
import os
from typing import Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from buildwidget import report
from buildwidget.reporting.figures import shown_figures

_numbers = itertools.count(1)


class FigureManager(FigureManagerBase):
    """Shows its figure in the build, always in the same place until pyplot has shown and closed it.

    Attributes:
        shows_again: it has shown its figure, so showing it again adds nothing.
    """

    def __init__(self, canvas: Any, num: int | str) -> None:
        super().__init__(canvas, num)
        self.shows_again = False
        self._place = f"figure-{os.getpid()}-{next(_numbers)}"

    def show(self) -> None:
        """The figure as it is now."""
        report.show(self.canvas.figure, id=self._place)
        self.shows_again = True

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """``plt.show()`` shows all figures and closes them; ``plt.pause`` and ``block=False`` only show them."""
        for manager in Gcf.get_all_fig_managers():
            manager.show()
        if block is not False:
            Gcf.destroy_all()


class FigureCanvas(FigureCanvasAgg):
    """Agg's canvas."""

    manager_class = FigureManager


def show_rest() -> None:
    """Show and close the figures that are open; one that the program has shown by itself is only closed."""
    for manager in Gcf.get_all_fig_managers():
        shows_again = isinstance(manager, FigureManager) and manager.shows_again
        if shows_again or manager.canvas.figure not in shown_figures:
            manager.show()
    Gcf.destroy_all()
