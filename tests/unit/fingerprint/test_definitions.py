"""What is defined in a notebook: an edit anywhere that a call can reach makes another fingerprint."""

from __future__ import annotations

import functools
import threading
from typing import Any

import pytest

from tests.unit.fingerprint.cells import cell, digest, made

NOTEBOOK = """
import abc, collections, dataclasses, enum, functools, json, math, typing

RATE = 0.5
TABLE = {"a": [1, 2], "b": {3, 4}}
SHARED = []

def deep(x): return x + 1
def helper(x, by=2): return deep(x) * by
def unused(x): return x

def logged(words):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            SHARED.append(words)
            return function(*args, **kwargs)
        return inner
    return wrap

class Base(abc.ABC):
    scale = 1
    @abc.abstractmethod
    def run(self): ...
    def shared(self): return self.scale

class Mixin:
    __slots__ = ()

class Model(Base):
    __slots__ = ("width", "extra")
    depth = 3
    names = ["x"]
    def __init__(self, width): self.width = width; self.extra = None
    def run(self): return super().shared() + helper(self.width)
    @property
    def size(self): return self.width * self.depth
    @classmethod
    def of(cls, width): return cls(width)
    @staticmethod
    def twice(x): return 2 * x

@dataclasses.dataclass
class Config:
    rate: float = 0.1
    layers: list = dataclasses.field(default_factory=lambda: [1, 2])
    def scaled(self): return self.rate * RATE

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int = 0

class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"
    def shout(self): return self.value.upper()

class Pair(typing.NamedTuple):
    left: int
    right: int = 1

@logged("calls")
def train(config, steps=3, *, seed=0, verbose=False):
    chosen = [name for name in ("a", "b") if name in {"a", "b", "c"}]
    class Local:
        rate = RATE
    return helper(steps), TABLE, chosen, Local.rate, Colour.RED, Pair(1), json.dumps(1), Model(1).run()

def make(n):
    count = n
    def counter(): return count + helper(n)
    return counter

def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def even(n): return n == 0 or odd(n - 1)
def odd(n): return n != 0 and even(n - 1)
"""


def calls(notebook: dict[str, Any]) -> dict[str, str]:
    n = notebook
    return {
        "train": digest(n["train"], n["Config"](), steps=2),
        "method": digest(n["Model"](2).run),
        "classmethod": digest(n["Model"].of, 2),
        "static": digest(n["Model"].twice, 2),
        "closure": digest(n["make"](3)),
        "partial": digest(functools.partial(n["train"], n["Config"]()), steps=1),
        "class": digest(n["Model"], 3),
        "points": digest(n["helper"], {n["Point"](1), n["Point"](2)}),
        "enum": digest(n["helper"], n["Colour"].BLUE),
        "pair": digest(n["helper"], n["Pair"](4)),
        "recursion": digest(n["fib"], 5),
        "mutual recursion": digest(n["even"], 5),
        "lambda": digest(cell("f = lambda x: helper(x)", helper=n["helper"])["f"], 1),
    }


def test_the_same_cells_run_again_make_the_same_calls() -> None:
    assert calls(cell(NOTEBOOK)) == calls(cell(NOTEBOOK))


EVERY = set(calls(cell(NOTEBOOK)))
HELPED = {"train", "method", "classmethod", "class", "closure", "partial", "points", "enum", "pair", "lambda"}
IN_TRAIN = {"train", "partial"}
MODELS = {"method", "classmethod", "class", *IN_TRAIN}
"""Which calls an edit reaches."""


@pytest.mark.parametrize(
    ("old", "new", "reached"),
    [
        ("return x + 1", "return x + 2", HELPED),
        ("by=2", "by=3", HELPED),
        ("deep(x) * by", "deep(x) - by", HELPED),
        ("RATE = 0.5", "RATE = 0.25", IN_TRAIN),
        ("RATE = 0.5", "RATE = 0", IN_TRAIN),
        ('[1, 2], "b"', '[1, 2.0], "b"', IN_TRAIN),
        ("{3, 4}", "{3, 5}", IN_TRAIN),
        ("SHARED = []", "SHARED = [0]", IN_TRAIN),
        ('logged("calls")', 'logged("other")', IN_TRAIN),
        ("SHARED.append(words)", "pass", IN_TRAIN),
        ('@logged("calls")\n', "", IN_TRAIN),
        ("steps=3", "steps=4", IN_TRAIN),
        ("seed=0", "seed=1", IN_TRAIN),
        ("seed=0", "seed=False", IN_TRAIN),
        ("verbose=False", "quiet=False", IN_TRAIN),
        ('{"a", "b", "c"}', '{"a", "b", "d"}', IN_TRAIN),
        ("scale = 1", "scale = 2", MODELS),
        ("return self.scale", "return -self.scale", MODELS),
        ("class Model(Base)", "class Model(Base, Mixin)", MODELS),
        ("depth = 3", "depth = 4", MODELS),
        ('names = ["x"]', 'names = ["y"]', MODELS),
        ("self.width * self.depth", "self.width", MODELS),
        ("return cls(width)", "return cls(width + 1)", MODELS),
        ("@staticmethod\n", "@classmethod\n", {*MODELS, "static"}),
        ("rate: float = 0.1", "rate: float = 0.2", IN_TRAIN),
        ("rate: float = 0.1", "rate: int = 0.1", IN_TRAIN),
        ("lambda: [1, 2]", "lambda: [1, 3]", IN_TRAIN),
        ("self.rate * RATE", "self.rate", IN_TRAIN),
        ("(frozen=True)", "(frozen=True, order=True)", {"points"}),
        ("y: int = 0", "y: int = 7", {"points"}),
        ('BLUE = "b"', 'BLUE = "c"', {"enum", *IN_TRAIN}),
        ("self.value.upper()", "self.value", {"enum", *IN_TRAIN}),
        ("right: int = 1", "right: int = 2", {"pair", *IN_TRAIN}),
        ("json.dumps(1)", "json.loads('1')", IN_TRAIN),
        ("count = n", "count = n + 1", {"closure"}),
        ("fib(n - 2)", "fib(n - 3)", {"recursion"}),
        ("n != 0", "n > 0", {"mutual recursion"}),
        ("def unused(x): return x", "def unused(x): return 2", set()),
        ("import abc", "# a comment\n\nimport abc", set()),
    ],
)
def test_an_edit_changes_the_calls_that_it_reaches_and_no_others(old: str, new: str, reached: set[str]) -> None:
    assert NOTEBOOK.count(old) >= 1
    before, after = calls(cell(NOTEBOOK)), calls(cell(NOTEBOOK.replace(old, new, 1)))
    assert {name for name in EVERY if before[name] != after[name]} == reached


