"""The bars of libraries that count the turns of a loop: tqdm and its like. Pure, linear in the row."""

from __future__ import annotations

import re
from typing import Final

from buildwidget.runner.terminal.bar_parts import (
    CLOCK,
    NUMBER,
    SIZE,
    Bar,
    Value,
    label_before,
    label_of,
    number_of,
    value_beside,
)

_TQDM: Final = re.compile(
    r"%\|[^|]*\|\s*(?P<current>\d[\d.]*)(?P<scale>[kMGTP]?)[A-Za-z]*"
    r"/(?P<total>\d[\d.]*)(?P<total_scale>[kMGTP]?)[A-Za-z]*(?: \[(?P<rate>.*)|\s*$)",
)
_TQDM_PERCENT: Final = re.compile(r"%\|(?P<drawn>[^|]*)\|\s*(?:\[?\d|$|ETA|Time)")
_TQDM_ENDLESS: Final = re.compile(
    r"(?:^|(?<=: ))(?P<current>\d[\d.]*)(?P<scale>[kMGTP]?)(?P<unit>[A-Za-z]+) \[\d+:\d\d(?::\d\d)?, "
)
"""Without its label and its rate, which may hold anything: to look for all at once takes quadratic time."""
_TQDM_BARE: Final = re.compile(
    rf"(?<!\S)(?P<current>{SIZE})(?P<scale>[kMGTP]?)/(?P<total>{SIZE})(?P<total_scale>[kMGTP]?)"
    rf" \[{CLOCK}<(?:\?|{CLOCK}), (?P<rate>.*)"
)
_RATE: Final = re.compile(r"[\d.?]\s?[kMGTP]?([A-Za-z]+)/s|s/([A-Za-z]+)")
_OTHER_RATE: Final = re.compile(r"(?:, |<\S{1,12}, )[\d.?]{1,12}(?: ([A-Za-z]{1,30}))?/s")
_COUNTER: Final = re.compile(rf"(?<!\S)({NUMBER}) (?:(\S{{1,30}}) )?\[{CLOCK}, {SIZE}(?: (\S{{1,30}}))?/s\]")
_DRAWN: Final = " █▏▎▍▌▋▊▉▁▂▃▄▅▆▇#0123456789"
_ALIVE: Final = re.compile(
    rf"(?<![\w.])({SIZE})([kMGTP]?i?)([A-Za-z%]*)/({SIZE})([kMGTP]?i?)[A-Za-z%]* \[\d{{1,3}}%\] in "
)
_ALIVE_SHARE: Final = re.compile(rf"(?<![\w.])(\d{{1,3}})%(?: \[({NUMBER})/({NUMBER})\])? in \d")
_ALIVE_ENDLESS: Final = re.compile(rf"(?<![\w.])({SIZE})([kMGTP]?i?)([A-Za-z]*) in \d[\w:.]{{0,20}} \(~?[\d.]")
_CLOSING: Final = {"|": "|", "]": "[", ">": "<"}
_FASTPROGRESS: Final = re.compile(rf"\| \d{{1,3}}\.\d\d% \[({NUMBER})/({NUMBER}) (?:{CLOCK}<|\?)")
_PROGRESSBAR: Final = re.compile(rf"(?:\d{{1,3}}|N/A)% \(({NUMBER}) of ({NUMBER})\) [|\[]")
_PROGRESSBAR_ENDLESS: Final = re.compile(rf"\| ({NUMBER}) Elapsed Time: \d")
_SUGAR: Final = re.compile(r"\s(\d{1,3})% [█▏▎▍▌▋▊▉]{1,40}\s*$")
_PYTEST: Final = re.compile(r"\s\[(  \d| \d\d|100)%\]\s*$")
_PYTEST_COUNT: Final = re.compile(
    r"(?:(?:PASSED|FAILED|SKIPPED|ERROR|XFAIL|XPASS) |[.sxXFE]  ) {0,250}\[( {0,6}\d{1,7})/(\d{1,7})\]\s*$"
)
_PYTEST_WORKER: Final = re.compile(r"\[gw\d+\] \[ {0,2}(\d{1,3})%\] ")
_JOBLIB: Final = re.compile(r"\[Parallel\(n_jobs=-?\d+\)\]: Done +(\d+) (?:out of +(\d+)|tasks)")
_BOOSTED: Final = re.compile(r"\[(\d{1,9})\]\s{0,8}\t\s{0,8}[\w .'@-]{1,60}: ?[-\d]")
_CATBOOST: Final = re.compile(r"(\d{1,9}):\t(?:learn|test): ")


