from __future__ import annotations

import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Interrupts work also where a shell started the tests in the background, which has them ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
