from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from buildwidget.runner.identity import process_gone, this_process
from buildwidget.store.process import ProcessIdentity
from tests.waiting import wait_until


def test_this_process_lives() -> None:
    assert this_process().pid == os.getpid()
    assert process_gone(this_process()) is False


def test_another_process_with_the_same_pid_is_not_the_one_that_was_meant() -> None:
    assert process_gone(replace(this_process(), created=this_process().created - 1)) is True


def test_of_another_host_or_boot_nothing_can_be_told() -> None:
    assert process_gone(replace(this_process(), host="elsewhere")) is None
    assert process_gone(replace(this_process(), boot="before")) is None


def test_a_zombie_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        identity = ProcessIdentity.of(child.pid)
        assert process_gone(identity) is False
        assert child.stdin is not None
        child.stdin.close()
        wait_until(lambda: process_gone(identity), what="the zombie to count as gone")
        assert child.wait() == 1
    assert process_gone(identity) is True
