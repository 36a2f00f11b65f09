"""Values and instances: equal only if they are equal to the last bit, and without asking them."""

from __future__ import annotations

import datetime as dt
import decimal
import importlib
import itertools
import pathlib
import pickle
import random
import struct
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pandas as pd
import pytest

from buildwidget.fingerprint import fingerprint_of_call
from tests.hostile.timing import superlinear
from tests.unit.fingerprint.cells import cell, digest, made, of_value

ODD_NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]


DISTINCT = """
None
0
False
0.0
-0.0
0j
-0j
""
b""
()
[]
{}
set()
frozenset()
bytearray()
...
NotImplemented
1
True
1.0
1 + 0j
"1"
b"1"
(1,)
[1]
[True]
[1.0]
{1: 1}
{1: True}
{1}
{True}
{1.0}
frozenset({1})
bytearray(b"1")
http.HTTPStatus.OK
200
math.nan
ODD_NAN
math.inf
-math.inf
2**70
float(2**70)
"a" * 100
b"a" * 100
"\\u00e9"
"e\\u0301"
"\\ud800"
[[]]
[()]
([],)
[[], []]
[[[]]]
[None]
[[1], 2]
[1, [2]]
[[1, 2]]
{"a": 1, "b": 2}
{"b": 2, "a": 1}
{"a": [1]}
[("a", [1])]
{"a", "b"}
{("a", 1), ("b", 2)}
{frozenset("ab")}
range(3)
range(0, 3, 2)
slice(3)
slice(0, 3)
decimal.Decimal("1")
decimal.Decimal("1.0")
decimal.Decimal("NaN")
fractions.Fraction(1)
fractions.Fraction(1, 3)
uuid.UUID(int=1)
dt.datetime(2020, 1, 1)
dt.datetime(2020, 1, 1, fold=1)
dt.date(2020, 1, 1)
dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
dt.timedelta(1)
dt.time(1)
pathlib.Path("a")
pathlib.PurePosixPath("a")
pathlib.Path("b")
re.compile("a")
re.compile("a", re.IGNORECASE)
re.compile(b"a")
re.A
re.A | re.I
re.RegexFlag(0)
uuid.SafeUUID.safe
"safe"
collections.OrderedDict(a=1)
collections.Counter("a")
collections.deque([1])
collections.deque([1], maxlen=3)
collections.defaultdict(list)
collections.defaultdict(set)
types.SimpleNamespace(a=1)
types.SimpleNamespace(a=2)
types.MappingProxyType({1: 1})
int
float
list[int]
list[str]
len
math.sqrt
str.upper
operator.itemgetter(1)
operator.itemgetter(2)
functools.partial(len)
functools.partial(len, [1])
random.Random(1)
random.Random(2)
ValueError("a")
ValueError("b")
KeyError("a")
object()
math
random
np.float64(1)
np.float32(1)
np.int64(1)
np.bool_(True)
np.str_("1")
np.dtype("f8")
np.dtype(">f8")
np.arange(6)
np.arange(6, dtype="f8")
np.arange(6).reshape(2, 3)
np.asfortranarray(np.arange(6).reshape(2, 3))
np.arange(6).reshape(3, 2)
np.zeros(0)
np.zeros((0, 3))
np.array(1)
np.array([0.0])
np.array([-0.0])
np.array([math.nan])
np.array(["a"])
np.array([1, "a", None], dtype=object)
np.array([1, "a", False], dtype=object)
np.array([1, "a", [1]], dtype=object)
np.array(["2020"], dtype="M8[D]")
np.array(["2020"], dtype="M8[Y]")
np.zeros(2, dtype=[("a", "i4"), ("b", "O")])
np.ma.array([1, 2], mask=[0, 1])
np.ma.array([1, 2], mask=[1, 0])
np.sin
np.cos
np.random.default_rng(1)
np.random.default_rng(2)
np.random.RandomState(1)
pd.DataFrame({"a": [1, 2]})
pd.DataFrame({"a": [1, 3]})
pd.DataFrame({"a": [1.0, 2.0]})
pd.DataFrame({"b": [1, 2]})
pd.DataFrame({"a": [1, 2]}, index=[1, 2])
pd.DataFrame({"a": [1, 2]}, index=pd.Index([0, 1], name="i"))
pd.DataFrame({"a": ["x", "y"]})
pd.DataFrame({"a": pd.Categorical(["x", "y"])})
pd.DataFrame({"a": [1, 2]}, dtype="Int64")
pd.DataFrame({"a": pd.to_datetime(["2020", "2021"])})
pd.Series([1, 2])
pd.Series([1, 2], name="a")
pd.Series([1, 2], dtype="i4")
pd.RangeIndex(2)
pd.DataFrame({"a": [1, 2]}).set_index("a", append=True)
pd.Timestamp("2020")
""".strip().splitlines()


