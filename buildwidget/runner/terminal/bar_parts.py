"""What the readers of bars share: a bar, and the numbers and the label in a piece of a row. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MAX_LABEL: Final = 100
_TAIL: Final = 48
"""Characters before a drawn bar in which its value may stand."""


class Bar(NamedTuple):
    """One sight of a bar.

    ``family`` and ``label`` say which bar; ``caption`` is what to show, where that changes from line to line.
    ``total`` None: unknown. ``sure`` False: one sight is not enough.
    """

    family: str
    label: str
    current: float
    total: float | None
    unit: str | None
    sure: bool = True
    caption: str = ""


class Value(NamedTuple):
    """How far a bar is; ``total`` None: unknown."""

    current: float
    total: float | None
    unit: str | None


NUMBER: Final = r"(?:0|[1-9]\d{0,15})"
GROUPED: Final = r"\d{1,3}(?:,\d{3}){0,6}|[1-9]\d{0,15}"
"""A count, with or without commas between its thousands."""
SIZE: Final = r"\d{1,16}(?:\.\d{1,6})?"
SCALE: Final = r"[kKMGTP]?i?"
CLOCK: Final = r"\d{1,3}:\d\d(?::\d\d)?"

_SCALES: Final = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY_SCALES: Final = {"k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}

COUNT: Final = re.compile(rf"(?<![\d/.,\-])({NUMBER})(?: ?/ ?| of )({NUMBER})(?![\d/.\-]|,\d)")
PERCENT: Final = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{1,12})?)\s?%")
SIZES: Final = re.compile(
    rf"(?<![\d.])({SIZE}) ?({SCALE}(?:B|bytes)|[kKMGTP]i?)? ?(?:/|of) ?({SIZE}) ?({SCALE})(?:B|bytes)\b"
)
_TAIL_VALUE: Final = re.compile(
    rf"(?:\[ {{0,2}})?(?:{PERCENT.pattern}(?: \({COUNT.pattern}\))?|{COUNT.pattern})[\])]?"
    r"(?: of {1,3}[\d.]{1,9} \w+)?$"
)
_COUNTING: Final = ("epoch", "iteration", "batch", "step", "round", "fold", "trial", "stage", "phase")
_BETWEEN: Final = " |:•-([]"
"""What stands between a drawn bar and its value."""

_STAMP: Final = re.compile(rf"[\[(]?(?:{CLOCK}(?:\.\d{{1,3}})?|\d{{1,6}}(?:\.\d{{1,3}})?s)[\])]?")

_STEP: Final = re.compile(r"^\[\d{1,4}/\d{1,4}\] ")
_LONGEST_SUBJECT: Final = 60

BRAILLE: Final = "".join(map(chr, range(0x2800, 0x2900)))
_SPINNING: Final = (
    BRAILLE + "◐◓◑◒◴◷◶◵◰◳◲◱◜◠◝◞◡◟◢◣◤◥▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▖▘▝▗▙▛▜▟■□▪▫●∙○◉◌◍"
    "←↖↑↗→↘↓↙⇐⇖⇑⇗⇒⇘⇓⇙▹▸►▶┤┘┴└├┌┬┐╫╪✶✸✹✺✷✓✔✗✖✕⠿☱☲☴⊶⊷◇◈◆…•"
    "🌍🌎🌏🌑🌒🌓🌔🌕🌖🌗🌘🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛⏳⌛⚠\ufe0f"
)
_FRAME: Final = re.compile("[─-╿]+")
_CLOSING: Final = {"[": "]", "(": ")"}
_SPINNING_ASCII: Final = frozenset({"|", "/", "-", "\\", "+", "*", "=", "(!)", ".", "..", "..."})


def number_of(digits: str, scale: str = "") -> float | None:
    """``1.2`` with ``k`` or ``Mi`` as a number; None if the digits are none."""
    try:
        number = float(digits.replace(",", ""))
    except ValueError:  # 1.2.3
        return None
    if scale.endswith("i"):
        return number * _BINARY_SCALES.get(scale[:-1], 1)
    return number * _SCALES[scale]


def bytes_of(digits: str, scale: str) -> float | None:
    """A number of bytes of a program that counts in 1024s, whatever it calls them."""
    number = number_of(digits)
    return None if number is None else number * _BINARY_SCALES.get(scale[:1], 1)


def pair_of(digits: str, unit: str | None, total_digits: str, total_scale: str) -> Value | None:
    """``1.2 MiB`` of ``3.4 Mi`` bytes; without its own unit the first has that of the second."""
    scale = total_scale if unit is None else unit.removesuffix("bytes").removesuffix("B")
    current, total = number_of(digits, scale), number_of(total_digits, total_scale)
    return None if current is None or total is None else Value(round(current), round(total), "B")


def label_of(text: str) -> str:
    """What a bar is about, without a spinner beside it; nothing if there is no letter in it."""
    words = (text.rstrip(" :") if text.isascii() else text.strip(_SPINNING + " :\t")).split()
    while words and (words[0] in _SPINNING_ASCII or _is_stamp(words[0])):
        del words[0]
    while words and words[-1] in _SPINNING_ASCII:
        words.pop()
    label = _unframed(" ".join(words).strip(" :-|,").rstrip(" :-|([,.…"))
    return label[:_MAX_LABEL].rstrip() if any(map(str.isalpha, label)) else ""


def _unframed(label: str) -> str:
    """A label without the lines of a box around it, and without a bracket that is not closed."""
    if not label.isascii():
        label = _FRAME.split(label)[-1].strip()
    while label and label[0] in "[(" and _CLOSING[label[0]] not in label:
        label = label[1:].lstrip()
    return label


def _is_stamp(word: str) -> bool:
    return (word[0] in "[(" or word[0].isdecimal()) and _STAMP.fullmatch(word) is not None


def label_before(before: str) -> str:
    """The label in what stands before a drawn bar, without the value that ends it."""
    head, tail = before[:-_TAIL], before[-_TAIL:].rstrip(_BETWEEN[:-1])
    value = _TAIL_VALUE.search(tail)
    if value is None or ("%" not in value[0] and tail[: value.start()].rstrip().lower().endswith(_COUNTING)):
        return label_of(head + tail)  # "Epoch 3/20" is what the bar is about
    return label_of(head + tail[: value.start()])


def subject_of(above: str) -> str:
    """The row above a bar without words of its own, if it says what the bar is about."""
    words = _STEP.sub("", above.strip())
    if words.startswith(("Downloading ", "Installing ", "Epoch ", "Uploading ")):
        return label_of(words.partition(" (")[0].partition(": ")[0])
    return label_of(words) if words.endswith("...") and len(words) <= _LONGEST_SUBJECT else ""


def value_in(text: str) -> Value | None:
    """The first value in a text: two sizes, a percentage or a count."""
    if sizes := SIZES.search(text):
        return pair_of(*sizes.groups())
    if percent := PERCENT.search(text):
        return Value(float(percent[1]), 100, "%")
    count = COUNT.search(text)
    return Value(int(count[1]), int(count[2]), None) if count else None


def value_beside(before: str, after: str) -> Value | None:
    """The value right before or right behind a drawn bar. A count that agrees with a percentage is preferred."""
    behind = after.lstrip(_BETWEEN)
    tail = before[-_TAIL:].rstrip(" |:[(")
    ahead = _TAIL_VALUE.search(tail)
    counted = ahead is not None and "%" not in ahead[0]
    value = value_in(ahead[0]) if ahead and not counted else _value_at_start(behind)
    if value is None and ahead:
        value = value_in(ahead[0])
    if value is None or value.unit != "%":
        return value
    return _agreeing(value, after) or _agreeing(value, tail) or value


def _value_at_start(text: str) -> Value | None:
    if sizes := SIZES.match(text):
        return pair_of(*sizes.groups())
    if percent := PERCENT.match(text):
        return Value(float(percent[1]), 100, "%")
    count = COUNT.match(text)
    return Value(int(count[1]), int(count[2]), None) if count else None


def _agreeing(percent: Value, text: str) -> Value | None:
    """The sizes or the count in a text that make this percentage."""
    for match in SIZES.finditer(text):
        value = pair_of(*match.groups())
        if value and _agrees(value, percent):
            return value
    for match in COUNT.finditer(text):
        value = Value(int(match[1]), int(match[2]), None)
        if _agrees(value, percent):
            return value
    return None


def _agrees(value: Value, percent: Value) -> bool:
    return bool(value.total) and abs(100 * value.current / (value.total or 1) - percent.current) <= 1