def tqdm(row: str, _above: str) -> Bar | None:
    """Rows of tqdm, enlighten and Julia: ``desc:  45%|###   | 9/20 [00:03<00:04, 3.2it/s]``, ``a:  45%|##  |  ETA``."""
    place = row.find("%|")
    if place < 1 or not row[place - 1].isdecimal():
        return None
    before = row[:place].rstrip("0123456789.")
    label = label_of(before)
    match = _TQDM.match(row, place)
    if match is None:
        return _share_only(row, place, label)
    current = number_of(match["current"], match["scale"])
    total = number_of(match["total"], match["total_scale"])
    if current is None or total is None:
        return None
    if match["rate"] is None and not _is_share(row[place + 2 : row.index("|", place + 2)], row[len(before) : place]):
        return None
    rate = match["rate"] or ""
    if other := _OTHER_RATE.search(rate):
        return Bar("enlighten", label, current, total, other[1])
    unit = _RATE.search(rate)
    return Bar("tqdm", label, current, total, unit[1] or unit[2] if unit else None)


def _share_only(row: str, place: int, label: str) -> Bar | None:
    match = _TQDM_PERCENT.match(row, place)
    digits = row[:place][-16:]
    percent = digits[len(digits.rstrip("0123456789.")) :]
    number = number_of(percent)
    if match is None or number is None or not _is_share(match["drawn"], percent):
        return None
    value = value_beside(f"{percent}%", row[match.end("drawn") + 1 :]) or Value(number, 100, "%")
    return Bar("tqdm", label, *value)


def _is_share(drawn: str, percent: str) -> bool:
    """Whether as much is drawn as the percentage says."""
    number = number_of(percent)
    if number is None or not drawn or drawn.strip(_DRAWN):
        return False
    return abs(len(drawn.rstrip()) / len(drawn) - number / 100) <= 0.05 + 1.5 / len(drawn)


def tqdm_bare(row: str, _above: str) -> Bar | None:
    """Rows of tqdm that draws no bar: ``desc:  45% 9/20 [00:03<00:04, 3.2it/s]``."""
    match = _TQDM_BARE.search(row)
    unit = _RATE.search(match["rate"]) if match else None
    if match is None or unit is None:
        return None
    current = number_of(match["current"], match["scale"])
    total = number_of(match["total"], match["total_scale"])
    if current is None or total is None:
        return None
    return Bar("tqdm", label_before(row[: match.start()]), current, total, unit[1] or unit[2])


def tqdm_endless(row: str, _above: str) -> Bar | None:
    """Rows of tqdm without a total: ``desc: 12it [00:03, 4.0it/s]``."""
    rate = max(row.rfind("/s"), row.rfind("s/"))
    found = [match for match in _TQDM_ENDLESS.finditer(row) if match.end() <= rate] if rate >= 0 else []
    match = next((match for match in found if match.start() > 0), found[0] if found else None)
    current = number_of(match["current"], match["scale"]) if match else None
    if match is None or current is None:
        return None
    return Bar("tqdm", label_of(row[: max(match.start() - 2, 0)]), current, None, match["unit"])


def enlighten_endless(row: str, _above: str) -> Bar | None:
    """Rows of enlighten without a total: ``Loading 12 files [00:03, 4.00 files/s]``."""
    match = _COUNTER.search(row)
    if match is None or match[2] != match[3]:
        return None
    return Bar("enlighten", label_of(row[: match.start()]), int(match[1]), None, match[2])


