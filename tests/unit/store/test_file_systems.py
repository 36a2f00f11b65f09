"""Which file systems are a network's, by tables of mounts as the system writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from buildwidget.store.file_systems import is_on_network, lies_on_network

Table = Callable[[str], None]

ROOT = "/dev/sda1 / ext4 rw,relatime 0 0"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    """Writes what the system's /proc/self/mounts would say."""
    if not hasattr(psutil, "PROCFS_PATH"):
        pytest.skip("no /proc here")
    (tmp_path / "self").mkdir()
    (tmp_path / "filesystems").write_text("nodev\ttmpfs\n\text4\n")
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))

    def write(lines: str) -> None:
        (tmp_path / "self" / "mounts").write_text(lines + "\n")

    return write


@pytest.mark.parametrize(
    "line",
    [
        "JuiceFS:myjfs /m fuse.juicefs rw,nosuid,nodev,relatime,user_id=0,group_id=0 0 0",
        "JuiceFS:myjfs /m fuse rw 0 0",
        "backend/default /m wekafs rw,relatime,writecache,inode_bits=auto 0 0",
        "my-bucket /m fuse.gcsfuse rw,nosuid,nodev,relatime,user_id=1000 0 0",
        "my-bucket /m fuse rw,nosuid 0 0",
        "blobfuse2 /m fuse rw,nosuid,nodev,relatime,user_id=0,allow_other 0 0",
        "blobfuse2 /m fuse.blobfuse2 rw 0 0",
        "mountpoint-s3 /m fuse rw,nosuid,nodev,noatime,default_permissions 0 0",
        "s3fs /m fuse.s3fs rw 0 0",
        "goofys /m fuse.goofys rw 0 0",
        "remote:bucket /m fuse.rclone rw 0 0",
        "user@host:/home /m fuse.sshfs rw 0 0",
        "cvmfs2 /m fuse.cvmfs2 ro 0 0",
        "mergerfs /m fuse.mergerfs rw 0 0",
        "grpcfuse /m fuse.grpcfuse rw 0 0",
        ".host:/ /m fuse.vmhgfs-fuse rw 0 0",
        "drivefs /m fuse.drive rw 0 0",
        "quobyte@x/ /m fuse.quobyte rw 0 0",
        "somefs /m fuse.never-heard-of rw 0 0",
        "host:/export /m nfs4 rw,vers=4.2,addr=10.0.0.1 0 0",
        "host:/export /m nfs rw,vers=3 0 0",
        "//host/share /m cifs rw 0 0",
        "//host/share /m smb3 rw 0 0",
        "10.0.0.1:/ /m ceph rw 0 0",
        "10.0.0.1@tcp:/fsx /m lustre rw 0 0",
        "gpfs0 /m gpfs rw 0 0",
        "beegfs_nodev /m beegfs rw 0 0",
        "panfs://x /m panfs rw 0 0",
        "pvfs2-server /m pvfs2 rw 0 0",
        "/dev/drbd0 /m ocfs2 rw 0 0",
        "/dev/gfs /m gfs2 rw 0 0",
        "AFS /m afs rw 0 0",
        "hostshare /m 9p rw,trans=virtio 0 0",
        "myfs /m virtiofs rw 0 0",
        "share /m vboxsf rw 0 0",
        "C:\\134 /m 9p rw,aname=drvfs 0 0",
        "/etc/auto.home /m autofs rw,fd=7 0 0",
        "thing /m never-heard-of rw 0 0",
    ],
)
def test_a_file_system_of_other_machines(table: Table, line: str) -> None:
    table(f"{ROOT}\n{line}")
    assert is_on_network(Path("/m/builds.db"))
    assert is_on_network(Path("/m/deep/er/builds.db"))
    assert not is_on_network(Path("/other/builds.db"))


