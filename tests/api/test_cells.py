"""Functions and errors of cells of a real notebook."""

from __future__ import annotations

import buildwidget as bw
from tests.api.kernels import Kernel

WAIT = 60

ONCE = """
import buildwidget as bw, functools, threading
class Once:
    def __reduce__(self): return "ONCE"
ONCE = Once()
"""
REFUSED = {
    "bw.launch('no-such-program-here')": "no-such-program-here",
    "lock = threading.Lock()\nbw.launch(lambda: lock)": "the global 'lock'",
    "bw.launch(lambda: ONCE)": "the Once 'ONCE' pickles only as its name in __main__",
    "def f(a): pass\nbw.launch(f)": "f cannot be called so: missing a required argument: 'a'",
    "bw.launch('echo', cwd='/no/such/place')": "The working directory /no/such/place does not exist",
    "bw.launch('if')": "not understood by the shell",
    "def lists():\n    !ls -l\nbw.launch(lists)": "lists runs `!ls -l`, which only IPython's shell can do. Write sub",
    "def lists():\n    names = !ls\n    return names\nbw.launch(lists)": "Write subprocess.check_output('ls', shell=T",
    "def plots():\n    %matplotlib inline\nbw.launch(plots)": "the magic `%matplotlib inline`",
    "bw.attach('nothing')": "nothing",
}
BAD = """
import buildwidget as bw
class Bad:
    def __reduce__(self):
        return self.give_up()
    def give_up(self):
        raise ValueError("not this one")
bad = Bad()
def helper():
    return bw.launch("no-such-program-here")
"""
IMPORTS = """
import buildwidget as bw, functools, multiprocessing
from concurrent.futures import ProcessPoolExecutor
"""
DEFINITIONS = """
@functools.lru_cache
def h(x):
    return x * x
class Point:
    def __init__(self, x):
        self.x = x
def made(x):
    return Point(h(x))
"""
WORK = """
def work(start):
    context = multiprocessing.get_context(start)
    with context.Pool(2) as pool, ProcessPoolExecutor(1, mp_context=context) as executor:
        return pool.map(h, range(4)), [p.x for p in executor.map(made, range(3))], pool.map(lambda x: -x, [1])
for start in ("fork", "spawn", "forkserver"):
    print(bw.launch(functools.partial(work), start).id)
print(bw.launch(h, 7).id)
"""


def test_errors_at_launch_are_one_sentence(kernel: Kernel) -> None:
    kernel.run(ONCE)
    for cell, said in REFUSED.items():
        shown = kernel.error(cell)
        assert said in shown
        assert shown.startswith(("LaunchError: ", "NotFound: "))
        assert "\n" not in shown, shown


def test_the_traceback_of_user_code_is_kept(kernel: Kernel) -> None:
    kernel.run(BAD)
    shown = kernel.error("bw.launch(lambda: bad)")
    assert "return self.give_up()" in shown
    assert 'raise ValueError("not this one")' in shown
    *above, last = shown.splitlines()
    assert last.startswith("LaunchError: The callable cannot be sent to another process: the global 'bad'")
    assert "pickl" not in "".join(above)
    assert "buildwidget/" not in shown

    shown = kernel.error("helper()")
    assert 'return bw.launch("no-such-program-here")' in shown
    assert shown.splitlines()[-1].startswith("LaunchError: ")
    assert "launching.py" not in shown


def test_functions_of_cells_have_children(kernel: Kernel) -> None:
    kernel.run(IMPORTS)
    kernel.run(DEFINITIONS)
    results = [bw.attach(build_id).result(timeout=WAIT) for build_id in kernel.run(WORK).split()]
    assert results == [([0, 1, 4, 9], [0, 1, 4], [-1])] * 3 + [49]
