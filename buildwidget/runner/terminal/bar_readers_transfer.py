"""The rows of programs that move bytes, and of those that work through files. Pure, linear in the row."""

from __future__ import annotations

import re
from typing import Final

from buildwidget.runner.terminal.bar_parts import (
    CLOCK,
    SCALE,
    SIZE,
    SIZES,
    Bar,
    bytes_of,
    label_of,
    number_of,
    pair_of,
)

_CURL: Final = re.compile(r"^#+\s+(\d{1,3}\.\d)%\s*$")
_METER_NUMBER: Final = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)([kMGTP]?)")
_METER_TIME: Final = re.compile(r"--:--:--|\d{1,3}:\d\d:\d\d|\d{1,4}d(?: \d\dh)?|\d\dh \d\dm|\d\dm \d\ds")
_WGET_ENDLESS: Final = re.compile(r"\[ {0,200}<=> {0,200}\] {1,8}([\d.]{1,16})([KMGT]?)(?!\S)")
_PV: Final = re.compile(
    rf"(?:(?P<name>[^:]{{1,60}}): {{1,8}})?(?P<done>{SIZE}) ?(?P<scale>{SCALE})B {CLOCK} (?:\[[^\]]{{1,20}}\] ?){{0,2}}"
)
_PV_SHARE: Final = re.compile(r"\[[=> ]{3,250}\] {1,3}(\d{1,3})%")
_RSYNC: Final = re.compile(
    rf"\s{{1,40}}[\d,.]{{1,24}}[KMGTP]? {{1,6}}(\d{{1,3}})% {{1,8}}[\d.]{{1,12}}[kMGTP]?B/s {{1,8}}(?:{CLOCK}|\?)"
)
_DD: Final = re.compile(r"(\d{1,18}) bytes(?: \([^)]{1,40}\)){0,1} (?:copied|transferred)[, ]")
_SCP: Final = re.compile(
    rf"\s(\d{{1,3}})% {{1,6}}{SIZE} ?(?:[KMGTP]?B)? {{1,8}}{SIZE} ?[KMGTP]?B/s {{1,8}}(?:{CLOCK}|--:--|- stalled -)"
)
_XZ: Final = re.compile(rf"\s{{0,8}}(\d{{1,3}}(?:\.\d)?) % {{1,20}}[\d.,]{{1,16}} {SCALE}B / [\d.,]{{1,16}} {SCALE}B ")
_XZ_FILE: Final = re.compile(r"(\S{1,200}) \(\d{1,6}/\d{1,6}\)\s*$")
_ARIA: Final = re.compile(rf"\[#([0-9a-f]{{6}}) ({SIZE})({SCALE})B/({SIZE})({SCALE})B(?:\(\d{{1,3}}%\))?[ \]]")
_SEVEN_ZIP: Final = re.compile(r" {0,2}(\d{1,3})%(?: \d{1,9})? [-+=UARTD.] (\S.*)$")
_SOX: Final = re.compile(r"In:(\d{1,3}(?:\.\d{1,2})?)% {1,2}\d\d:\d\d:\d\d")
_FFMPEG: Final = re.compile(r"(?:frame= {0,8}(\d{1,12}) fps=|size= {0,12}(\d{1,15})([kKMG]i?)?B time=)")
_SYNCED: Final = re.compile(r"(?:Completed |Transferred:\s{1,20})")
_RCLONE_FILES: Final = re.compile(r"Transferred:\s{1,20}(\d{1,12}) / (\d{1,12}), \d{1,3}%\s*$")
_WANDB: Final = re.compile(rf"wandb: \S {SIZE} ?{SCALE}B of ")
_LAYER: Final = re.compile(r"(?:#\d{1,6} |(?: ?=> ?){1,3})((?:extracting )?sha256:[0-9a-f]{4,64}) ")
_MAVEN: Final = re.compile(r"Progress \(\d{1,3}\): ([^|]{1,250})")
_MAVEN_SIZES: Final = re.compile(rf"(?<![\d.])({SIZE})(?: ?({SCALE}B))?/({SIZE}) ?({SCALE})B\)?\s*$")


def curl_bar(row: str, _above: str) -> Bar | None:
    """``curl -#``: ``#########      45.2%``."""
    match = _CURL.match(row)
    return Bar("curl", "download", float(match[1]), 100, "%") if match else None


def curl_meter(row: str, _above: str) -> Bar | None:
    """Rows of curl's table: percent and total, received, sent, two speeds, three times, and the speed now."""
    cells = row.split()
    if len(cells) != 12 or not all(map(_METER_TIME.fullmatch, cells[8:11])):
        return None
    numbers = [_METER_NUMBER.fullmatch(cell) for cell in (*cells[:8], cells[11])]
    sizes = [bytes_of(number[1], number[2]) for number in numbers if number]
    if len(sizes) < 9:
        return None
    total, received, sent = sizes[1] or 0, sizes[3] or 0, sizes[5] or 0
    # Where no size was announced, the total is what came so far, and its percentage is 0.
    unknown = not total or (received and not sizes[2] and not sizes[4])
    current = received + sent
    return Bar("curl", "download" if received or not sent else "upload", current, None if unknown else total, "B")


def wget_endless(row: str, _above: str) -> Bar | None:
    """Rows of wget without a length: ``name  [  <=>    ] 593.94K  1.20MB/s``."""
    match = _WGET_ENDLESS.search(row)
    current = bytes_of(match[1], match[2]) if match else None
    return Bar("bar", label_of(row[: match.start()]), current, None, "B") if match and current is not None else None


