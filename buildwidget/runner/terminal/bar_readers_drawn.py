"""Bars that are drawn, whatever program draws them: their value stands beside them. Pure, linear in the row."""

from __future__ import annotations

import re
from typing import Final

from buildwidget.runner.terminal.bar_parts import (
    COUNT,
    NUMBER,
    SCALE,
    SIZE,
    SIZES,
    Bar,
    Value,
    label_before,
    label_of,
    number_of,
    pair_of,
    subject_of,
    value_beside,
    value_in,
)

_BLOCKS: Final = "█▓▒░▏▎▍▌▋▊▉■□◼◻⬛⬜▰▱▮▯"
_DONE: Final = "=#>*█▓▒■◼⬛▰▮━●@" + "▏▎▍▌▋▊▉"
_FILL: Final = _DONE + " .-_+~:<|/\\○◯●□░◻⬜▱▯─╸╺⠂"
_SHORTEST: Final = 5
_MOST_OF_EMPTY: Final = 0.05
"""Of a bar in which nothing is drawn yet."""

_THICK: Final = re.compile(r"[━╸╺]{5,}")
_AMOUNTS: Final = re.compile(r"\s{0,4}(\d[\d.]{0,16})/(\d[\d.]{0,16}|\?)\s{0,2}([kKMGTP]?i?B|bytes)\b")
_TWO_AMOUNTS: Final = re.compile(rf" {{0,2}}({SIZE}) ({SCALE}(?:B|bytes)) ({SIZE}) ({SCALE})(?:B|bytes)\b")
_OPEN_COUNT: Final = re.compile(rf" {{0,9}}({NUMBER})/\?(?!\S)")
_ENDLESS_STEPS: Final = re.compile(rf" {{0,12}}({NUMBER})/Unknown\b")
_BLOCK: Final = re.compile(f"[{_BLOCKS}]")
_YOUNG: Final = re.compile(r"\d{1,2}% \| {1,2}ETA")
_DASHES: Final = re.compile(r"(?<!\S)-{10,200}(?: ?-{1,200})?(?: (?=\s*\d))")
_LAYER: Final = re.compile(r"([0-9a-f]{12}): [A-Z][a-z]+(?: [a-z]+)*")
"""Of docker pull: a layer, and what is done with it."""
_PART: Final = re.compile(rf"\| ([^|]{{1,60}}) \| ({NUMBER})/({NUMBER})\s*$")


def _bar(family: str, label: str, value: Value | None) -> Bar | None:
    return None if value is None else Bar(family, label, *value)


def thick(row: str, above: str) -> Bar | None:
    """Rows of rich, pip, Keras 3: ``Working ━━━━╸━━━ 45%``, ``12/100 ━━━━━ 0s``."""
    match = _THICK.search(row)
    if match is None:
        return None
    before, after = row[: match.start()], row[match.end() :]
    label = label_before(before) or subject_of(above)
    if amounts := _AMOUNTS.match(after):
        current, total = number_of(amounts[1]), None if amounts[2] == "?" else number_of(amounts[2])
        return None if current is None or (total is None and amounts[2] != "?") else Bar(
            "rich", label, current, total, amounts[3]
        )  # fmt: skip
    if two := _TWO_AMOUNTS.match(after):
        return _bar("rich", label, pair_of(*two.groups()))
    if endless := _OPEN_COUNT.match(after):
        return Bar("rich", label, int(endless[1]), None, None)
    beside = value_beside("", after) or value_in(after)
    return _bar("rich", label, beside or value_beside(before, "") or value_in(before))


def endless_steps(row: str, above: str) -> Bar | None:
    """Keras without a number of steps: ``12/Unknown 3s 45ms/step``."""
    match = _ENDLESS_STEPS.match(row)
    return Bar("rich", subject_of(above), int(match[1]), None, None) if match else None


def brackets(row: str, above: str) -> Bar | None:
    """Rows of wget, cargo, apt, docker pull, click, dask, Keras 2, indicatif: ``name  45%[===>    ]``."""
    start, drawn = 0, row.count("]")
    for _ in range(min(drawn, 8)):
        end = row.find("]", start)
        begin = row.rfind("[", start, end)
        start = end + 1
        inner = row[begin + 1 : end]
        if begin < 0 or len(inner) < _SHORTEST or inner.strip(_FILL):
            continue
        before, after = row[:begin], row[end + 1 :]
        bar = _bar("bar", label_before(before) or subject_of(above), _beside(inner, before, after, far=True))
        if bar is not None:
            layer = _LAYER.fullmatch(bar.label)
            return bar if layer is None else bar._replace(label=layer[1], caption=bar.label)
    return None


def _beside(inner: str, before: str, after: str, *, far: bool) -> Value | None:
    value = value_beside(before, after)
    if any(glyph in inner for glyph in _DONE):
        return value or ((value_in(after) or value_in(before)) if far else None)
    if value is None or not value.total:
        return None
    if value.current / value.total > _MOST_OF_EMPTY and not after.lstrip(" |").startswith(("ETA:", "Elapsed Time:")):
        return None
    return value


def pipes(row: str, _above: str) -> Bar | None:
    """Rows of progressbar2, R, conda, Go: ``45% (9 of 20) |####   |``, ``numpy | 6.8 MB | ###5  |  45%``."""
    parts = row.split("|")
    place = 0
    for number, inner in enumerate(parts[:-1]):
        begin, place = place, place + len(inner) + 1
        shown = inner.strip().rstrip("0123456789") if "#" in inner else inner
        if not number or len(inner) < _SHORTEST or shown.strip(_FILL):
            continue
        before, after = row[: begin - 1], row[place:]
        value = _beside(inner, before, after, far=False)
        if value is not None:
            return _bar("bar", label_before(before).partition(" | ")[0].rstrip(), value)
    return None


def bare(row: str, _above: str) -> Bar | None:
    """Rows of cli-progress, R's cli: blocks without a frame, `` ████░░░░ 45% | ETA: 3s | 9/20``."""
    match = _BLOCK.search(row)
    if match is None:
        return None
    rest = row[match.start() :]
    after = rest.lstrip(_BLOCKS + " ")
    drawn = rest[: len(rest) - len(after)].rstrip()
    before = row[: match.start()]
    if len(drawn) < 3 and not _YOUNG.match(after):
        return None
    if part := _PART.match(after):
        return Bar("bar", label_of(part[1]), int(part[2]), int(part[3]), None)
    return _bar("bar", label_before(before), value_beside(before, after))


def dashes(row: str, _above: str) -> Bar | None:
    """Rows of uv: ``numpy   ---------------- 1.20 MiB/3.40 MiB``."""
    match = _DASHES.search(row)
    sizes = SIZES.match(row[match.end() :].lstrip()) if match else None
    return _bar("uv", label_of(row[: match.start()]), pair_of(*sizes.groups())) if match and sizes else None


def ascii_dashes(row: str, _above: str) -> Bar | None:
    """Rows of rich where the terminal has no Unicode: ``Working ------- ------  45% 0:00:04``."""
    match = _DASHES.search(row)
    after = row[match.end() :].lstrip() if match else ""
    if match is None or "---" in after:
        return None
    if amounts := _AMOUNTS.match(after):
        current, total = number_of(amounts[1]), number_of(amounts[2]) if amounts[2] != "?" else None
        return None if current is None else Bar("rich", label_of(row[: match.start()]), current, total, amounts[3])
    count = COUNT.match(after)
    value = Value(int(count[1]), int(count[2]), None) if count else value_beside("", after)
    return _bar("rich", label_of(row[: match.start()]), value)