def test_a_changed_closure_global_or_attribute_is_seen() -> None:
    n = cell(NOTEBOOK)
    before = calls(n)
    n["Model"].depth = 9
    assert {name for name, found in calls(n).items() if found != before[name]} == MODELS
    n = cell(NOTEBOOK)
    n["SHARED"].append(1)
    assert {name for name, found in calls(n).items() if found != before[name]} == IN_TRAIN
    assert digest(n["make"](3)) != digest(n["make"](4))
    counter = n["make"](3)
    counter.mark = 1
    assert digest(counter) != digest(n["make"](3))


def test_a_name_that_becomes_global_is_seen() -> None:
    code = "def f(x): return max(x)"
    assert digest(cell(code)["f"], 1) != digest(cell(f"{code}\ndef max(x): return 0")["f"], 1)


def test_the_self_of_a_method_is_compared() -> None:
    n = cell(NOTEBOOK)
    assert digest(n["Model"](2).run) != digest(n["Model"](3).run)
    assert digest([1].count, 1) != digest([2].count, 1)
    assert digest("a".join, []) != digest("b".join, [])


def test_variables_that_functions_share_are_told_from_those_that_each_has() -> None:
    code = """
    def pair(shared):
        count = 0
        def up():
            nonlocal count
            count += 1
        def show(): return count
        if not shared:
            count = 0
            other = pair(True)
            return up, other[1]
        return up, show
    def use(functions): ...
    """
    n = cell(code)
    assert digest(n["use"], n["pair"](True)) == digest(n["use"], n["pair"](True))
    assert digest(n["use"], n["pair"](True)) != digest(n["use"], n["pair"](False))


def test_an_argument_that_is_the_functions_own_global_is_told_from_an_equal_one() -> None:
    n = cell("DATA = [1]\ndef f(data): DATA.append(2); return data")
    assert digest(n["f"], n["DATA"]) != digest(n["f"], [1])


def test_keywords_count_in_their_order_only_where_the_function_sees_it() -> None:
    n = cell("def f(a, b): ...\ndef g(**kwargs): ...")
    assert digest(n["f"], a=1, b=2) == digest(n["f"], b=2, a=1)
    assert digest(n["g"], a=1, b=2) != digest(n["g"], b=2, a=1)
    assert digest(n["f"], 1, 2) != digest(n["f"], 2, 1)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "LOCK = threading.Lock()\ndef helper():\n  with LOCK: pass\ndef f(x=1): helper()",
            "the global 'LOCK' that helper",
        ),
        ("def f(x=threading.Lock()): ...", "the default arguments of f, a tuple (at [0], a lock)"),
        ("def f(x=1, *, y=threading.Lock()): ...", "the keyword-only default arguments of f"),
        (
            "def make(lock):\n  def f(x=1): return lock\n  return f\nf = make(threading.Lock())",
            "the variable 'lock' of ",
        ),
        ("class A:\n  lock = threading.Lock()\ndef f(x=1): return A", "A.lock, a lock, cannot be pickled"),
    ],
)
def test_what_cannot_be_compared_is_named(code: str, told: str) -> None:
    n = cell(code, threading=threading)
    found = made(n["f"])
    assert found.problem is not None
    assert told in found.problem
    assert found.digest != made(n["f"]).digest


def test_an_argument_that_cannot_be_compared_is_named_with_its_type_and_the_place() -> None:
    n = cell("class Foo:\n  def __init__(self, inner): self.inner = inner\ndef f(x, *rest, **more): ...")
    lock = threading.Lock()
    assert made(n["f"], lock).problem == "argument 'x', a lock, cannot be pickled (TypeError)"
    assert made(n["f"], 1, lock).problem == "argument 2, a lock, cannot be pickled (TypeError)"
    assert made(n["f"], 1, y=lock).problem == "argument 'y', a lock, cannot be pickled (TypeError)"
    found = made(n["f"], n["Foo"]([{"a": lock}])).problem
    assert found == "argument 'x', a Foo (at .inner[0]['a'], a lock), cannot be pickled (TypeError)"
    secret = made(n["f"], {"sk-ant-secret": lock}).problem
    assert secret == "argument 'x', a dict (at [...], a lock), cannot be pickled (TypeError)"
