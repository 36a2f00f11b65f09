"""The runner's own log."""

from __future__ import annotations

import io

from buildwidget.runner.__main__ import _BoundedLog
from buildwidget.runner.secrets import Masker


def test_no_secret_goes_into_the_runners_log() -> None:
    file = io.StringIO()
    log = _BoundedLog(file)
    log.write("before\n")
    log.hide(Masker(["hunter2-hunter2"]))
    for piece in ("ValueError: hunter2-", "hunter2 is ", "wrong", "\nhunter2-hun"):
        log.write(piece)
    log.close()
    assert file.getvalue() == "before\nValueError: *** is wrong\nhunter2-hun"


def test_the_log_is_bounded() -> None:
    file = io.StringIO()
    log = _BoundedLog(file)
    for _ in range(300):
        log.write("x" * 1024)
    assert len(file.getvalue()) == 256 * 1024
