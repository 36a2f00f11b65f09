"""Functions that run when a module is imported, now or later, without importing it."""

from __future__ import annotations

import sys

# Not from typing, and only what importing itself has loaded: every Python inside a build imports this at its start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Hook = Callable[[ModuleType], None]


class _Loader:
    """Loads a module as its own loader does, then runs its hooks."""

    def __init__(self, loader: Loader, finder: _Finder) -> None:
        self._loader = loader
        self._finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # What looks at a module's loader, for its source or its data, is to find the real one.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _run(self._finder.hooks.pop(module.__name__, ()), module)


class _Finder:
    def __init__(self) -> None:
        self.hooks: dict[str, list[Hook]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.hooks:
            return None
        spec = _next_spec(self, fullname, path, target)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            loader: Any = _Loader(spec.loader, self)
            spec.loader = loader
        return spec


def _next_spec(finder: _Finder, name: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
    for other in sys.meta_path:
        if other is not finder and hasattr(other, "find_spec"):
            spec = other.find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


_finder = _Finder()


def when_imported(name: str, hook: Hook) -> None:
    """Run ``hook`` with the module of this name: at once if it is imported, else right after its import.

    What a hook raises is dropped: it is never worth the program that imports the module.
    """
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        _run([hook], module)
        return
    _finder.hooks.setdefault(name, []).append(hook)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def _run(hooks: Sequence[Hook], module: ModuleType) -> None:
    for hook in hooks:
        try:  # noqa: SIM105 - contextlib takes time to import
            hook(module)
        except Exception:  # noqa: BLE001, S110 - another version of the module than the hook knows; see when_imported
            pass
