"""What counts as a progress bar in the output of programs that know nothing of us. Pure, one line at a time.

``FORMATS`` is the table: one entry for each family of bars, with a sample. In its order, the first that reads a line
decides. More samples, and lines that only look like bars, stand beside the tests.

An entry that is not ``sure`` is believed only once the same bar was seen with another value, so that a date, a
fraction in a sentence or a path is none. Numbers with leading zeros (dates), and counts beyond their total, never
count. Besides, one percentage or one ``3/20`` in a line that is being rewritten is a bar (``read_any_bar``), not
sure either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from buildwidget.runner.terminal import bar_readers_drawn as drawn
from buildwidget.runner.terminal import bar_readers_loops as loops
from buildwidget.runner.terminal import bar_readers_steps as steps
from buildwidget.runner.terminal import bar_readers_transfer as transfer
from buildwidget.runner.terminal.bar_parts import BRAILLE, NUMBER, PERCENT, Bar, label_of

__all__ = ["FORMATS", "Bar", "Format", "is_unfinished_bar", "may_hold_bar", "read_any_bar", "read_bar", "read_heading"]

MAX_BAR_CHARACTERS: Final = 300
_MAX_COLOURED: Final = 2 * MAX_BAR_CHARACTERS
_AMOUNT_AT_END: Final = re.compile(r"\s\d{1,9}(?:\.\d{1,3})?\s?[kKMGT]?i?B?[\s(]{0,4}$")
_ANY_COUNT: Final = re.compile(rf"(?<![\d/.\-\w])({NUMBER})\s?(?:/|of)\s?({NUMBER})(?![\d/.\-\w])")


class Format(NamedTuple):
    """One family of bars.

    Attributes:
        name: what it is called in tests.
        sample: a line of it.
        read: reads one line without colours, given the line above it, in time linear in its length.
        literals: texts, at least one of which is in each such line, unless ``opening`` matches it; a 0 stands for
            a number.
        opening: a pattern for the beginning of the line, after blanks and colours; "" if there is none.
        starts: the characters that such a line may begin with.
        sure: whether one sight is enough; the reader may still say no.
    """

    name: str
    sample: str
    read: Callable[[str, str], Bar | None]
    literals: tuple[str, ...] = ()
    opening: str = ""
    starts: str = ""
    sure: bool = True


_DIGITS: Final = "0123456789"
_NUMBERED: Final = r"\d{1,18}(?:/(?:\d+ |Unknown)|:\t| bytes| {1,5}[\d.]{1,5}[kMGTP]? {1,5}\d)"
_AFTER_NUMBER: Final = "/: "
"""What follows the number that a line begins with, where ``opening`` is ``_NUMBERED``."""
_TIMES: Final = ("[0:0,", "[0:0<", "[0:0:0,", "[0:0:0<")
_BRACKETS: Final = ("[=", "[#", "[>", "[*", "[-", "[.", "[ ", "[█", "[■", "[░")

FORMATS: Final[tuple[Format, ...]] = (
    Format("fastprogress", "Epoch 1/3 : |████----| 45.00% [9/20 00:03<00:04 0.31]", loops.fastprogress, ("% [",)),
    Format("tqdm", "desc:  45%|███▌    | 9/20 [00:03<00:04, 3.20it/s]", loops.tqdm, ("%|",)),
    Format("alive-progress", "t |███▌    | ▃▅▇ 9/20 [45%] in 3s (~4s, 3.2/s)",
        loops.alive, ("%] in ", "% in ", "▶", "█")),
    Format("thick line", "Working ━━━━━━━╸━━━━━━━━  45% 0:00:04", drawn.thick, ("━",)),
    Format("Keras, endless", "     12/Unknown 3s 45ms/step - loss: 0.1", drawn.endless_steps, (), _NUMBERED, _DIGITS),
    Format("git", "Receiving objects:  45% (450/1000), 1.2 MiB | 3.0 MiB/s", steps.git, ("% (",)),
    Format("cmake", "[ 45%] Building C object foo.c.o", steps.padded_make, ("%]",)),
    Format("percent in brackets", "[45%] Building x", steps.make, ("%]",), sure=False),
    Format("Sphinx", "reading sources... [ 45%] api/index", steps.sphinx, ("%]",)),
    Format("pytest", "tests/test_a.py ...........       [ 45%]", loops.pytest_share, ("%",)),
    Format("pytest, counted", "tests/test_a.py ..........   [ 9/20]", loops.pytest_count, ("[ ", "[0/")),
    Format("ninja", "[3/20] CC foo.o",
        steps.numbered_steps, (), r"(?:#\d+ )?\[[^\]]{0,40}\d(?:%|/\d+)\]", "#[", sure=False),
    Format("bazel", "[45 / 100] Compiling foo.cc; 3s", steps.bazel, (), r"\[[\d,]{1,24} / \d", "[", sure=False),
    Format("tests", " 3/20 Test  #3: a ....   Passed    0.01 sec",
        steps.numbered_tests, (), _NUMBERED, _DIGITS, sure=False),
    Format("counted words", "Epoch 3/20", steps.counted, (), rf"(?i:{steps.COUNTED_ROW})", steps.INITIALS),
    Format("npm", "[######............] - reify:foo: timing", steps.npm, (), r"[\[(][#.]{4}|⸨", "[(⸨"),
    Format("wget, endless", "name    [  <=>      ] 593.94K  1.20MB/s", transfer.wget_endless, ("[<", "[ ")),
    Format("pv", "1.2GiB 0:00:03 [400MiB/s] [===>   ] 45% ETA 0:00:04", transfer.pv, _BRACKETS),
    Format("sox", "In:45.0% 00:00:03.00 [00:00:04.00] Out:1.2M [  ====|====  ]", transfer.sox, ("%",)),
    Format("progressbar2", " 45% (9 of 20) |####    | Elapsed Time: 0:00:03",
        loops.progressbar, ("% (",), r"[-|/\\] \|", "-|/\\"),
    Format("brackets", "name.zip   45%[=====>      ]   1.20M  3.40MB/s    eta 3s", drawn.brackets, _BRACKETS),
    Format("pipes", "numpy-1.26 | 6.8 MB | ####5     |  45%", drawn.pipes, ("%",)),
    Format("Gradle", "<=====--------> 45% EXECUTING [3s]", steps.gradle, ("%",)),
    Format("blocks", " ████████░░░░░░░░░░ 45% | ETA: 1s | 9/20", drawn.bare, ("█", "■", "░", "%"), sure=False),
    Format("uv", "numpy     ----------------- 1.20 MiB/3.40 MiB", drawn.dashes, ("iB/",)),
    Format("rich, ASCII", "- Working ---------- ------------  45% 0:00:04", drawn.ascii_dashes, ("%",), sure=False),
    Format("curl -#", "#########            45.2%", transfer.curl_bar, ("%",)),
    Format("curl", " 47 3320k   47 1562k    0     0  1261k      0  0:00:02  0:00:01  0:00:01 1261k",
        transfer.curl_meter, (), _NUMBERED, _DIGITS),
    Format("rsync", "      1,234,567  45%    1.20MB/s    0:00:03", transfer.rsync, ("%",)),
    Format("scp", "name.bin      45% 1234KB   1.2MB/s   00:03 ETA", transfer.scp, ("%",)),
    Format("xz", " 44.3 %      1.1 MiB / 4.4 MiB = 0.253   555 KiB/s       0:08         10 s", transfer.xz, ("%",)),
    Format("7z", " 45% 12 + name.txt", transfer.seven_zip, ("%",)),
    Format("aria2c", "[#2089b0 400KiB/33MiB(1%) CN:1 DL:115KiB ETA:4m51s]",
        transfer.aria2, (), r"\[#[0-9a-f]{6} ", "["),
    Format("dd", "23948230656 bytes (24 GB, 22 GiB) copied, 2 s, 12.0 GB/s", transfer.dd, (), _NUMBERED, _DIGITS),
    Format("ffmpeg", "frame=   45 fps= 25 q=28.0 size=     256KiB time=00:00:03.00",
        transfer.ffmpeg, (), r"(?:frame|size)=", "fs"),
    Format("copied to a store", "Completed 1.2 MiB/3.4 MiB (1.0 MiB/s) with 1 file(s) remaining",
        transfer.synced, (), r"(?:Completed|Transferred:)\s{1,20}[~\d]", "CT"),
    Format("wandb", "wandb: \\ 0.045 MB of 0.089 MB uploaded", transfer.wandb, (), r"wandb: \S \d", "w"),
    Format("layers", " => => sha256:1a2b3c4d 1.20MB / 3.40MB    0.5s",
        transfer.layer, (), r"(?:=> |#\d+ )(?:=> )?(?:extracting )?sha", "#="),
    Format("Maven", "Progress (1): thing-1.0.jar (1.2/3.4 MB)", transfer.maven, (), r"Progress \(", "P"),
    Format("docker buildx", "[+] Building 3.2s (5/12)", steps.buildx, (), r"\[\+\] ", "["),
    Format("spinner and count", "⠹ Preparing packages... (3/5)", steps.spinner_count, (), "[⠀-⣿] ", BRAILLE),
    Format("apt", "Reading package lists... 45%", steps.apt, ("%",)),
    Format("Poetry", "  - Installing numpy (2.0.0): Downloading... 45%", steps.poetry, ("%",)),
    Format("pnpm", "Progress: resolved 45, reused 40, downloaded 5, added 40",
        steps.pnpm, (), "Progress: resolved", "P"),
    Format("GNU parallel", "45% 9:11=3s foo", steps.parallel, ("%",)),
    Format("joblib", "[Parallel(n_jobs=2)]: Done   9 out of  20 | elapsed:    0.3s",
        loops.joblib, (), r"\[Parallel\(", "["),
    Format("boosted trees", "[45]\ttrain-rmse:0.10231", loops.boosted, (), r"\[\d+\]\s*\t", "[", sure=False),
    Format("CatBoost", "45:\tlearn: 0.3021\ttotal: 3.1s\tremaining: 4s",
        loops.boosted, (), _NUMBERED, _DIGITS, sure=False),
    Format("tqdm without a bar", "desc:  45% 9/20 [00:03<00:04, 3.20it/s]", loops.tqdm_bare, _TIMES),
    Format("tqdm, endless", "desc: 12it [00:03, 4.00it/s]", loops.tqdm_endless, _TIMES),
    Format("enlighten, endless", "Loading 12 files [00:03, 4.00 files/s]", loops.enlighten_endless, _TIMES),
)  # fmt: skip


_ALL: Final = sorted({text for entry in FORMATS for text in entry.literals})
_LITERALS: Final = tuple(text for text in _ALL if text.isascii() and text[0] != "[" and text.strip("%") in (text, ""))
_WIDE_LITERALS: Final = (*_LITERALS, *(text for text in _ALL if not text.isascii() and text[0] != "["))


def _bracketed() -> str:
    """A pattern for the literals that begin with an opening bracket; colours have brackets too, but none that close."""
    rests = [text[1:] for text in _ALL if text[0] == "["]
    characters = "".join(rest for rest in rests if len(rest) == 1)
    longer = [re.escape(rest).replace("0", r"\d{1,9}") for rest in rests if len(rest) > 1]
    return "|".join([rf"\[(?:[{re.escape(characters)}]", *longer]) + ")"


_BRACKETED: Final = re.compile(_bracketed())
_OPENING: Final = {entry.opening: re.compile(entry.opening) for entry in FORMATS if entry.opening}
_OPENINGS: Final = {
    first: re.compile("|".join(dict.fromkeys(entry.opening for entry in FORMATS if first in entry.starts))).match
    for first in sorted({character for entry in FORMATS for character in entry.starts})
}
"""How to look at the beginning of a line, by its first character."""
_LEAD: Final = re.compile(r"\s*(?:\x1b\[[\d;:]*m\s*)*")


def may_hold_bar(line: str) -> bool:
    """A cheap look, which plain lines do not pass; they may hold colours."""
    if len(line) > _MAX_COLOURED:
        return False
    for literal in _LITERALS if line.isascii() else _WIDE_LITERALS:
        if literal in line:
            return True
    if "]" in line and _BRACKETED.search(line):
        return True
    first, start = line[:1], 0
    if first == "\x1b":
        start = line.find("m", 2, 20) + 1
        first = line[start : start + 1]
    if first in " \t\x1b" and (lead := _LEAD.match(line)):
        start = lead.end()
        first = line[start : start + 1]
    if first.isdecimal() and line[start : start + 20].lstrip(_DIGITS)[:1] not in _AFTER_NUMBER:
        return False
    return first in _OPENINGS and _OPENINGS[first](line, start) is not None


def read_bar(line: str, above: str = "") -> Bar | None:
    """The bar in a line without colours.

    Args:
        line: the line, or what there is of it.
        above: the last line that was no bar; pip and keras write there what the bar is about.
    """
    found = _entry_of(line, above)
    return None if found is None or not _is_sound(found[1]) else found[1]


def name_of_format(line: str) -> str | None:
    """The name of the entry that reads the line."""
    found = _entry_of(line, "")
    return found and found[0].name


_Candidate = tuple[Format, tuple[str, ...], Callable[[str], object] | None]


def _candidates(first: str, *, percent: bool) -> tuple[_Candidate, ...]:
    """The entries for lines with this first character, with a percentage or without; what else they must hold."""
    found: list[_Candidate] = []
    for entry in FORMATS:
        literals = tuple(dict.fromkeys(literal.partition("0")[0] for literal in entry.literals))
        literals = tuple(literal for literal in literals if percent or "%" not in literal)
        opening = _OPENING[entry.opening].match if first in entry.starts else None
        if opening or literals:
            found.append((entry, literals, opening))
    return tuple(found)


_OTHER: Final = "\n"
_CANDIDATES: Final = {
    (first, percent): _candidates(first, percent=percent) for first in (*_OPENINGS, _OTHER) for percent in (False, True)
}


def _entry_of(line: str, above: str) -> tuple[Format, Bar] | None:
    if len(line) > MAX_BAR_CHARACTERS:
        return None
    text = line.lstrip()
    first = text[:1] if text[:1] in _OPENINGS else _OTHER
    for entry, literals, opening in _CANDIDATES[first, "%" in line]:
        for literal in literals:
            if literal in line:
                break
        else:
            if opening is None or opening(text) is None:
                continue
        bar = entry.read(line, above)
        if bar is not None:
            return entry, bar if entry.sure else bar._replace(sure=False)
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
    percents = list(PERCENT.finditer(line))
    if len(percents) == 1 and line.count("%") == 1:
        value = float(percents[0][1])
        return (
            Bar("rewritten", _name_in(line[: percents[0].start()]), value, 100, "%", sure=False)
            if value <= 100
            else None
        )
    counts = list(_ANY_COUNT.finditer(line))
    if len(counts) != 1 or percents:
        return None
    label = _name_in(line[: counts[0].start()])
    bar = Bar("rewritten", label, int(counts[0][1]), int(counts[0][2]), None, sure=False)
    return bar if _is_sound(bar) else None


def _name_in(before: str) -> str:
    """The label in what stands before a lone value, without an amount beside that."""
    return label_of(_AMOUNT_AT_END.sub("", before[-MAX_BAR_CHARACTERS:]))


def read_heading(bar: Bar) -> Bar | None:
    """The bar that a bar's label counts: of ``Epoch 3/20`` the current is 3, and the third of 20 runs."""
    heading = steps.heading_of(bar)
    return heading if heading is not None and _is_sound(heading) else None


def _is_sound(bar: Bar) -> bool:
    return (
        bar.current <= MAX_SAFE_INTEGER
        if bar.total is None
        else 0 <= bar.current <= bar.total <= MAX_SAFE_INTEGER and bar.total > 0
    )
