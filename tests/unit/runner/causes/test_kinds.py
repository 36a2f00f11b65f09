"""Rules that no single sample shows: which of several errors is the cause, and what goes with it."""

from __future__ import annotations

import pytest

from tests.unit.runner.causes.samples import explained

HEAD = 'Traceback (most recent call last):\n  File "t.py", line 3, in <module>\n    main()'
BAD = f"{HEAD}\nValueError: no data"
LOST = f"{HEAD}\nRuntimeError: [gloo] Connection closed by peer [10.0.0.1]:4711"
CHILD_FAILED = f"{HEAD}\ntorch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n=====\nt.py FAILED"


def prefixed(prefix: str, text: str) -> list[str]:
    return [f"{prefix}{line}" for line in text.split("\n")]


@pytest.mark.parametrize(
    "prefix",
    [
        "[rank0]: ",
        "[default1]:",
        "[1,0]<stderr>:",
        "0: ",
        "(train_fn pid=123) ",
        "app-1  | ",
        "stderr: ",
        "2024-11-20 14:37:16 [rank3]: ",
        "node-7.cluster | worker 3 | ",
    ],
)
def test_prefixes_of_launchers(prefix: str) -> None:
    error = explained(1, ["step 1", *prefixed(prefix, BAD), "done"])
    assert error is not None
    assert (error.kind, error.message, error.line) == ("ValueError", "no data", 5)
    assert error.traceback == BAD


def test_interleaved_ranks_are_told_apart() -> None:
    ranks = [prefixed("[rank1]: ", LOST), prefixed("[rank0]: ", BAD)]
    lines = [line for pair in zip(*ranks, strict=True) for line in pair]
    error = explained(1, [*lines, *CHILD_FAILED.split("\n")])
    assert error is not None
    assert (error.kind, error.message, error.line) == ("ValueError", "no data", 8)
    assert error.launcher == "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: t.py FAILED"


@pytest.mark.parametrize("order", [(BAD, LOST), (LOST, BAD)])
def test_what_follows_from_another_process_is_not_the_cause(order: tuple[str, str]) -> None:
    lines = "\n".join([*order, CHILD_FAILED]).split("\n")
    error = explained(1, lines)
    assert error is not None
    assert (error.kind, error.message) == ("ValueError", "no data")


def test_without_a_launcher_only_the_last_error_ended_the_program() -> None:
    error = explained(1, [*BAD.split("\n"), "retrying", *HEAD.split("\n"), "OSError: gave up"])
    assert error is not None
    assert (error.kind, error.message, error.launcher) == ("OSError", "gave up", None)


def test_the_outermost_launcher_stands_beside_the_cause() -> None:
    lines = [
        "x.c:3:1: error: expected ';'",
        "make[2]: *** [Makefile:7: x.o] Error 1",
        "make[1]: *** [Makefile:3: lib] Error 2",
        "make: *** [Makefile:10: all] Error 2",
    ]
    error = explained(2, lines)
    assert error is not None
    assert (error.line, error.launcher) == (1, "make: [Makefile:10: all] Error 2")


def test_a_device_assertion_comes_before_the_exception_it_causes() -> None:
    assertion = "Indexing.cu:1292: indexSelect: block: [0,0,0], thread: [1,0,0] Assertion `a < b` failed."
    lines = [*[assertion] * 3, *HEAD.split("\n"), "RuntimeError: CUDA error: device-side assert triggered"]
    error = explained(1, lines)
    assert error is not None
    assert (error.message, error.line) == (assertion, 1)
    assert error.launcher == "RuntimeError: CUDA error: device-side assert triggered"


@pytest.mark.parametrize(
    "lines",
    [
        ["no data"],
        ["{error: 0}", "progress 100 %"],
        ["WARNING: error rate high", "all files: error=0", "exit now"],
        [*BAD.split("\n"), *[f"step {number}" for number in range(50)], "stopping: the budget is used up"],
        ["cp: cannot stat 'a': No such file or directory", *["copied a file"] * 30],
        [],
    ],
)
def test_nothing_is_invented(lines: list[str]) -> None:
    error = explained(3, lines)
    assert error is not None
    assert (error.kind, error.message, error.line) == ("exit", "It exited with code 3.", None)


@pytest.mark.parametrize("code", [-9, 137, -15, 143])
def test_a_kill_is_not_explained_by_an_exception(code: int) -> None:
    error = explained(code, BAD.split("\n"))
    assert error is not None
    assert error.kind in {"exit", "SIGKILL", "SIGTERM"}
    assert error.line is None
