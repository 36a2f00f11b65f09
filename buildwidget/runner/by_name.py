"""Objects that pickle finds by their name alone, which is of no use where their ``__main__`` is not."""

from __future__ import annotations

import copyreg
import functools
import pickle
import sys
import typing
import weakref
from collections.abc import Callable
from typing import Any, Final

_CACHED: Final[type] = type(functools.lru_cache(maxsize=1)(len))


class FoundByNameOnly(pickle.PicklingError):
    """An object of ``__main__`` that pickles as its name."""


def _of_cached(obj: Any) -> Any:
    """A function with functools.cache or lru_cache; its copy begins with an empty cache."""
    if obj.__module__ != "__main__" and _importable(obj):
        return obj.__qualname__
    more = {name: value for name, value in vars(obj).items() if name != "__wrapped__"}
    return make_cached, (obj.__wrapped__, obj.cache_parameters()), more or None


def make_cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """The function with a cache. Pickles refer to this function by its name."""
    return functools.lru_cache(**parameters)(function)


def _of_new_type(obj: Any) -> Any:
    if obj.__module__ != "__main__":
        return obj.__qualname__
    return make_new_type, (obj.__name__, obj.__supertype__)


def make_new_type(name: str, supertype: Any) -> Any:
    """A typing.NewType of ``__main__``. Pickles refer to this function by its name."""
    make: Any = typing.NewType
    made = make(name, supertype)
    made.__module__ = "__main__"
    return made


def _of_weak_keys(obj: weakref.WeakKeyDictionary[Any, Any]) -> Any:
    return weakref.WeakKeyDictionary, (dict(obj.items()),)


BY_VALUE: Final[dict[type, Callable[[Any], Any]]] = {
    _CACHED: _of_cached,
    typing.NewType: _of_new_type,
    # functools.singledispatch keeps one.
    weakref.WeakKeyDictionary: _of_weak_keys,
}
"""How types that pickle as a name, or not at all, are pickled by what they are."""


def teach_every_pickler() -> None:
    """Other picklers of this process, such as joblib's and dask's, send these by value too."""
    for kind, reduce in BY_VALUE.items():
        copyreg.pickle(kind, reduce)


def only_by_name(obj: Any, protocol: int) -> Any:
    """What an object's own reduction gives, or NotImplemented where that is never a name.

    Raises:
        FoundByNameOnly: it is a name in ``__main__``.
    """
    kind: Any = type(obj)
    if kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__:
        return NotImplemented
    reduced = obj.__reduce_ex__(protocol)
    if isinstance(reduced, str) and _module_of(obj, reduced) == "__main__":
        raise FoundByNameOnly(
            f"the {kind.__name__} {reduced!r} pickles only as its name in __main__, which another process does not "
            f"have. Define {reduced!r} in a module and import it"
        )
    return reduced


def _module_of(obj: Any, name: str) -> str:
    module = getattr(obj, "__module__", None)
    if isinstance(module, str) and module != type(obj).__module__:
        return module
    main = sys.modules.get("__main__")
    return "__main__" if getattr(main, name.partition(".")[0], None) is obj else str(module)


def _importable(obj: Any) -> bool:
    found: Any = sys.modules.get(obj.__module__)
    for part in obj.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is obj
