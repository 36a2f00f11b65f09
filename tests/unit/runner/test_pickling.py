"""Code keeps its file name and source lines in a pickle, with every release of cloudpickle."""

from __future__ import annotations

import functools
import io
import linecache
import pickle
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from buildwidget.runner import pickling
from buildwidget.runner.function import load_callable, load_result, save_callable, save_exception, save_result

CELL = "/tmp/ipykernel_1/123.py"
SOURCE = """\
import dataclasses
def plain(): raise ValueError("plain")  # line 2
def outer():
    def inner(): raise ValueError("inner")  # line 4
    return inner
def calls(): (lambda: [1 / 0 for _ in "x"])()  # line 6
class Trainer:
    def run(self): raise ValueError("method")  # line 8
    def __call__(self): raise ValueError("object")  # line 9
    @classmethod
    def made(cls): raise ValueError("class")  # line 11
    @property
    def rate(self): raise ValueError("property")  # line 13
@dataclasses.dataclass
class Config:
    rate: float = 0.1
    def go(self): raise ValueError("dataclass")  # line 17
def gen():
    yield 1
    raise ValueError("generator")  # line 20
def drains(): list(gen())
async def waits(): raise ValueError("coroutine")  # line 22
def reads(trainer): return trainer.rate
"""


@pytest.fixture
def cell() -> Iterator[dict[str, Any]]:
    linecache.cache[CELL] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), CELL)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(SOURCE, CELL, "exec"), namespace)
    yield namespace
    linecache.cache.pop(CELL, None)


def awaited(function: Callable[[], Any]) -> None:
    function().send(None)


CALLS: dict[str, tuple[Callable[[dict[str, Any]], Callable[[], Any]], int]] = {
    "function": (lambda cell: cell["plain"], 2),
    "nested": (lambda cell: cell["outer"](), 4),
    "lambda": (lambda cell: cell["calls"], 6),
    "method": (lambda cell: cell["Trainer"]().run, 8),
    "object": (lambda cell: cell["Trainer"](), 9),
    "classmethod": (lambda cell: cell["Trainer"].made, 11),
    "property": (lambda cell: functools.partial(cell["reads"], cell["Trainer"]()), 13),
    "dataclass": (lambda cell: cell["Config"]().go, 17),
    "generator": (lambda cell: cell["drains"], 20),
    "coroutine": (lambda cell: functools.partial(awaited, cell["waits"]), 22),
    "partial": (lambda cell: functools.partial(cell["plain"]), 2),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_traceback_shows_file_and_line(kind: str, cell: dict[str, Any], tmp_path: Path) -> None:
    make, line = CALLS[kind]
    save_callable(tmp_path, make(cell))
    del linecache.cache[CELL]
    function, _, _ = load_callable(tmp_path)
    with pytest.raises((ValueError, ZeroDivisionError)) as raised:
        function()
    last = [frame for frame in traceback.extract_tb(raised.value.__traceback__) if frame.filename == CELL][-1]
    assert (last.lineno, last.line) == (line, SOURCE.splitlines()[line - 1].strip())


def test_every_field_of_code_survives(cell: dict[str, Any]) -> None:
    for name in ("plain", "outer", "gen", "waits", "calls"):
        code = cell[name].__code__
        file = io.BytesIO()
        pickling.dump(code, file)
        copy = pickling.load(io.BytesIO(file.getvalue()))
        assert copy == code
        assert (copy.co_filename, list(copy.co_lines())) == (code.co_filename, list(code.co_lines()))


def test_a_function_that_comes_back_as_a_result_keeps_its_lines(cell: dict[str, Any], tmp_path: Path) -> None:
    save_result(tmp_path, cell["outer"]())
    del linecache.cache[CELL]
    inner = load_result(tmp_path)
    assert inner.__code__.co_filename == CELL
    assert "line 4" in linecache.getline(CELL, 4)


def test_an_exception_that_carries_code_keeps_its_lines(cell: dict[str, Any], tmp_path: Path) -> None:
    save_exception(tmp_path, ValueError(cell["plain"]), "Traceback: there")
    del linecache.cache[CELL]
    with pytest.raises(ValueError, match="plain") as raised:
        load_result(tmp_path)
    assert raised.value.args[0].__code__.co_filename == CELL
    assert "line 2" in linecache.getline(CELL, 2)


def test_a_module_pickled_by_value_shows_the_lines_of_its_file_at_launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "by_value_module.py"
    file.write_text("def fail():\n    raise ValueError('here')\n")
    module = types.ModuleType("by_value_module")
    exec(compile(file.read_text(), str(file), "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "by_value_module", module)
    cloudpickle.register_pickle_by_value(module)
    try:
        save_callable(tmp_path, module.fail)
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    file.write_text("# something else now\n" * 9)
    linecache.checkcache()
    function, _, _ = load_callable(tmp_path)
    try:
        with pytest.raises(ValueError, match="here") as raised:
            function()
        assert traceback.extract_tb(raised.value.__traceback__)[-1].line == "raise ValueError('here')"
    finally:
        linecache.cache.pop(str(file), None)


def test_lines_that_are_known_here_are_not_replaced_by_those_of_a_result(cell: dict[str, Any], tmp_path: Path) -> None:
    save_result(tmp_path, cell["plain"])
    linecache.cache[CELL] = (4, None, ["mine"], CELL)
    load_result(tmp_path)
    assert linecache.getline(CELL, 1) == "mine"


def test_sources_are_bounded_and_a_small_one_still_travels_beside_a_huge_one(
    cell: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "/tmp/ipykernel_1/456.py"
    linecache.cache[other] = (3000, None, ["#" * 3000], other)
    try:
        code = [compile("1", other, "eval"), cell["plain"].__code__]
        monkeypatch.setattr(pickling, "MAX_SOURCE_BYTES", 2000)
        file = io.BytesIO()
        pickling.dump(code, file)
    finally:
        del linecache.cache[other]
    file.seek(0)
    pickle.load(file)
    assert list(pickle.load(file)) == [CELL]


def test_a_process_that_has_only_the_file_shows_the_lines(cell: dict[str, Any], tmp_path: Path) -> None:
    save_callable(tmp_path, cell["outer"]())
    program = "import sys, pathlib, traceback\nfrom buildwidget.runner.function import load_callable\n"
    program += "try: load_callable(pathlib.Path(sys.argv[1]))[0]()\nexcept ValueError: traceback.print_exc()"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert f'File "{CELL}", line 4, in inner\n    def inner(): raise ValueError("inner")' in done.stderr
