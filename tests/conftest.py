from __future__ import annotations

import signal

import pytest
from hypothesis import settings

# On a machine busy with other work a single example can take seconds; what hangs ends at pytest's own limit.
settings.register_profile("any_machine", settings.default, deadline=None)
settings.load_profile("any_machine")


def pytest_configure(config: pytest.Config) -> None:
    """Interrupts work also where a shell started the tests in the background, which has them ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
