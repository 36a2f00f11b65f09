"""What a notebook's cells define works in the child processes of a function build, however these are started."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.function import load_result
from tests.runner.builds import Builds

PACKAGES = Path(sys.prefix) / "parallel"
TIMEOUT = 60

CELL = """
import asyncio, collections, dataclasses, enum, functools, multiprocessing, typing
from concurrent.futures import ProcessPoolExecutor
OFFSET = 100
Pair = collections.namedtuple("Pair", "left right")
Meters = typing.NewType("Meters", int)
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Point:
    x: int
    colour: Colour = Colour.RED
    def __add__(self, other):
        return Point(self.x + other.x)
def plain(x):
    return x * x + OFFSET
def with_default(x, point=Point(1)):
    return point + Point(x)
class Scaler:
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, x):
        return Pair(plain(x), self.factor)
    def scale(self, x):
        return Point(x * self.factor)
    @classmethod
    def made(cls, x):
        return cls(x).factor
    @staticmethod
    def double(x):
        return 2 * x
def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return "logged", function(*args)
    return wrapper
def unnamed(function):
    return lambda x: ("unnamed", function(x))
@logged
def decorated(x):
    return plain(x)
@unnamed
def renamed(x: Meters):
    return plain(x)
@functools.lru_cache(maxsize=None)
def cached(n):
    return n if n < 2 else cached(n - 1) + cached(n - 2)
@functools.singledispatch
def dispatched(x):
    return "object"
@dispatched.register
def _(x: int):
    return "int", plain(x)
def closure_of(k):
    def closure(x):
        return plain(x) + k
    return closure
def recursive(n):
    return 1 if n < 2 else n * recursive(n - 1)
async def later(x):
    await asyncio.sleep(0)
    return plain(x)
def asynchronous(x):
    return asyncio.run(later(x))
KINDS = {
    "plain": plain,
    "default": with_default,
    "partial": functools.partial(divmod, 17),
    "partial of a cell's": functools.partial(plain),
    "object": Scaler(3),
    "decorated": decorated,
    "decorated without a name": renamed,
    "cached": cached,
    "dispatched": dispatched,
    "method": Scaler(4).scale,
    "class method": Scaler.made,
    "static method": Scaler.double,
    "class": Point,
    "closure": closure_of(5),
    "lambda": lambda x: plain(x) - 1,
    "recursive": recursive,
    "asynchronous": asynchronous,
}
NUMBERS = [1, 2, 3]
def here():
    return {name: [function(x) for x in NUMBERS] for name, function in KINDS.items()}
def compared(there):
    # Compared in the build: what came back has to be of the same classes as what was made here.
    wrong = {name: (values, there[name]) for name, values in here().items() if there[name] != values}
    return wrong or "same"

def pool(start):
    with multiprocessing.get_context(start).Pool(2) as workers:
        return compared({name: workers.map(function, NUMBERS) for name, function in KINDS.items()})
def executor(start):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(start)) as workers:
        return compared({name: list(workers.map(function, NUMBERS)) for name, function in KINDS.items()})
def answer(functions, numbers, answers):
    for name, function in functions.items():
        answers.put((name, [function(x) for x in numbers]))
def process(start):
    context = multiprocessing.get_context(start)
    answers = context.Queue()
    worker = context.Process(target=answer, args=(KINDS, NUMBERS, answers))
    worker.start()
    there = dict(answers.get(timeout=30) for _ in KINDS)
    worker.join()
    return compared(there)

class Dataset:
    def __init__(self, function):
        self.function = function
    def __len__(self):
        return len(NUMBERS)
    def __getitem__(self, index):
        return index, self.function(NUMBERS[index])
def load_items(datasets, indices, items, collate, seed):
    seed(0)
    while (index := indices.get()) is not None:
        for name, dataset in datasets.items():
            items.put((name, *collate(dataset[index])))
def loader(start):
    # As torch's DataLoader: a process for each worker, with the dataset, the functions and two queues as arguments.
    context = multiprocessing.get_context(start)
    indices, items = context.Queue(), context.Queue()
    datasets = {name: Dataset(function) for name, function in KINDS.items()}
    arguments = (datasets, indices, items, lambda item: item, functools.partial(plain))
    workers = [context.Process(target=load_items, args=arguments, daemon=True) for _ in range(2)]
    for worker in workers:
        worker.start()
    for index in range(len(NUMBERS)):
        indices.put(index)
    there = {name: [None] * len(NUMBERS) for name in KINDS}
    for _ in range(len(NUMBERS) * len(KINDS)):
        name, index, value = items.get(timeout=30)
        there[name][index] = value
    for worker in workers:
        indices.put(None)
    for worker in workers:
        worker.join()
    return compared(there)
def joblib(backend):
    from joblib import Parallel, delayed
    with Parallel(n_jobs=2, backend=backend) as parallel:
        there = {name: parallel(delayed(function)(x) for x in NUMBERS) for name, function in KINDS.items()}
    return compared(there)
def dask(_):
    import dask
    calls = {name: [dask.delayed(function)(x) for x in NUMBERS] for name, function in KINDS.items()}
    (there,) = dask.compute(calls, scheduler="processes", num_workers=2)
    return compared(there)
def cluster(_):
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as nodes:
        with Client(nodes) as client:
            return compared({name: client.gather(client.map(function, NUMBERS)) for name, function in KINDS.items()})

def nested(start):
    # A spawned child starts children of its own.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(start)) as workers:
        return workers.submit(pool, start).result()
