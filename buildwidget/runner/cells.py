"""What a spawned child of a function build runs as its ``__main__``."""

from buildwidget.runner.children import prepare_child
from buildwidget.runner.main_module import missing_name as __getattr__

__all__ = ["__getattr__"]

prepare_child()