def alive(row: str, _above: str) -> Bar | None:
    """Rows of alive-progress in each of its styles: ``title |████    | ▃▅▇ 9/20 [45%] in 3s (3.2/s)``."""
    if match := _ALIVE.search(row):
        current, total = number_of(match[1], match[2]), number_of(match[4], match[5])
        value = None if current is None or total is None else Value(current, total, match[3] or None)
    elif match := _ALIVE_SHARE.search(row):
        value = Value(int(match[2]), int(match[3]), None) if match[2] else Value(int(match[1]), 100, "%")
    elif match := _ALIVE_ENDLESS.search(row):
        current = number_of(match[1], match[2])
        value = None if current is None else Value(current, None, match[3] or None)
    else:
        return None
    before = row[: match.start()].rstrip()
    # A spinner stands between the bar and the numbers.
    place = max(before.rfind(closing, max(len(before) - 40, 0)) for closing in _CLOSING)
    begin = before.rfind(_CLOSING[before[place]], 0, place) if place > 0 else -1
    if begin < 0 or place - begin < 3 or value is None or any(map(str.isalnum, before[begin + 1 : place])):
        return None
    return Bar("alive", label_of(before[:begin]), *value)


def fastprogress(row: str, _above: str) -> Bar | None:
    """Rows of fastprogress and fastai: ``Epoch 1/3 : |████----| 45.00% [9/20 00:03<00:04 loss]``."""
    match = _FASTPROGRESS.search(row)
    begin = row.rfind("|", 0, match.start()) if match else -1
    if match is None or begin < 0:
        return None
    return Bar("fastprogress", label_of(row[:begin]), int(match[1]), int(match[2]), None)


def progressbar(row: str, _above: str) -> Bar | None:
    """Rows of progressbar2: ``45% (9 of 20) |####    | Elapsed Time: 0:00:03 ETA: 0:00:04``."""
    if match := _PROGRESSBAR.search(row):
        return Bar("bar", label_of(row[: match.start()]), int(match[1]), int(match[2]), None)
    match = _PROGRESSBAR_ENDLESS.search(row)
    begin = row.rfind("|", 0, match.start()) if match else -1
    return Bar("bar", label_of(row[:begin]), int(match[1]), None, None) if match and begin >= 0 else None


def pytest_share(row: str, _above: str) -> Bar | None:
    """Rows of pytest: ``....  [ 45%]`` at their end; of pytest-xdist at their beginning; of pytest-sugar with a bar."""
    if "%]" in row:
        match = _PYTEST.search(row) or _PYTEST_WORKER.match(row)
    else:
        match = None if row.isascii() else _SUGAR.search(row)
    return Bar("pytest", "tests", int(match[1]), 100, "%") if match else None


def pytest_count(row: str, _above: str) -> Bar | None:
    """Rows of pytest that counts: ``....  [ 9/20]``, padded to the width of the total."""
    match = _PYTEST_COUNT.search(row)
    if match is None or len(match[1]) != len(match[2]) or row.startswith("["):
        return None
    return Bar("pytest", "tests", int(match[1]), int(match[2]), None)


def joblib(row: str, _above: str) -> Bar | None:
    """Rows of joblib: ``[Parallel(n_jobs=2)]: Done   9 out of  20 | elapsed:    0.3s``."""
    match = _JOBLIB.match(row)
    if match is None:
        return None
    return Bar("joblib", "Parallel", int(match[1]), int(match[2]) if match[2] else None, "tasks")


def boosted(row: str, _above: str) -> Bar | None:
    """XGBoost, LightGBM and CatBoost, one row a round: ``[45]  train-rmse:0.1``, ``45:  learn: 0.3  total: 3s``."""
    match = _BOOSTED.match(row) or _CATBOOST.match(row)
    return Bar("boosting", "Rounds", int(match[1]), None, None) if match else None
