"""Callables and results on their way between processes (the process itself: tests/runner/test_functions.py)."""

from __future__ import annotations

import functools
import io
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from buildwidget.errors import BuildwidgetError, LaunchError
from buildwidget.runner.function import (
    ResultUnavailable,
    load_callable,
    load_definitions,
    load_result,
    save_callable,
    save_exception,
    save_exit,
    save_result,
)
from buildwidget.runner.outcome import CALLABLE_FILE, RESULT_FILE, read_outcome
from buildwidget.runner.pickling import dump


def notebook(code: str) -> dict[str, Any]:
    """Functions as a notebook defines them: their module is __main__, so they are pickled with what they refer to."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(code, namespace)
    return namespace


def test_a_call_comes_back_with_its_arguments(tmp_path: Path) -> None:
    add = notebook("OFFSET = 10\ndef add(a, b): return a + b + OFFSET")["add"]
    assert save_callable(tmp_path, add, (1,), {"b": 2}) == CALLABLE_FILE
    function, args, kwargs = load_callable(tmp_path)
    assert function(*args, **kwargs) == 13
    assert (tmp_path / CALLABLE_FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_too_large_is_named_with_its_size(tmp_path: Path) -> None:
    train = notebook("DATA = bytes(300_000)\nSMALL = 1\ndef load(): return DATA\ndef train(): return load(), SMALL")
    with pytest.raises(LaunchError, match=r"'DATA' that load refers to takes 293 KiB") as raised:
        save_callable(tmp_path, train["train"], limit=300_000)
    assert raised.value.field == "callable"
    with pytest.raises(LaunchError, match="argument 2 takes 195 KiB"):
        save_callable(tmp_path, print, (1, bytes(200_000)), limit=100_000)
    with pytest.raises(LaunchError, match=r"argument 'data' takes more than 97\.7 KiB"):
        save_callable(tmp_path, print, (), {"data": [bytes(200_000)]}, limit=100_000)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    use = notebook("import threading\nGUARD = threading.Lock()\ndef use():\n    with GUARD: pass")["use"]
    with pytest.raises(LaunchError, match="the global 'GUARD' that use refers to, a lock, cannot be pickled"):
        save_callable(tmp_path, use)

    def outer() -> Any:
        guard = threading.Lock()
        return lambda: guard

    with pytest.raises(LaunchError, match="the variable 'guard'"):
        save_callable(tmp_path, outer())
    assert list(tmp_path.iterdir()) == []


CELLS = """
import functools, typing
class Missing:
    def __reduce__(self):
        return "MISSING"
MISSING = Missing()
def uses(value=None):
    return value is MISSING
def takes(value):
    return value
UserId = typing.NewType("UserId", int)
@functools.lru_cache(maxsize=7)
def doubled(x, kind=UserId):
    return 2 * x
def asks(): return get_ipython().system("ls -l")
def lists():
    files = get_ipython().getoutput("ls")
    return files
def plots():
    get_ipython().run_line_magic("matplotlib", "inline")
def guarded():
    return bool(get_ipython())
