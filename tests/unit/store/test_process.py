from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys

import pytest

from buildwidget.store.process import ProcessIdentity
from tests.waiting import wait_until

_WAIT = [sys.executable, "-c", "input()"]


def test_a_process_is_itself_and_no_other() -> None:
    me = ProcessIdentity.of()
    assert me == ProcessIdentity.of(os.getpid())
    assert me.pid == os.getpid()
    assert me.is_here()
    assert me.is_alive()
    assert not dataclasses.replace(me, created=me.created + 1).is_alive()
    assert not dataclasses.replace(me, boot="another").is_here()
    assert not dataclasses.replace(me, host="another").is_here()


def test_a_process_that_ended_is_gone_and_a_zombie_is_not_alive() -> None:
    with subprocess.Popen(_WAIT, stdin=subprocess.PIPE) as child:
        identity = ProcessIdentity.of(child.pid)
        assert identity.is_alive()
        child.send_signal(signal.SIGSTOP)
        assert identity.is_alive()
        child.kill()
        wait_until(lambda: not identity.is_alive(), what="the child to be a zombie")
        assert ProcessIdentity.of(child.pid) == identity
    assert not identity.is_alive()
    with pytest.raises(ProcessLookupError):
        ProcessIdentity.of(child.pid)
