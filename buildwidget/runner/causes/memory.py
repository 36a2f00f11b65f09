"""Whether the kernel killed a process of this control group because memory ran out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc/self/cgroup")
_CGROUPS: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 2**60
"""Version 1 writes a huge number where there is no limit."""


class OomKills:
    """Counts the kernel's kills in this process's control group since it was made; 0 where that cannot be read.

    Args:
        groups: where this process's control groups are listed.
        root: where the control groups are mounted.
    """

    def __init__(self, groups: Path = _PROC, root: Path = _CGROUPS) -> None:
        self._directories = _directories(groups, root)
        self._before = self._read()

    def count(self) -> int:
        """How many processes were killed since."""
        return max(self._read() - self._before, 0)

    def words(self) -> str:
        """What happened, as a sentence."""
        limit = self._limit()
        of = f" (its limit is {limit / 2**30:.1f} GiB)" if limit else ""
        return f"Memory ran out: the kernel killed a process of the build's control group{of}."

    def _read(self) -> int:
        return max((_kills(directory) for directory in self._directories), default=0)

    def _limit(self) -> int:
        limits = [_limit(directory) for directory in self._directories]
        return min((limit for limit in limits if 0 < limit < _UNLIMITED), default=0)


def _directories(groups: Path, root: Path) -> list[Path]:
    found = []
    for line in _text(groups).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers in {"", "memory"}:
            found.append(root / controllers / path.lstrip("/"))
            # In a container the path is that of the host, and the group itself is mounted at the root.
            found.append(root / controllers)
    return [directory for directory in found if directory.is_dir()][:4]


def _kills(directory: Path) -> int:
    text = _text(directory / "memory.events") or _text(directory / "memory.oom_control")
    match = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
    return int(match[1]) if match else 0


def _limit(directory: Path) -> int:
    text = (_text(directory / "memory.max") or _text(directory / "memory.limit_in_bytes")).strip()
    return int(text) if text.isdecimal() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""
