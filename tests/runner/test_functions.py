"""Callables run in a fresh process, and whatever they do to it is told truly."""

from __future__ import annotations

import importlib
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from buildwidget.errors import BuildwidgetError
from buildwidget.runner.build_dir import build_dir
from buildwidget.runner.function import ResultUnavailable, load_result
from tests.runner.builds import Builds

# What a notebook defines lives in __main__, which another process does not have: pickled by value, as there.
NOTEBOOK = """
import os, sys
def add(a, b=0):
    print("adding", a, b)
    return {"sum": a + b, "pid": os.getpid()}
def fails():
    raise ValueError("not today")
def leaves(code):
    sys.exit(code)
def crashes():
    os.kill(os.getpid(), 11)
def vanishes():
    os._exit(0)
def asks():
    return input("name? ")
def debugs():
    import pdb
    pdb.set_trace()
def breaks():
    breakpoint()
def gives_a_lock():
    import threading
    return threading.Lock()
async def waits():
    import asyncio
    await asyncio.sleep(0)
    return "awaited"
def square(x):
    return x * x
def pools():
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(square, [1, 2, 3])
"""


@pytest.fixture
def notebook() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(NOTEBOOK, namespace)
    return namespace


def result(build_id: str) -> Any:
    return load_result(build_dir(build_id))


def test_calls_return_raise_leave_and_crash(builds: Builds, notebook: dict[str, Any]) -> None:
    names = ["fails", "crashes", "vanishes", "gives_a_lock", "waits", "pools"]
    ids = {name: builds.function(notebook[name]) for name in names}
    ids["add"] = builds.function(notebook["add"], 2, b=3)
    ends = {name: builds.wait_for(build_id, timeout=40) for name, build_id in ids.items()}

    assert ends["add"].status == "succeeded"
    assert result(ids["add"])["sum"] == 5
    assert result(ids["add"])["pid"] != os.getpid()
    assert "adding 2 3" in builds.lines(ids["add"])

    error = ends["fails"].error
    assert error is not None
    assert (ends["fails"].status, error.kind, error.message) == ("failed", "ValueError", "not today")
    assert "in fails" in (error.traceback or "")
    assert "call.py" not in (error.traceback or "")
    with pytest.raises(ValueError, match="not today") as raised:
        result(ids["fails"])
    assert "in fails" in str(raised.value.__cause__)

    assert ends["crashes"].error is not None
    assert ends["crashes"].error.kind == "SIGSEGV"
    with pytest.raises(ResultUnavailable, match="no result"):
        result(ids["crashes"])

    assert ends["vanishes"].status == "failed"
    assert ends["vanishes"].error is not None
    assert "before the call returned" in ends["vanishes"].error.message

    assert ends["gives_a_lock"].status == "succeeded", ends["gives_a_lock"].error
    assert "cannot be pickled" in (ends["gives_a_lock"].summary or "")
    with pytest.raises(ResultUnavailable, match="cannot be pickled"):
        result(ids["gives_a_lock"])

    assert result(ids["waits"]) == "awaited"
    assert result(ids["pools"]) == [1, 4, 9]


def test_what_cannot_be_loaded_ends_the_build_at_once(
    builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, code in {
        "gone": "",
        "raises": "raise OSError('no such device')",
        "leaves": "raise SystemExit(3)",
    }.items():
        module = types.ModuleType(f"cell_{name}")
        exec("def run(): pass", vars(module))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        if code:
            (tmp_path / f"cell_{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {}
    for name in ("gone", "raises", "leaves"):
        build_id = builds.function(sys.modules[f"cell_{name}"].run)
        end = builds.wait_for(build_id)
        assert end.status == "failed"
        assert end.error is not None
        found[name] = (end.error.kind, end.error.message)
        with pytest.raises(ResultUnavailable, match="could not be loaded"):
            result(build_id)
    start = "The function could not be loaded in the build's process: "
    assert found == {
        "gone": ("cannot_load", f"{start}ModuleNotFoundError: No module named 'cell_gone'"),
        "raises": ("cannot_load", f"{start}OSError: no such device"),
        "leaves": ("cannot_load", f"{start}SystemExit: 3"),
    }


def test_sys_exit_is_told_as_it_was(builds: Builds, notebook: dict[str, Any]) -> None:
    well, badly = builds.function(notebook["leaves"], 0), builds.function(notebook["leaves"], 4)
    end = builds.wait_for(well)
    assert end.status == "succeeded"
    assert "sys.exit(0)" in (end.summary or "")
    end = builds.wait_for(badly)
    assert (end.status, end.exit_code) == ("failed", 4)
    with pytest.raises(ResultUnavailable, match=r"sys\.exit\(4\)"):
        result(badly)


def test_there_is_no_keyboard(builds: Builds, notebook: dict[str, Any]) -> None:
    ids = [builds.function(notebook[name]) for name in ("asks", "debugs", "breaks")]
    for build_id in ids:
        error = builds.wait_for(build_id, timeout=40).error
        assert error is not None
        assert "keyboard" in error.message


def test_modules_beside_the_work_do_not_break_the_runner(
    builds: Builds, notebook: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("queue", "random", "secrets", "types"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('taken for the standard library')")
    (tmp_path / "mine.py").write_text("def triple(x):\n    return 3 * x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, ""])
    mine = importlib.import_module("mine")

    build_id = builds.function(mine.triple, 5)
    assert builds.wait_for(build_id).status == "succeeded"
    assert result(build_id) == 15
    del sys.modules["mine"]


def test_only_the_owners_files_are_unpickled(builds: Builds, notebook: dict[str, Any]) -> None:
    build_id = builds.function(notebook["add"], 1)
    builds.wait_for(build_id)
    file = build_dir(build_id) / "result.pkl"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o666)
    with pytest.raises(BuildwidgetError, match="nobody else"):
        result(build_id)
