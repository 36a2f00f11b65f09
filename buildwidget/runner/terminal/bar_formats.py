"""What counts as a progress bar in the output of programs that know nothing of us. Pure, one line at a time.

| bar | looks like | counts |
|---|---|---|
| tqdm | ``desc:  45%|###   | 9/20 [00:03<00:04, 3.2it/s]``, ``12it [00:03, 4.0it/s]`` | at once |
| pip, rich, keras | ``━━━━╸━━━ 1.2/3.4 MB 5.0 MB/s``, ``Working ━━━━━ 45%``, ``12/100 ━━━━━ 0s`` | at once |
| wget, cargo, apt, ... | ``name  45%[===>    ]``, ``Building [==>   ] 45/100``, ``[####....] 45%`` | at once |
| curl | ``#########      45.2%`` | at once |
| git | ``Receiving objects:  45% (450/1000)`` | at once |
| cmake, make | ``[ 45%] Building ...`` at the start of a line; padded to three characters at once | else twice |
| pytest | ``....  [ 45%]`` at the end of a line, padded to three characters | at once |
| ninja, docker | ``[3/20] CC foo.o``, ``#8 [build 3/20] RUN ...`` at the start of a line | twice |
| counted words | ``Epoch 3/20`` (Iteration, Batch: at once; Step, Round, Fold, ...: twice) at the start of a line | |
| anything else | one percentage, or one ``3/20``, in a line that is being rewritten | twice |

"Twice": only once the same bar was seen with another value, so that a date, a fraction in a sentence or a
path is none. Numbers with leading zeros (dates), and counts beyond their total, never count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from buildwidget.protocol.limits import MAX_SAFE_INTEGER

MAX_BAR_CHARACTERS: Final = 300
_MAX_COLOURED: Final = 2 * MAX_BAR_CHARACTERS
_MAX_LABEL: Final = 100


class Bar(NamedTuple):
    """One sight of a bar.

    ``family`` and ``label`` tell which bar; ``caption`` is what to show, where that changes from line to line.
    ``sure`` False: one sight is not enough.
    """

    family: str
    label: str
    current: float
    total: float | None
    unit: str | None
    sure: bool = True
    caption: str = ""


_NUMBER: Final = r"(?:0|[1-9]\d*)"
_SCALES: Final = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}

_COUNTED_AT_ONCE: Final = ("epoch", "iteration", "batch")
_WORDS: Final = "Epoch|Iteration|Batch|Iter|Step|Round|Fold|Trial|Stage|Phase|Chunk|File|Test|Task|Part|Episode"
_START: Final = re.compile(
    rf"\s*(?:\x1b\[[\d;:]*m\s*)*(?:(?:#\d+ )?\[[^\]]{{0,40}}\d(?:%|/\d+)\]|(?:{_WORDS})\b[^\d]{{0,4}}\d)", re.IGNORECASE
)
_TQDM: Final = re.compile(
    r"%\|[^|]*\|\s*(?P<current>\d[\d.]*)(?P<scale>[kMGTP]?)[A-Za-z]*"
    r"/(?P<total>\d[\d.]*)(?P<total_scale>[kMGTP]?)[A-Za-z]* \[(?P<rate>.*)",
)
_TQDM_ENDLESS: Final = re.compile(
    r"(?:^|(?<=: ))(?P<current>\d[\d.]*)(?P<scale>[kMGTP]?)(?P<unit>[A-Za-z]+) \[\d+:\d\d(?::\d\d)?, "
)
"""Without its label and its rate, which may hold anything: to look for all at once takes quadratic time."""
_RATE: Final = re.compile(r"[\d.?]\s?[kMGTP]?([A-Za-z]+)/s|s/([A-Za-z]+)")
_THICK: Final = re.compile(r"[━╸╺]{5,}")
_AMOUNTS: Final = re.compile(r"\s*(\d[\d.]*)/(\d[\d.]*)\s*([kKMGT]?i?B|bytes)\b")
_TWO_UNITS: Final = re.compile(r"(?<![\d.])\.*(\d[\d.]*)\s?([kKMGT]?)i?B\s?/\s?(\d[\d.]*)\s?([kKMGT]?)i?B\b")
_COUNT: Final = re.compile(rf"(?<![\d/.\-])({_NUMBER})/({_NUMBER})(?![\d/.\-])")
_PERCENT: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?%")
_VALUE: Final = re.compile(rf"(?:\[ {{0,2}})?(?:{_PERCENT.pattern}|{_COUNT.pattern})\]?")
_BRACKETS: Final = re.compile(r"\[(?=[.\-▓▒░▏▎▍▌▋▊▉ ]*[=#>*█])[=#>.\-*█▓▒░▏▎▍▌▋▊▉ ]{5,}\]")
_CURL: Final = re.compile(r"^#+\s+(\d{1,3}\.\d)%\s*$")
_GIT: Final = re.compile(rf"^(?:remote: )?([A-Z][\w ]+):\s+\d{{1,3}}% \(({_NUMBER})/({_NUMBER})\)")
_MAKE: Final = re.compile(r"^\[( *\d{1,3})%\]\s+(.*)$")
_PYTEST: Final = re.compile(r"\s\[(  \d| \d\d|100)%\]\s*$")
_NINJA: Final = re.compile(rf"^(?:#\d+ )?\[(?:([^\]\d][^\]]{{0,30}}) )?({_NUMBER})/({_NUMBER})\]\s+(\S.*)$")
_COUNTED: Final = re.compile(
    rf"^\s*({_WORDS})s?[ :#]*(?:[\[(]\s*|[^\S ]\s*)?({_NUMBER})\s*(?:/|of)\s*({_NUMBER})[\])]?(?![\d/.\-])(.*)$",
    re.IGNORECASE,
)
_ANY_COUNT: Final = re.compile(rf"(?<![\d/.\-\w])({_NUMBER})\s?(?:/|of)\s?({_NUMBER})(?![\d/.\-\w])")


def may_hold_bar(line: str) -> bool:
    """A cheap look, which plain lines do not pass; they may hold colours."""
    if len(line) > _MAX_COLOURED:
        return False
    return (
        "%" in line
        or "━" in line
        or ("]" in line and ("/s" in line or "[=" in line or "[>" in line))
        or _START.match(line) is not None
    )


def read_bar(line: str, above: str = "") -> Bar | None:
    """The bar in a line without colours.

    Args:
        line: the line, or what there is of it.
        above: the last line that was no bar; pip and keras write there what the bar is about.
    """
    if len(line) > MAX_BAR_CHARACTERS:
        return None
    for reader in _READERS:
        bar = reader(line, above)
        if bar is not None:
            return bar if _is_sound(bar) else None
    return None


def is_unfinished_bar(line: str, *, sure: bool = True) -> bool:
    """Whether a line without colours is a bar that has not reached its total; not ``sure``: or may be one."""
    bar = read_bar(line) if may_hold_bar(line) else None
    if bar is None and not sure:
        bar = read_any_bar(line)
    return bar is not None and (bar.sure or not sure) and (bar.total is None or bar.current < bar.total)


def read_any_bar(line: str) -> Bar | None:
    """A lone percentage or count in a line that is being rewritten."""
    if len(line) > MAX_BAR_CHARACTERS:
        return None
    percents = list(_PERCENT.finditer(line))
    if len(percents) == 1 and line.count("%") == 1:
        value = float(percents[0][1])
        return (
            Bar("rewritten", _label(line[: percents[0].start()]), value, 100, "%", sure=False) if value <= 100 else None
        )
    counts = list(_ANY_COUNT.finditer(line))
    if len(counts) != 1 or percents:
        return None
    label = _label(line[: counts[0].start()])
    bar = Bar("rewritten", label, int(counts[0][1]), int(counts[0][2]), None, sure=False)
    return bar if _is_sound(bar) else None


def _is_sound(bar: Bar) -> bool:
    return (
        bar.current <= MAX_SAFE_INTEGER
        if bar.total is None
        else 0 <= bar.current <= bar.total <= MAX_SAFE_INTEGER and bar.total > 0
    )


def _tqdm(line: str, _above: str) -> Bar | None:
    place = line.find("%|")
    if place < 1 or not line[place - 1].isdecimal() or (match := _TQDM.match(line, place)) is None:
        return None
    rate = _RATE.search(match["rate"])
    current = _number(match["current"], match["scale"])
    total = _number(match["total"], match["total_scale"])
    if current is None or total is None:
        return None
    return Bar("tqdm", _label(line[:place].rstrip("0123456789")), current, total, rate[1] or rate[2] if rate else None)


def _tqdm_endless(line: str, _above: str) -> Bar | None:
    rate = max(line.rfind("/s"), line.rfind("s/"))
    found = [match for match in _TQDM_ENDLESS.finditer(line) if match.end() <= rate] if rate >= 0 else []
    match = next((match for match in found if match.start() > 0), found[0] if found else None)
    current = _number(match["current"], match["scale"]) if match else None
    if match is None or current is None:
        return None
    return Bar("tqdm", _label(line[: max(match.start() - 2, 0)]), current, None, match["unit"])


def _thick(line: str, above: str) -> Bar | None:
    match = _THICK.search(line)
    if match is None:
        return None
    before, after = line[: match.start()], line[match.end() :]
    label = _label(before) or _subject(above)
    if amounts := _AMOUNTS.match(after):
        current, total = _number(amounts[1]), _number(amounts[2])
        return None if current is None or total is None else Bar("rich", label, current, total, amounts[3])
    return _value_bar("rich", label, after) or _value_bar("rich", label, before)


def _brackets(line: str, above: str) -> Bar | None:
    match = _BRACKETS.search(line)
    if match is None:
        return None
    before, after = line[: match.start()], line[match.end() :]
    label = _label(_VALUE.sub("", before)) or _subject(above)
    return _value_bar("bar", label, before) or _value_bar("bar", label, after)


def _curl(line: str, _above: str) -> Bar | None:
    match = _CURL.match(line)
    return Bar("curl", "download", float(match[1]), 100, "%") if match else None


def _git(line: str, _above: str) -> Bar | None:
    match = _GIT.match(line)
    return Bar("git", _label(match[1]), int(match[2]), int(match[3]), None) if match else None


def _make(line: str, _above: str) -> Bar | None:
    match = _MAKE.match(line)
    if match is None:
        return None
    return Bar("make", "build", int(match[1]), 100, "%", sure=len(match[1]) == 3, caption=_label(match[2]))


def _pytest(line: str, _above: str) -> Bar | None:
    match = _PYTEST.search(line)
    return Bar("pytest", "tests", int(match[1]), 100, "%") if match else None


def _ninja(line: str, _above: str) -> Bar | None:
    match = _NINJA.match(line)
    if match is None:
        return None
    return Bar("steps", match[1] or "", int(match[2]), int(match[3]), None, sure=False, caption=_label(match[4]))


def _counted(line: str, _above: str) -> Bar | None:
    match = _COUNTED.match(line)
    if match is None:
        return None
    word, current, total = match[1].capitalize(), int(match[2]), int(match[3])
    # A bare "Epoch 3/20" is a heading over work that begins; with words behind it, it reports work done.
    heading = not match[4].strip(" :.-…")
    sure = word.lower() in _COUNTED_AT_ONCE
    return Bar("count", word, current - 1 if heading else current, total, None, sure)


def read_heading(bar: Bar) -> Bar | None:
    """The bar that a bar's label counts: ``Epoch 3/20`` is the third of 20 that runs, so two are done."""
    match = None if bar.family == "count" else _COUNTED.match(bar.label)
    if match is None or int(match[2]) < 1 or int(match[3]) == bar.total:  # then the bar itself counts them
        return None
    heading = Bar("count", match[1].capitalize(), int(match[2]) - 1, int(match[3]), None)
    return heading if _is_sound(heading) else None