"""


@pytest.mark.parametrize("name", ["uses", "takes", "default"])
def test_what_can_only_be_found_in_main_is_refused_at_launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cells = notebook(CELLS)
    monkeypatch.setattr(sys.modules["__main__"], "MISSING", cells["MISSING"], raising=False)
    call = {
        "uses": (cells["uses"],),
        "takes": (cells["takes"], [cells["MISSING"]]),
        "default": (functools.partial(cells["takes"], cells["MISSING"]),),
    }[name]
    with pytest.raises(
        LaunchError, match=r"the Missing 'MISSING' pickles only as its name in __main__.*module"
    ) as raised:
        save_callable(tmp_path, *call)
    assert raised.value.field == "callable"
    assert list(tmp_path.iterdir()) == []


def test_a_cached_function_keeps_its_parameters(tmp_path: Path) -> None:
    save_callable(tmp_path, notebook(CELLS)["doubled"], (4,))
    function, args, _ = load_callable(tmp_path)
    assert function(*args) == 8
    assert function.cache_parameters() == {"maxsize": 7, "typed": False}
    assert function.cache_info().currsize == 1
    assert function.__wrapped__.__defaults__[0].__name__ == "UserId"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("asks", r"asks runs `!ls -l`.*subprocess\.run\('ls -l', shell=True, check=True\) instead\.$"),
        ("lists", r"lists runs `!ls`.*check_output\('ls'"),
        ("plots", r"plots runs the magic `%matplotlib inline`.*cell of its own"),
    ],
)
def test_magics_and_commands_of_the_shell_are_refused_with_what_to_write(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(LaunchError, match=said):
        save_callable(tmp_path, notebook(CELLS)[name])


def test_the_shell_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ZMQInteractiveShell:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def get_ipython(self) -> ZMQInteractiveShell:
            return self

    monkeypatch.setattr(ZMQInteractiveShell, "__module__", "ipykernel.zmqshell")
    cells = notebook(CELLS)
    cells["get_ipython"] = ZMQInteractiveShell().get_ipython
    save_callable(tmp_path, cells["guarded"])
    assert load_callable(tmp_path)[0]() is False


def test_only_the_function_is_read_for_a_child(tmp_path: Path) -> None:
    class Argument:
        def __reduce__(self) -> Any:
            return pytest.fail, ("the arguments were read",)

    save_callable(tmp_path, notebook(CELLS)["takes"], (Argument(),))
    load_definitions(tmp_path)
    with pytest.raises(pytest.fail.Exception):
        load_callable(tmp_path)


def test_a_callable_of_an_older_version_is_read(tmp_path: Path) -> None:
    header = {"python": list(sys.version_info[:2]), "path": {"entries": [], "prefixes": [sys.prefix]}}
    file = io.BytesIO()
    dump((divmod, (17, 5), {}), file)
    (tmp_path / CALLABLE_FILE).write_bytes(json.dumps(header).encode() + b"\n" + file.getvalue())
    (tmp_path / CALLABLE_FILE).chmod(0o600)
    assert load_callable(tmp_path) == (divmod, (17, 5), {})


def test_another_python_is_refused_with_both_versions(tmp_path: Path) -> None:
    save_callable(tmp_path, print)
    file = tmp_path / CALLABLE_FILE
    header, pickle = file.read_bytes().split(b"\n", 1)
    changed = {**json.loads(header), "python": [2, 7]}
    file.write_bytes(json.dumps(changed).encode() + b"\n" + pickle)
    with pytest.raises(BuildwidgetError, match=r"made by Python 2\.7"):
        load_callable(tmp_path)


def test_modules_are_found_where_the_caller_found_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, "/somewhere/else"])
    save_callable(tmp_path, print)
    before = [entry for entry in sys.path if entry != "/somewhere/else"]
    monkeypatch.setattr(sys, "path", [*before, "/mine"])
    load_callable(tmp_path)
    assert sys.path[-2:] == ["/somewhere/else", "/mine"]


def test_a_result_comes_back(tmp_path: Path) -> None:
    assert save_result(tmp_path, {"a": [1]}) is None
    assert load_result(tmp_path) == {"a": [1]}
    assert read_outcome(tmp_path) == {"outcome": "returned"}


def test_a_result_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    problem = save_result(tmp_path, threading.Lock())
    assert problem is not None
    assert "(lock) cannot be pickled" in problem
    with pytest.raises(ResultUnavailable, match="cannot be pickled"):
        load_result(tmp_path)
    problem = save_result(tmp_path, bytes(1000), limit=500)
    assert problem is not None
    assert "larger than 500 bytes" in problem


def test_an_exception_comes_back_with_its_traceback(tmp_path: Path) -> None:
    save_exception(tmp_path, KeyError("x"), "Traceback: there")
    with pytest.raises(KeyError) as raised:
        load_result(tmp_path)
    assert "Traceback: there" in str(raised.value.__cause__)


def test_an_exception_that_cannot_be_pickled_comes_back_as_text(tmp_path: Path) -> None:
    error = ValueError(threading.Lock())
    save_exception(tmp_path, error, "Traceback: there")
    with pytest.raises(ResultUnavailable, match="Traceback: there"):
        load_result(tmp_path)
    outcome = read_outcome(tmp_path)
    assert outcome is not None
    assert outcome["kind"] == "ValueError"


def test_an_exception_that_cannot_be_read_here_comes_back_as_text(tmp_path: Path) -> None:
    save_exception(tmp_path, KeyError("x"), "Traceback: there")
    file = tmp_path / RESULT_FILE
    header = file.read_bytes().split(b"\n", 1)[0]
    file.write_bytes(header + b"\ncnowhere_to_be_found\nMissing\n.")
    with pytest.raises(ResultUnavailable, match=r"(?s)ModuleNotFoundError.*Traceback: there"):
        load_result(tmp_path)


def test_nothing_kept_is_told(tmp_path: Path) -> None:
    assert read_outcome(tmp_path) is None
    with pytest.raises(ResultUnavailable, match="kept no result"):
        load_result(tmp_path)
    save_exit(tmp_path, 3)
    with pytest.raises(ResultUnavailable, match=r"sys\.exit\(3\)"):
        load_result(tmp_path)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_that_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    save_result(tmp_path, 1)
    (tmp_path / RESULT_FILE).chmod(mode)
    with pytest.raises(BuildwidgetError, match="nobody else"):
        load_result(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    save_result(tmp_path, 1)
    (tmp_path / RESULT_FILE).rename(tmp_path / "elsewhere")
    (tmp_path / RESULT_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        load_result(tmp_path)
