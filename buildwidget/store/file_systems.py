"""Whether a file lies on a file system that other machines can write too.

SQLite's WAL needs memory that all its users share, and locks that hold. Both are there on a file system of this
machine's own disks. An unknown file system is taken for a network's: there the rollback journal is slower, and safe.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

import psutil

_LOCAL: Final = frozenset({
    # Linux
    "aufs", "bcachefs", "btrfs", "cramfs", "devtmpfs", "ecryptfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs",
    "hfs", "hfsplus", "hugetlbfs", "iso9660", "jfs", "lxfs", "minix", "msdos", "nilfs2", "ntfs", "ntfs3", "overlay",
    "overlayfs", "ramfs", "reiser4", "reiserfs", "rootfs", "squashfs", "tmpfs", "ubifs", "udf", "ufs", "vfat", "wslfs",
    "xfs", "zfs",
    # macOS, BSD, Windows
    "apfs", "cd9660", "devfs", "ffs", "hammer", "hammer2", "lifs", "msdosfs", "nullfs", "unionfs", "cdfs", "fat",
    "fat32", "refs",
    # FUSE: file systems of a disk, and those that change the files of another directory
    "fuseblk", "fuse.bindfs", "fuse.cryfs", "fuse.encfs", "fuse.ext2", "fuse.fuse-overlayfs", "fuse.fuse2fs",
    "fuse.gocryptfs", "fuse.ntfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.securefs", "fuse.unionfs", "fuse.unionfs-fuse",
    "fuse.zfs",
})  # fmt: skip
_STACKED: Final = frozenset({"ecryptfs", "fuse.bindfs", "fuse.cryfs", "fuse.gocryptfs", "nullfs"})
"""Their source is the directory below, which may lie anywhere."""
_MOST_STACKED: Final = 5


class Mount(Protocol):
    """One line of the system's table of mounts; psutil's ``sdiskpart`` is one."""

    @property
    def device(self) -> str:
        """What is mounted."""

    @property
    def mountpoint(self) -> str:
        """Where."""

    @property
    def fstype(self) -> str:
        """The type of the file system."""

    @property
    def opts(self) -> str:
        """The options, between commas."""


def is_on_network(path: Path | None) -> bool:
    """Whether a file lies (or will lie) on a file system of other machines; None lies nowhere."""
    return path is not None and lies_on_network(os.path.realpath(path), list(psutil.disk_partitions(all=True)))


def lies_on_network(path: str, mounts: Iterable[Mount], depth: int = 0) -> bool:
    """The same of an absolute path without links, by a table of mounts. Pure."""
    if sys.platform == "win32" and path.startswith("\\\\"):
        return True
    mounts = list(mounts)
    mount = _mount_of(path, mounts)
    if mount is None:
        return False
    kind = mount.fstype.lower()
    if kind not in _LOCAL or (sys.platform == "win32" and "remote" in mount.opts.split(",")):
        return True
    if kind not in _STACKED or depth == _MOST_STACKED:
        return False
    below = mount.device
    known = Path(below).is_absolute() and not _is_under(below, mount.mountpoint)
    return known and lies_on_network(below, mounts, depth + 1)


def _mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """The nearest mount over a path; of several at one place the last, which hides the others."""
    over = [mount for mount in mounts if _is_under(path, mount.mountpoint)]
    return max(reversed(over), key=lambda mount: len(mount.mountpoint), default=None)


def _is_under(path: str, directory: str) -> bool:
    inner, outer = os.path.normcase(path), os.path.normcase(directory)
    return os.path.join(inner, "").startswith(os.path.join(outer, ""))  # noqa: PTH118 - a prefix test