_READERS: Final[tuple[Callable[[str, str], Bar | None], ...]] = (
    _tqdm, _thick, _git, _make, _pytest, _ninja, _counted, _brackets, _curl, _tqdm_endless,
)  # fmt: skip


def _value_bar(family: str, label: str, text: str) -> Bar | None:
    if amounts := _TWO_UNITS.search(text):
        current, total = _number(amounts[1], amounts[2]), _number(amounts[3], amounts[4])
        return None if current is None or total is None else Bar(family, label, current, total, "B")
    if percent := _PERCENT.search(text):
        return Bar(family, label, float(percent[1]), 100, "%")
    if count := _COUNT.search(text):
        return Bar(family, label, int(count[1]), int(count[2]), None)
    return None


def _number(digits: str, scale: str = "") -> float | None:
    try:
        return float(digits) * _SCALES[scale]
    except ValueError:  # 1.2.3
        return None


def _label(text: str) -> str:
    """What a bar is about; nothing if there is no letter in it."""
    label = " ".join(text.split()).strip(" :-|([…,").removesuffix("...")
    return label[:_MAX_LABEL] if any(character.isalpha() for character in label) else ""


def _subject(above: str) -> str:
    """The line above a bar without words of its own, if it tells what the bar is about."""
    words = above.strip()
    if words.startswith(("Downloading ", "Installing ", "Epoch ", "Uploading ")):
        return _label(words.partition(" (")[0])
    return ""
