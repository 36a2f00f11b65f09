"""Which processes still live, told by identities that are never used twice (``ProcessIdentity``)."""

from __future__ import annotations

from buildwidget.store.process import ProcessIdentity


def this_process() -> ProcessIdentity:
    """The identity of the process that asks."""
    return ProcessIdentity.of()


def process_gone(identity: ProcessIdentity) -> bool | None:
    """Whether a process is surely gone; a zombie is.

    Returns:
        None where this process cannot tell: another host, boot or pid namespace. Only the heartbeat tells there.
    """
    return not identity.is_alive() if identity.is_here() else None
