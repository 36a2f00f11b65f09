"""Paths below a directory.

pathlib answers by comparing with every parent, which takes quadratic time from Python 3.12 on. Paths come from agents
and user code, so they are compared by their parts.
"""

from __future__ import annotations

from pathlib import PurePath


def below(path: PurePath, directory: str) -> PurePath | None:
    """The path relative to the directory; None where it does not lie below it. Nothing is resolved."""
    above = PurePath(directory)
    depth = len(above.parts)
    inside = path.anchor == above.anchor and path.parts[:depth] == above.parts
    return PurePath(*path.parts[depth:]) if inside else None
