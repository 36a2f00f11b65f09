"""Feeding a stream in pieces."""

from __future__ import annotations

from collections.abc import Iterable

from buildwidget.runner.secrets import Masker


def fed(masker: Masker, data: bytes, cuts: Iterable[int]) -> bytes:
    """What a stream shows of data that is cut at these places."""
    stream = masker.stream()
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    shown = [stream.feed(data[begin:end]) for begin, end in zip([0, *places], [*places, len(data)], strict=True)]
    return b"".join([*shown, stream.finish()])