"""


@pytest.fixture
def cell(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(PACKAGES), os.environ.get("PYTHONPATH")])))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(CELL, namespace)
    return namespace


STARTS = ("fork", "spawn", "forkserver")


def results(builds: Builds, ids: dict[str, str]) -> dict[str, Any]:
    found = {}
    for name, build_id in ids.items():
        end = builds.wait_for(build_id, timeout=TIMEOUT)
        assert end.status == "succeeded", (name, end.error, builds.lines(build_id))
        found[name] = load_result(build_dir(build_id))
    return found


@pytest.mark.parametrize("start", STARTS)
def test_multiprocessing(builds: Builds, cell: dict[str, Any], start: str) -> None:
    ways = ("pool", "executor", "process", "loader")
    assert set(results(builds, {way: builds.function(cell[way], start) for way in ways}).values()) == {"same"}


@pytest.mark.parametrize(
    ("way", "argument"), [("joblib", "loky"), ("joblib", "multiprocessing"), ("dask", None), ("cluster", None)]
)
def test_libraries(builds: Builds, cell: dict[str, Any], way: str, argument: str | None) -> None:
    assert results(builds, {way: builds.function(cell[way], argument)}) == {way: "same"}


def test_children_of_children(builds: Builds, cell: dict[str, Any]) -> None:
    ids = {start: builds.function(cell["nested"], start) for start in STARTS}
    assert set(results(builds, ids).values()) == {"same"}


LAUNCHED = """
import asyncio, functools, multiprocessing
def square(x):
    return x * x
def in_pool(start):
    with multiprocessing.get_context(start).Pool(1) as workers:
        return workers.map(square, [1, 2, 3])
class Work:
    def __init__(self, start="spawn"):
        self.start = start
    def square(self, x):
        return x * x
    def __call__(self):
        with multiprocessing.get_context(self.start).Pool(1) as workers:
            return workers.map(self.square, [1, 2, 3])
    def run(self):
        return self()
    async def wait(self):
        await asyncio.sleep(0)
        return self()
def decorate(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
decorated = decorate(in_pool)
@functools.lru_cache
def cached(start):
    return in_pool(start)
def closure_of(start):
    def inner():
        def local(x):
            return square(x)
        with multiprocessing.get_context(start).Pool(1) as workers:
            return workers.map(local, [1, 2, 3])
    return inner
@functools.cache
def recursive(start, depth=3):
    return in_pool(start) if depth == 0 else recursive(start, depth - 1)
async def awaited(start):
    await asyncio.sleep(0)
    return await asyncio.to_thread(in_pool, start)
class Later:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return [1, 4, 9]
calls = {
    "partial of fork": functools.partial(in_pool, "fork"),
    "partial of spawn": functools.partial(in_pool, start="spawn"),
    "object": Work(),
    "object of fork": Work("fork"),
    "method": Work("forkserver").run,
    "coroutine method": Work("fork").wait,
    "partial of a method": functools.partial(Work.run, Work("fork")),
    "decorated": functools.partial(decorated, "fork"),
    "decorated and cached": functools.partial(decorate(cached), "spawn"),
    "cached": functools.partial(cached, "fork"),
    "closure": closure_of("spawn"),
    "recursive": functools.partial(recursive, "fork"),
    "async": functools.partial(awaited, "spawn"),
    "lambda": lambda: in_pool("fork"),
    "awaitable": lambda: Later(),
}
"""


def test_every_kind_of_callable_is_launched_and_has_children(builds: Builds) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(LAUNCHED, namespace)
    ids = {name: builds.function(call) for name, call in namespace["calls"].items()}
    assert results(builds, ids) == {name: [1, 4, 9] for name in ids}


FAILING = """
import multiprocessing, os, sys, types
from concurrent.futures import ProcessPoolExecutor
def made_later():
    module = types.ModuleType("made_later")
    exec("class Thing: pass\\ndef run(x): return x\\ndef give(x): return Thing()", vars(module))
    sys.modules["made_later"] = module
    return module
def missing_function():
    workers = multiprocessing.get_context("fork").Pool(1)
    return workers.map(made_later().run, [1])
def missing_class():
    workers = multiprocessing.get_context("fork").Pool(1)
    return workers.map(str, [made_later().Thing()])
def missing_in_executor():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as workers:
        return workers.submit(made_later().run, 1).result()
def give(_):
    return made_later().Thing()
def missing_result():
    with multiprocessing.get_context("fork").Pool(1) as workers:
        return workers.map(give, [1])
def defined_later():
    workers = multiprocessing.get_context("fork").Pool(1)
    global later
    def later(x):
        return x + 1
    return workers.map(later, [1])
class NotEven(ValueError):
    def __init__(self, number, why):
        super().__init__(number, why)
def check(x):
    raise NotEven(x, "odd")
def raises():
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        return workers.map(check, [1])
"""


def test_what_a_child_or_its_parent_cannot_load_fails_the_task_and_never_hangs(builds: Builds) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(FAILING, namespace)
    names = ["missing_function", "missing_class", "missing_in_executor", "missing_result"]
    ids = {name: builds.function(namespace[name]) for name in names}
    well, raising = builds.function(namespace["defined_later"]), builds.function(namespace["raises"])
    for name, build_id in ids.items():
        error = builds.wait_for(build_id, timeout=TIMEOUT).error
        assert error is not None, name
        assert (error.kind, "made_later" in error.message) == ("cannot_load", True), (name, error)
    assert results(builds, {"well": well}) == {"well": [2]}
    error = builds.wait_for(raising, timeout=TIMEOUT).error
    assert error is not None
    assert (error.kind, error.message) == ("NotEven", "(1, 'odd')")
