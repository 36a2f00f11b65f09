"""Every pattern of the packages, and how it is used."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Final, NamedTuple

PACKAGES: Final = ("buildwidget", "jupyter_extension")
METHODS: Final = frozenset({"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"})


class Use(NamedTuple):
    """A pattern and a method that is called on it."""

    where: str
    pattern: re.Pattern[Any]
    method: str

    def __str__(self) -> str:
        return f"{self.where}.{self.method}"

    def call(self, text: str) -> object:
        """Run it over a text."""
        subject: Any = text.encode("utf-8", "replace") if isinstance(self.pattern.pattern, bytes) else text
        if self.method in ("sub", "subn"):
            return getattr(self.pattern, self.method)(subject[:0], subject)
        found = getattr(self.pattern, self.method)(subject)
        return sum(1 for _ in found) if self.method == "finditer" else found


def modules() -> list[ModuleType]:
    """All modules of the packages."""
    roots = [importlib.import_module(name) for name in PACKAGES]
    inner = [module.name for root in roots for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}.")]
    # Those that do something when they are imported have no patterns.
    safe = [name for name in inner if not name.endswith("__main__") and ".migrations." not in name]
    return [*roots, *map(importlib.import_module, safe)]


def uses() -> list[Use]:
    """Every pattern with every method that is called on it.

    A pattern that is handed on, or stands in a container, is taken as searched for.
    """
    found: dict[Use, None] = {}
    for module in modules():
        reader = _Reader(module)
        reader.visit(ast.parse(inspect.getsource(module)))
        found.update(dict.fromkeys(reader.found))
        called = {id(use.pattern) for use in reader.found}
        for name, pattern in _patterns_in(vars(module)):
            if id(pattern) not in called and _is_own(module, name):
                found[Use(f"{module.__name__}.{name}", pattern, "finditer")] = None
    return list(found)


def built_elsewhere() -> list[str]:
    """Functions that make a pattern out of something that is no constant: nothing here can know it."""
    found = []
    for module in modules():
        reader = _Reader(module)
        reader.visit(ast.parse(inspect.getsource(module)))
        found += reader.unknown
    return found


def _is_own(module: ModuleType, name: str) -> bool:
    return f"{name.partition('[')[0]}:" in inspect.getsource(module) or f"{name} =" in inspect.getsource(module)


def _patterns_in(values: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in values.items():
        for place, inner in _flat(name, value, 3):
            if isinstance(inner, re.Pattern):
                yield place, inner


def _flat(name: str, value: Any, depth: int) -> Iterable[tuple[str, Any]]:
    yield name, value
    if depth and isinstance(value, dict):
        for key, item in list(value.items()):
            yield from _flat(f"{name}[{key!r}]", item, depth - 1)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        for index, item in enumerate(value):
            yield from _flat(f"{name}[{index}]", item, depth - 1)


class _Reader(ast.NodeVisitor):
    """Finds the calls in one module."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._inside: list[str] = []
        self.found: list[Use] = []
        self.unknown: list[str] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            return
        owner, method = vars(self._module).get(node.func.value.id), node.func.attr
        if owner is re and method in (*METHODS, "compile"):
            self._direct(node, method)
        elif isinstance(owner, re.Pattern) and method in METHODS:
            self.found.append(Use(f"{self._module.__name__}.{node.func.value.id}", owner, method))

    def _direct(self, node: ast.Call, method: str) -> None:
        """``re.search(...)``; ``re.compile(...)`` of a module is one of its variables."""
        where = ".".join([self._module.__name__, *self._inside])
        if method == "compile" and not self._inside:
            return
        try:
            source = ast.literal_eval(node.args[0])
        except ValueError:
            self.unknown.append(where)
            return
        flags = [*node.args[2 if method in ("match", "search", "fullmatch", "findall", "finditer") else 4 :]]
        flags += [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
        value = eval(compile(ast.Expression(flags[0]), where, "eval"), vars(self._module)) if flags else 0
        self.found.append(
            Use(f"{where}:{source}", re.compile(source, value), "finditer" if method == "compile" else method)
        )
