"""The thread pool of what runs in the background of a user's process."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import wait

import pytest

from buildwidget.daemon_executor import DaemonExecutor


def test_calls_run_in_a_few_threads_and_give_what_they_give() -> None:
    executor = DaemonExecutor(2, "some")
    futures = [executor.submit(divmod, number, 3) for number in range(50)]
    assert [future.result() for future in futures] == [divmod(number, 3) for number in range(50)]
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("some-")}
    assert names <= {"some-0", "some-1"}
    executor.shutdown()
    assert not any(thread.name.startswith("some-") for thread in threading.enumerate())
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(print)


def test_as_many_calls_run_at_once_as_there_are_threads() -> None:
    executor, barrier = DaemonExecutor(3, "some"), threading.Barrier(3)
    assert not wait([executor.submit(barrier.wait, 10) for _ in range(3)], timeout=10).not_done
    assert not wait([executor.submit(barrier.wait, 10) for _ in range(3)], timeout=10).not_done
    executor.shutdown()


def test_what_was_submitted_before_the_shutdown_still_runs() -> None:
    executor, gate = DaemonExecutor(1, "some"), threading.Event()
    first, second = executor.submit(gate.wait, 10), executor.submit(int, "7")
    cancelled = executor.submit(int, "8")
    assert cancelled.cancel()
    executor.shutdown(wait=False)
    gate.set()
    assert first.result(10)
    assert second.result(10) == 7


def test_it_neither_refuses_nor_holds_up_the_end_of_a_process() -> None:
    code = """
import atexit, threading
from buildwidget.daemon_executor import DaemonExecutor
executor = DaemonExecutor(2, "some")
executor.submit(threading.Event().wait)
atexit.register(lambda: print(executor.submit(int, "7").result()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert (done.stdout, done.stderr) == ("7\n", "")
