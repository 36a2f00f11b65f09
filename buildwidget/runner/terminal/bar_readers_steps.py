"""The rows of tools that count their steps, and of rows that count in words. Pure, linear in the row."""

from __future__ import annotations

import re
from typing import Final

from buildwidget.runner.terminal.bar_parts import GROUPED, NUMBER, SIZE, Bar, label_of

_WORDS: Final = "Epoch|Iteration|Batch|Iter|Step|Round|Fold|Trial|Stage|Phase|Chunk|File|Test|Task|Part|Episode"
_COUNTED_AT_ONCE: Final = ("epoch", "iteration", "batch")
_COUNTED: Final = re.compile(
    rf"^\s*({_WORDS})s?[ :#]*(?:[\[(]\s*|[^\S ]\s*)?({NUMBER})\s*(?:/|of)\s*({NUMBER})[\])]?(?![\d/.\-])(.*)$",
    re.IGNORECASE,
)
COUNTED_ROW: Final = rf"(?:{_WORDS})\b[^\d]{{0,4}}\d"
"""How a row that counts in words begins."""
INITIALS: Final = "".join(word[0].upper() + word[0].lower() for word in _WORDS.split("|"))

_GIT: Final = re.compile(rf"^(?:remote: )?([A-Z][\w ]+):\s+\d{{1,3}}% \(({NUMBER})/({NUMBER})\)")
_MAKE: Final = re.compile(r"^\[( *\d{1,3})%\]\s+(.*)$")
_NINJA: Final = re.compile(rf"^(?:#\d+ )?\[(?:([^\]\d][^\]]{{0,30}}) )?({NUMBER})/({NUMBER})\]\s+(\S.*)$")
_BAZEL: Final = re.compile(rf"\[({GROUPED}) / ({GROUPED})\] (\S.*)$")
_TEST: Final = re.compile(rf"\s{{0,8}}({NUMBER})/({NUMBER}) (?=\S)")
_TEST_END: Final = re.compile(r"(?:OK|FAIL|SKIP|TIMEOUT|EXPECTEDFAIL|Passed|\*\*\*\w+) {1,30}\d{1,9}\.\d\d ?s")
_BUILDX: Final = re.compile(
    rf"\[\+\] ([A-Z][a-z]{{1,20}})(?: \d{{1,6}}\.\d{{1,3}}s \(({NUMBER})/({NUMBER})\)| ({NUMBER})/({NUMBER}))"
)
_GRADLE: Final = re.compile(r"<[=-]{3,60}> (\d{1,3})% ([A-Z]{4,20})\b")
_NPM: Final = re.compile(r"[\[(⸨]([#=]*)([.⠂░]*)[\])⸩] (\S)(?: (\S.*))?")
_NPM_SPINS: Final = re.compile("[-\\\\|/⠀-⣿]")
_SPINNER_COUNT: Final = re.compile(rf"[⠀-⣿] (\S[^()]{{1,80}}) ?\(({NUMBER})/({NUMBER})\)")
_APT: Final = re.compile(r"\(?((?:Reading|Building|Scanning) [a-z ]{4,30})\.\.\. ?(\d{1,3})%")
_APT_FETCH: Final = re.compile(r"(\d{1,3})% \[[^\]]{1,200}\]")
_SPHINX: Final = re.compile(r"([a-z][\w -]{2,60})\.\.\. ?\[ {0,2}(\d{1,3})%\]")
_POETRY: Final = re.compile(r"(?: {0,4}[-•] )?((?:Installing|Updating|Downloading) [^%]{1,120})\.\.\. (\d{1,3})%\s*$")
_PNPM: Final = re.compile(
    r"Progress: resolved (\d{1,9}), reused (\d{1,9}), downloaded (\d{1,9}), added \d{1,9}(, done)?"
)
_PARALLEL: Final = re.compile(r"\d{1,3}% (\d{1,9}):(\d{1,9})=\d{1,9}(?:[dhms]\S{0,12})? (.*)$")
_PARALLEL_ETA: Final = re.compile(
    rf"ETA: {{1,4}}\S{{1,20}} Left: (\d{{1,9}}) AVG: {SIZE}s {{1,4}}\S{{1,60}}?:\d{{1,9}}/(\d{{1,9}})/"
)


def git(row: str, _above: str) -> Bar | None:
    """Rows of git: ``Receiving objects:  45% (450/1000), 1.20 MiB | 3.0 MiB/s``."""
    match = _GIT.match(row)
    return Bar("git", label_of(match[1]), int(match[2]), int(match[3]), None) if match else None


def padded_make(row: str, above: str) -> Bar | None:
    """Rows of cmake's makefiles: ``[ 45%] Building C object``, its number padded to three characters."""
    return make(row, above) if row[4:6] == "%]" else None


def make(row: str, _above: str) -> Bar | None:
    """``[45%] Building x`` of others."""
    match = _MAKE.match(row)
    return Bar("make", "build", int(match[1]), 100, "%", caption=label_of(match[2])) if match else None


def numbered_steps(row: str, _above: str) -> Bar | None:
    """Rows of ninja, meson, yarn, docker: ``[3/20] CC foo.o``, ``#8 [build 3/20] RUN ...``."""
    match = _NINJA.match(row)
    if match is None:
        return None
    return Bar("steps", match[1] or "", int(match[2]), int(match[3]), None, caption=label_of(match[4]))