_USED = "collections fractions functools http math operator re uuid"
_NAMES = {name: importlib.import_module(name) for name in _USED.split()}


def value_of(text: str) -> Any:
    return eval(text, {**globals(), **_NAMES})  # one of ours


def test_values_that_differ_at_all_have_different_fingerprints() -> None:
    found: dict[str, int] = {}
    for place, text in enumerate(DISTINCT):
        clash = found.setdefault(of_value(value_of(text)), place)
        assert clash == place, (DISTINCT[clash], text)


@pytest.mark.parametrize("text", DISTINCT)
def test_values_made_again_or_sent_to_another_process_are_equal(text: str) -> None:
    value = value_of(text)
    assert of_value(value) == of_value(value_of(text))
    # The first three do not pickle by themselves; a masked array comes back with another fill value.
    if not isinstance(value, (types.ModuleType, types.MappingProxyType, slice, np.ma.MaskedArray)):
        assert of_value(value) == of_value(pickle.loads(pickle.dumps(value)))


def test_attributes_of_a_frame_count_and_how_it_was_read_does_not() -> None:
    def frame() -> Any:
        return pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0], "c": [3, 4]})

    read, marked, joined = frame(), frame(), pd.concat([frame()[["a", "b"]], frame()[["c"]]], axis=1)
    read.mean()
    assert read.to_numpy().shape == (2, 3)
    marked.attrs["source"] = "x"
    assert of_value(read) == of_value(frame()) == of_value(joined)
    assert of_value(marked) != of_value(frame())
    assert of_value(pd.DataFrame({"a": [1]}, index=["x"])["a"]) == of_value(pd.Series([1], index=["x"], name="a"))


def test_a_view_is_compared_as_what_it_shows() -> None:
    assert of_value(np.arange(10)[::2]) == of_value(np.array([0, 2, 4, 6, 8]))


def test_the_state_of_a_generator_counts() -> None:
    moved = random.Random(1)
    moved.random()
    assert of_value(moved) != of_value(random.Random(1))


def test_the_same_object_twice_is_not_two_equal_ones() -> None:
    one: list[int] = []
    assert of_value([one, one]) != of_value([[], []])
    assert of_value([one, one]) == of_value([[]] * 2)
    for value in ("a b", (1, "a b"), 2**80, dt.date(2020, 1, 1), decimal.Decimal("1.5"), np.float64(1)):
        copies = [pickle.loads(pickle.dumps(value)) for _ in range(2)]
        assert of_value([value, value, []]) == of_value([*copies, []])


def test_cycles_end() -> None:
    def ring(length: int) -> list[Any]:
        first: list[Any] = []
        last = first
        for _ in range(length - 1):
            last = [last]
        first.append(last)
        return first

    assert of_value(ring(1)) == of_value(ring(1))
    assert len({of_value(ring(length)) for length in (1, 2, 3)}) == 3
    n = cell("class Node:\n  def __init__(self): self.me = self; self.all = {self}")
    assert of_value(n["Node"]()) == of_value(n["Node"]())


def test_long_chains_and_shared_values_end() -> None:
    chain: Any = None
    for _ in range(5_000):
        chain = [chain]
    values: Any = ()
    for _ in range(60):
        values = (values, values)
    assert of_value(chain)
    assert of_value(values)


def test_sets_of_instances_are_equal_in_any_order() -> None:
    code = """
    import dataclasses, enum
    class Kind(enum.Enum):
        A = 1
        B = 2
    @dataclasses.dataclass(frozen=True)
    class Item:
        number: int
        kind: Kind = Kind.A
        inner: frozenset = frozenset()
    """
    n = cell(code)
    item, kind = n["Item"], n["Kind"]

    def items() -> list[Any]:
        inner = frozenset({item(8), item(9, kind.B)})
        return [item(1), item(2, kind.B), item(3, inner=inner), kind.A, (4, item(4))]

    prints = {of_value(set(order)) for order in itertools.permutations(items())}
    assert len(prints) == 1
    assert of_value({*items(), item(5)}) not in prints
    first = item(1)
    assert of_value([{first, item(2)}, first]) != of_value([{item(1), item(2)}, first])


def test_items_of_a_set_that_cannot_be_told_apart_are_not_compared() -> None:
    n = cell("class Thing: ...")
    assert "same content as another" in str(made(repr, {n["Thing"](), n["Thing"]()}).problem)
    assert of_value({n["Thing"]()}) == of_value({n["Thing"]()})


