"""Output of several processes in one log, told apart by what their launcher puts before each line. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Final

from buildwidget.runner.causes.line import Line

_TIME: Final = re.compile(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?:? (?=\S)")

_RANK: Final = re.compile(
    r"\[(?:rank|default|worker|node)?-?\d{1,6}\]: ?"  # torchrun, horovod
    r"|\[\d{1,6},\d{1,6}\](?:<std(?:out|err)>)?: ?"  # mpirun --tag-output
    r"|\[\d{1,6}\](?:<std(?:out|err)>): ?"  # horovodrun
    r"|\((?:\w+ )?pid=\d{1,10}(?:, ip=[\d.]{7,15})?\) "  # ray
    r"|std(?:out|err): "  # accelerate test
    r"|#\d{1,4} \d{1,6}\.\d{1,3} "  # docker's buildkit
)
_HEADER: Final = "Traceback (most recent call last):"
_LONGEST_PREFIX: Final = 160


def voices(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines of each voice, without its prefix. The first voice has those without one."""
    timed = [Line(number, _without_time(text)) for number, text in lines]
    learned = _learn(timed)
    found: dict[str, list[Line]] = {"": []}
    for line in timed:
        prefix = _prefix(line.text, learned)
        key = _key(prefix)
        found.setdefault(key, []).append(Line(line.number, line.text[len(prefix) :]) if prefix else line)
    return list(found.values())


def _without_time(text: str) -> str:
    match = _TIME.match(text)
    return text[match.end() :] if match and _RANK.match(text, match.end()) else text


def _learn(lines: Sequence[Line]) -> tuple[str, ...]:
    """Prefixes that stand before the header of a traceback and before the line after it."""
    found: dict[str, None] = {}
    for line, following in itertools.pairwise(lines):
        place = line.text.find(_HEADER)
        if not 0 < place <= _LONGEST_PREFIX:
            continue
        prefix = line.text[:place]
        if prefix.strip(" |+") and following.text.startswith(f"{prefix}  File ") and len(found) < 64:
            found[prefix] = None
    return tuple(sorted(found, key=len, reverse=True))


def _prefix(text: str, learned: tuple[str, ...]) -> str:
    if learned and text.startswith(learned):
        return next(prefix for prefix in learned if text.startswith(prefix))
    match = _RANK.match(text)
    return match[0] if match else ""


def _key(prefix: str) -> str:
    return prefix.strip(" :")
