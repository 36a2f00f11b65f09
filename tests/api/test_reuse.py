"""``reuse`` and keys: the same call is recognised, any other one runs."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import buildwidget as bw
from tests.unit.fingerprint.cells import cell

WAIT = 30

CELL = """
import dataclasses
@dataclasses.dataclass
class Cfg:
    rate: float
    tags: frozenset = frozenset({"a", "b"})
def scale(x): return x * 10
def train(cfg, more=None): return scale(cfg.rate)
"""


def test_a_call_is_reused_only_by_an_equal_one(data: Path) -> None:
    n = cell(CELL)
    first = bw.launch(n["train"], n["Cfg"](0.1), key="k")
    assert first.result(timeout=WAIT) == 1
    again = cell(CELL)  # as after a restart of the kernel
    assert bw.launch(again["train"], again["Cfg"](0.1), key="k", reuse="succeeded").id == first.id

    other = bw.launch(n["train"], n["Cfg"](0.2), key="k", reuse="succeeded")
    assert other.id != first.id
    assert other.result(timeout=WAIT) == 2
    told = "not reused: its function, what that refers to, or its arguments are others."
    assert other.log() == f"Build {first.id} of the same key was {told}"

    edited = cell(CELL.replace("x * 10", "x * 100"))
    third = bw.launch(edited["train"], edited["Cfg"](0.1), key="k", reuse="succeeded")
    assert third.result(timeout=WAIT) == 10
    assert bw.launch(n["train"], n["Cfg"](0.1), key="k", reuse="succeeded").id == first.id
    assert bw.launch(edited["train"], edited["Cfg"](0.1), key="k", reuse="succeeded").id == third.id


def test_what_cannot_be_compared_runs_again_and_the_log_says_why(data: Path) -> None:
    n = cell(CELL)
    much = [[] for _ in range(200_001)]
    first = bw.launch(n["train"], n["Cfg"](0.1), much, key="k", reuse="succeeded")
    assert first.result(timeout=WAIT) == 1
    assert first.log().startswith("This build cannot be reused: argument 'more', a list (at [")
    assert first.log().endswith("belongs to a call of more than 200,000 objects.")
    second = bw.launch(n["train"], n["Cfg"](0.1), much, key="k", reuse="succeeded")
    assert second.id != first.id
    second.wait(timeout=WAIT)
    assert second.log().startswith(
        f"Build {first.id} of the same key was not reused: this call cannot be compared: arg"
    )


def test_a_taken_key_says_what_is_different(data: Path, tmp_path: Path) -> None:
    n = cell("def wait(path, number):\n  import time\n  while not path.exists(): time.sleep(0.02)\n  return number")
    go = tmp_path / "go"
    first = bw.launch(n["wait"], go, 1, key="k")
    assert bw.launch(n["wait"], go, 1, key="k").id == first.id
    with pytest.raises(bw.LaunchError, match="not provably the same: its function, what that") as caught:
        bw.launch(n["wait"], go, 2, key="k")
    assert (caught.value.field, caught.value.code) == ("key", "key_taken")
    with pytest.raises(bw.LaunchError, match="cannot be compared: argument 'number', a lock"):
        bw.launch(n["wait"], go, threading.Lock(), key="k")
    go.touch()
    first.wait(timeout=WAIT)


def test_a_command_with_a_secret_is_recognised_while_it_runs_and_never_reused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = "while [ ! -e go ]; do sleep 0.02; done"
    mine, other = {"DEPLOY_TOKEN": "hunter2hunter2"}, {"DEPLOY_TOKEN": "another-secret"}
    first = bw.launch(line, key="k", env=mine)
    assert bw.launch(line, key="k", env=mine).id == first.id
    with pytest.raises(bw.LaunchError, match="the value of DEPLOY_TOKEN is another"):
        bw.launch(line, key="k", env=other)
    (tmp_path / "go").touch()
    first.wait(timeout=WAIT)
    again = bw.launch(line, key="k", env=mine, reuse="succeeded")
    assert again.id != first.id
    assert "the value of DEPLOY_TOKEN cannot be compared" in again.wait(timeout=WAIT).log()


def test_an_edited_module_runs_again(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "reused_module.py").write_text("def value(): return 1\n")
    f: Any = cell("import reused_module\ndef f(): return reused_module.value()")["f"]
    first = bw.launch(f, key="k")
    assert first.result(timeout=WAIT) == 1
    assert bw.launch(f, key="k", reuse="succeeded").id == first.id
    # Of another size: Python takes two edits within a second for one.
    (tmp_path / "reused_module.py").write_text("def value(): return 1 + 1\n")
    second = bw.launch(f, key="k", reuse="succeeded")
    assert second.result(timeout=WAIT) == 2
    del sys.modules["reused_module"]