def test_no_method_of_the_users_is_asked() -> None:
    code = """
    class Liar:
        def __init__(self, value): self.value = value
        def __eq__(self, other): raise AssertionError("asked")
        def __hash__(self): raise AssertionError("asked")
        def __repr__(self): raise AssertionError("asked")
        def __len__(self): raise AssertionError("asked")
        def __iter__(self): raise AssertionError("asked")
        def __bool__(self): raise AssertionError("asked")
        def __getattr__(self, name): raise AttributeError(name)
    """
    n = cell(code)
    assert of_value(n["Liar"](1)) == of_value(n["Liar"](1))
    assert of_value(n["Liar"](1)) != of_value(n["Liar"](2))


def test_slots_and_attributes_of_every_base_count() -> None:
    code = """
    class A:
        __slots__ = ("a",)
    class B(A):
        __slots__ = ("b", "__dict__")
    def make(a, b, c):
        made = B(); made.a = a; made.b = b; made.c = c
        return made
    """
    make = cell(code)["make"]
    values = [(1, 2, 3), (0, 2, 3), (1, 0, 3), (1, 2, 0)]
    assert len({of_value(make(*each)) for each in values}) == 4
    assert of_value(make(1, 2, 3)) == of_value(make(1, 2, 3))


def test_what_pickle_sends_is_what_counts() -> None:
    code = """
    class Cached:
        def __init__(self, value, cache): self.value = value; self.cache = cache
        def __getstate__(self): return {"value": self.value}
    """
    cached = cell(code)["Cached"]
    assert of_value(cached(1, 2)) == of_value(cached(1, 3))
    assert of_value(cached(1, 2)) != of_value(cached(2, 2))
    broken = cell("class Broken:\n  def __reduce_ex__(self, _): raise OSError('no')")["Broken"]
    use = cell("def use(value): ...")["use"]
    assert made(use, broken()).problem == "argument 'value', a Broken, cannot be pickled (OSError)"


def test_what_is_too_much_counts_as_different_and_says_so() -> None:
    def limited(value: Any) -> str:
        found = fingerprint_of_call(repr, (value,), {}, max_objects=1000, max_bytes=1 << 20)
        return str(found.problem)

    for value in ([[] for _ in range(2000)], list(range(20_000)), [[], *range(10_000)], {(n,): [] for n in range(900)}):
        assert "more than 1,000 objects" in limited(value)
    for value in (bytes(1 << 21), "x" * (1 << 21), ["x" * 1000] * 2000, np.zeros(1 << 18), bytearray(1 << 21)):
        assert "more than 1 MiB" in limited(value)
    assert limited([[] for _ in range(500)]) == "None"
    impure: Any = ()
    for _ in range(60):
        impure = (impure, impure, [])
    assert "more than 1,000 objects" in limited(impure)


def test_the_cost_grows_with_the_size_and_no_faster() -> None:
    make = cell("class Thing:\n  def __init__(self, n): self.n = n; self.more = [n]")["Thing"]

    def things(count: int) -> list[Any]:
        return [make(n) for n in range(count)]

    of_value(things(100))
    # The smallest of the sizes takes less than what is hopeless, whatever the machine does meanwhile.
    assert not superlinear(of_value, things, size=8_000, hopeless=5)


PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tests.unit.fingerprint.cells import of_value
from tests.unit.fingerprint.test_objects import DISTINCT, value_of
print(*(of_value(value_of(text)) for text in DISTINCT), sep="\\n")
"""


def test_fingerprints_are_equal_in_processes_of_other_hash_seeds() -> None:
    root = str(pathlib.Path(__file__).parents[3])

    def printed(seed: str) -> str:
        program = [sys.executable, "-c", PROGRAM.format(root=root)]
        environment = {"PYTHONHASHSEED": seed, "PATH": ""}
        return subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout

    assert printed("1") == printed("2") == "".join(f"{of_value(value_of(text))}\n" for text in DISTINCT)


def test_an_unimportable_named_object_is_not_compared() -> None:
    named = cell("class Named:\n  def __reduce__(self): return 'named'\nnamed = Named()")["named"]
    assert "known by its name alone" in str(made(repr, named).problem)


def test_a_cached_function_is_compared_by_what_it_wraps() -> None:
    code = "import functools\n@functools.lru_cache(maxsize={})\ndef f(x): return x + {}"
    one, same = cell(code.format(3, 1))["f"], cell(code.format(3, 1))["f"]
    one(1)
    assert digest(one, 1) == digest(same, 1)
    assert digest(one, 1) != digest(cell(code.format(3, 2))["f"], 1)
    assert digest(one, 1) != digest(cell(code.format(4, 1))["f"], 1)