@pytest.mark.parametrize(
    "line",
    [
        *(f"/dev/sdb1 /m {kind} rw 0 0" for kind in ("ext3", "xfs", "btrfs", "f2fs", "exfat", "vfat", "ntfs3", "XFS")),
        "pool/home /m zfs rw,xattr,noacl 0 0",
        "tmpfs /m tmpfs rw 0 0",
        "overlay /m overlay rw,lowerdir=/a,upperdir=/b,workdir=/c 0 0",
        "/dev/sdb1 /m fuseblk rw,user_id=0,group_id=0,allow_other 0 0",
        "/dev/sdb1 /m fuse.ntfs-3g rw 0 0",
        "encfs /m fuse.encfs rw 0 0",
        "/home/ann/.cipher /m fuse.gocryptfs rw 0 0",
        "/home/ann/real /m fuse.bindfs rw 0 0",
        "fuse-overlayfs /m fuse.fuse-overlayfs rw 0 0",
        "/home/.ecryptfs/ann/.Private /m ecryptfs rw 0 0",
    ],
)
def test_a_file_system_of_this_machine(table: Table, line: str) -> None:
    table(f"{ROOT}\n{line}")
    assert not is_on_network(Path("/m/builds.db"))


def test_the_nearest_mount_counts(table: Table) -> None:
    table(
        f"host:/home /home nfs4 rw 0 0\n{ROOT}\n/dev/sdb1 /home/ann xfs rw 0 0\n"
        "bucket /home/ann/data/s3 fuse.gcsfuse rw 0 0\ntmpfs /home/ann/data/s3/tmp tmpfs rw 0 0"
    )
    assert is_on_network(Path("/home/bob/b.db"))
    assert is_on_network(Path("/home/annie/b.db"))
    assert not is_on_network(Path("/home/ann/b.db"))
    assert not is_on_network(Path("/home/ann/data/s3x/b.db"))
    assert is_on_network(Path("/home/ann/data/s3/b.db"))
    assert not is_on_network(Path("/home/ann/data/s3/tmp/b.db"))


def test_of_two_mounts_at_one_place_the_last_counts(table: Table) -> None:
    table(f"{ROOT}\nhost:/a /m nfs rw 0 0\n/dev/sdb1 /m xfs rw 0 0")
    assert not is_on_network(Path("/m/b.db"))
    table(f"rootfs / rootfs rw 0 0\n{ROOT}\n/dev/sdb1 /m xfs rw 0 0\nhost:/a /m nfs rw 0 0")
    assert is_on_network(Path("/m/b.db"))


def test_names_with_spaces_tabs_and_backslashes(table: Table) -> None:
    table(
        f"{ROOT}\nhost:/a /my\\040data nfs rw 0 0\nhost:/b /tab\\011here nfs rw 0 0\nhost:/c /back\\134slash nfs rw 0 0"
    )
    for directory in ("/my data", "/tab\there", "/back\\slash"):
        assert is_on_network(Path(directory, "b.db"))
    assert not is_on_network(Path("/my/b.db"))


def test_a_bind_mount_is_what_it_shows(table: Table) -> None:
    table(f"host:/x /net nfs rw 0 0\n{ROOT}\nhost:/x /home/ann/work nfs rw 0 0\n/dev/sda1 /net/local ext4 rw 0 0")
    assert is_on_network(Path("/home/ann/work/b.db"))
    assert not is_on_network(Path("/net/local/b.db"))


def test_what_only_changes_another_directory_is_what_that_is(table: Table) -> None:
    table(
        f"{ROOT}\nhost:/x /net nfs rw 0 0\n/net/cipher /m fuse.gocryptfs rw 0 0\n/m/deeper /n fuse.bindfs rw 0 0\n"
        "/loop /loop fuse.bindfs rw 0 0\n/b /a fuse.bindfs rw 0 0\n/a /b fuse.bindfs rw 0 0"
    )
    assert is_on_network(Path("/m/b.db"))
    assert is_on_network(Path("/n/b.db"))
    assert not is_on_network(Path("/loop/b.db"))
    assert not is_on_network(Path("/a/b.db"))


def test_a_link_counts_for_where_it_leads(table: Table, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/net/data")
    table(f"{ROOT}\nhost:/x /net nfs rw 0 0")
    assert is_on_network(tmp_path / "link" / "b.db")


def test_without_mounts_everything_is_here() -> None:
    assert not lies_on_network("/home/ann/b.db", [])