def bazel(row: str, _above: str) -> Bar | None:
    """Rows of bazel: ``[1,234 / 5,678] Compiling foo.cc; 3s linux-sandbox``."""
    match = _BAZEL.match(row)
    if match is None:
        return None
    current, total = (int(digits.replace(",", "")) for digits in match.group(1, 2))
    return Bar("steps", "", current, total, None, caption=label_of(match[3]))


def numbered_tests(row: str, _above: str) -> Bar | None:
    """``meson test`` and ctest: `` 3/20 Test  #3: name ......   Passed    0.01 sec``."""
    match = _TEST.match(row)
    if match is None or _TEST_END.search(row) is None:
        return None
    return Bar("steps", "tests", int(match[1]), int(match[2]), None)


def counted(row: str, _above: str) -> Bar | None:
    """``Epoch 3/20``; other words than epoch, iteration and batch are no bars by one sight."""
    match = _COUNTED.match(row)
    if match is None:
        return None
    word, current, total = match[1].capitalize(), int(match[2]), int(match[3])
    # A bare "Epoch 3/20" is a heading over work that begins; with words behind it, it reports work done.
    heading = not match[4].strip(" :.-…")
    return Bar("count", word, current - 1 if heading else current, total, None, word.lower() in _COUNTED_AT_ONCE)


def heading_of(bar: Bar) -> Bar | None:
    """The bar that a bar's label counts, with the number in the label; whether or not its numbers are sound."""
    match = None if bar.family == "count" else _COUNTED.match(bar.label)
    if match is None or int(match[3]) == bar.total:  # then the bar itself counts them
        return None
    return Bar("count", match[1].capitalize(), int(match[2]), int(match[3]), None)


def buildx(row: str, _above: str) -> Bar | None:
    """Rows of docker buildx and compose: ``[+] Building 3.2s (5/12)``, ``[+] Running 3/5``."""
    match = _BUILDX.match(row)
    if match is None:
        return None
    current, total = match.group(2, 3) if match[2] else match.group(4, 5)
    return Bar("buildx", match[1], int(current), int(total), None)


def gradle(row: str, _above: str) -> Bar | None:
    """Gradle: ``<====---------> 45% EXECUTING [3s]``; each of its phases counts anew."""
    match = _GRADLE.match(row)
    return Bar("gradle", match[2].capitalize(), int(match[1]), 100, "%") if match else None


def npm(row: str, _above: str) -> Bar | None:
    """Rows of npm up to 9: ``[######............] - reify:foo: timing ...``, whose only number is what is drawn."""
    match = _NPM.match(row)
    if (
        match is None
        or not _NPM_SPINS.match(match[3])
        or ":" not in (match[4] or "")
        or not 10 <= len(match[1]) + len(match[2]) <= 40
    ):
        return None
    caption = label_of((match[4] or "").partition(": ")[0])
    return Bar("npm", "npm", len(match[1]), len(match[1]) + len(match[2]), None, caption=caption)


def spinner_count(row: str, _above: str) -> Bar | None:
    """A spinner and a count: ``⠹ Preparing packages... (3/5)`` of uv."""
    match = _SPINNER_COUNT.match(row)
    label = label_of(match[1]) if match else ""
    return Bar("spinner", label, int(match[2]), int(match[3]), None) if match and label else None


def apt(row: str, _above: str) -> Bar | None:
    """Rows of apt and dpkg: ``Reading package lists... 45%``, ``(Reading database ... 45%``, ``45% [1 name 12 kB]``."""
    if match := _APT.match(row):
        return Bar("apt", label_of(match[1]), int(match[2]), 100, "%")
    match = _APT_FETCH.match(row)
    return Bar("apt", "download", int(match[1]), 100, "%") if match else None


def sphinx(row: str, _above: str) -> Bar | None:
    """Sphinx: ``reading sources... [ 45%] api/index``."""
    match = _SPHINX.match(row)
    return Bar("sphinx", match[1], int(match[2]), 100, "%") if match else None


def poetry(row: str, _above: str) -> Bar | None:
    """Poetry: ``  - Installing numpy (2.0.0): Downloading... 45%``."""
    match = _POETRY.match(row)
    return Bar("poetry", label_of(match[1].partition(":")[0]), int(match[2]), 100, "%") if match else None


def pnpm(row: str, _above: str) -> Bar | None:
    """Rows of pnpm: ``Progress: resolved 45, reused 40, downloaded 3, added 0``.

    The packages that were fetched count, the last of them only once all are added: more may be resolved meanwhile.
    """
    match = _PNPM.match(row)
    if match is None:
        return None
    total, fetched = int(match[1]), int(match[2]) + int(match[3])
    return Bar("pnpm", "packages", fetched if match[4] else max(min(fetched, total - 1), 0), total, None)


def parallel(row: str, _above: str) -> Bar | None:
    """GNU parallel: ``45% 9:11=3s foo`` (9 jobs done, 11 left), and with ``--eta``."""
    if match := _PARALLEL.match(row):
        done, left = int(match[1]), int(match[2])
        return Bar("parallel", "jobs", done, done + left, None, caption="")
    match = _PARALLEL_ETA.match(row)
    return Bar("parallel", "jobs", int(match[2]), int(match[1]) + int(match[2]), None) if match else None