def pv(row: str, _above: str) -> Bar | None:
    """Rows of pv: ``name: 1.20GiB 0:00:03 [ 400MiB/s] [===>   ] 45% ETA 0:00:04``, or without a size ``[ <=>  ]``."""
    match = _PV.match(row.lstrip())
    if match is None:
        return None
    label = label_of(match["name"] or "")
    if share := _PV_SHARE.search(row):
        return Bar("pv", label, int(share[1]), 100, "%")
    current = number_of(match["done"], match["scale"])
    return Bar("pv", label, current, None, "B") if current is not None and "/s]" in row else None


def rsync(row: str, above: str) -> Bar | None:
    """``rsync --progress``: ``  1,234,567  45%    1.20MB/s    0:00:03``, below the name of the file."""
    match = _RSYNC.match(row)
    if match is None:
        return None
    name = above.strip()
    label = "" if " " in name or name.endswith("/") else label_of(name)
    return Bar("rsync", label, int(match[1]), 100, "%")


def dd(row: str, _above: str) -> Bar | None:
    """``dd status=progress``: ``123456 bytes (123 kB, 121 KiB) copied, 3 s, 41 kB/s``."""
    match = _DD.match(row)
    return Bar("dd", "", int(match[1]), None, "B") if match else None


def scp(row: str, _above: str) -> Bar | None:
    """Rows of scp and sftp: ``name       45% 1234KB   1.2MB/s   00:03 ETA``."""
    match = _SCP.search(row) if "B/s" in row else None
    if match is None or not (label := label_of(row[: match.start()])):
        return None
    return Bar("scp", label, int(match[1]), 100, "%")


def xz(row: str, above: str) -> Bar | None:
    """Rows of xz, below ``name (1/3)``: the percentage counts; the sizes are what is written of what is read."""
    match = _XZ.match(row)
    file = _XZ_FILE.match(above)
    return Bar("xz", label_of(file[1]) if file else "", float(match[1]), 100, "%") if match else None


def aria2(row: str, _above: str) -> Bar | None:
    """Rows of aria2c: ``[#2089b0 400KiB/33MiB(1%) CN:1 DL:115KiB ETA:4m51s]``; a total of 0B is unknown."""
    match = _ARIA.match(row)
    if match is None:
        return None
    current, total = number_of(match[2], match[3]), number_of(match[4], match[5])
    return None if current is None else Bar("aria2", f"download #{match[1]}", current, total or None, "B")


def seven_zip(row: str, _above: str) -> Bar | None:
    """7z: `` 45% 12 + name``."""
    match = _SEVEN_ZIP.match(row)
    return Bar("7z", "", int(match[1]), 100, "%", caption=label_of(match[2])) if match else None


def sox(row: str, _above: str) -> Bar | None:
    """Rows of sox: ``In:45.0% 00:00:03.00 [00:00:04.00] Out:1.2M``."""
    match = _SOX.match(row)
    return Bar("sox", "", float(match[1]), 100, "%") if match else None


def ffmpeg(row: str, _above: str) -> Bar | None:
    """Rows of ffmpeg, which knows no total: ``frame=   45 fps= 25 q=28.0``, ``size=     256KiB time=00:00:03.00``."""
    match = _FFMPEG.match(row)
    if match is None:
        return None
    if match[1]:
        return Bar("ffmpeg", "", int(match[1]), None, "frames")
    return Bar("ffmpeg", "", bytes_of(match[2], match[3] or "") or 0, None, "B")


def synced(row: str, _above: str) -> Bar | None:
    """The AWS client and rclone: ``Completed 1.2 MiB/3.4 MiB``, ``Transferred:  1.2 MiB / 3.4 MiB, 45%``."""
    if files := _RCLONE_FILES.match(row.lstrip()):
        return Bar("sync", "Transferred files", int(files[1]), int(files[2]), None)
    text = row.lstrip()
    match = _SYNCED.match(text)
    sizes = SIZES.match(text[match.end() :].lstrip("~")) if match else None
    value = pair_of(*sizes.groups()) if sizes else None
    return Bar("sync", label_of(match[0]), *value) if match and value else None


def wandb(row: str, _above: str) -> Bar | None:
    r"""Weights & Biases at its end: ``wandb: \ 0.045 MB of 0.089 MB uploaded``."""
    match = _WANDB.match(row)
    sizes = SIZES.match(row[len("wandb: \\ ") :]) if match else None
    value = pair_of(*sizes.groups()) if sizes else None
    return Bar("wandb", "upload", *value) if value else None


def layer(row: str, _above: str) -> Bar | None:
    """The layers that docker buildx pulls: ``=> => sha256:1a2b 1.20MB / 3.40MB  0.5s``."""
    match = _LAYER.match(row)
    sizes = SIZES.match(row[match.end() :].lstrip()) if match else None
    value = pair_of(*sizes.groups()) if sizes else None
    return Bar("layer", match[1], *value) if match and value else None


def maven(row: str, _above: str) -> Bar | None:
    """Maven: ``Progress (1): thing-1.0.jar (1.2/3.4 MB)``, ``Progress (1): 120/340 kB``."""
    match = _MAVEN.match(row)
    if match is None:
        return None
    text = match[1][-80:]
    sizes = _MAVEN_SIZES.search(text)
    value = pair_of(*sizes.groups()) if sizes else None
    if value is None or sizes is None:
        return None
    return Bar("maven", label_of(match[1][: len(match[1]) - len(text) + sizes.start()].rstrip(" (")), *value)
