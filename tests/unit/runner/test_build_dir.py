from __future__ import annotations

from pathlib import Path

import pytest

from buildwidget.runner.build_dir import (
    build_dir,
    make_build_dir,
    note_socket,
    remove_build_dir,
    runner_log_tail,
    write_private,
)
from buildwidget.runner.socket_path import new_address


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_DATA_DIR", str(tmp_path))


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "x" * 65, "é"])
def test_an_id_that_would_leave_the_directory_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a build id"):
        build_dir(name)


def test_it_is_private() -> None:
    directory = make_build_dir("b")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert make_build_dir("b") == directory


def test_removing_takes_the_socket_of_a_killed_runner_along() -> None:
    make_build_dir("b")
    address = Path(new_address())
    address.touch()
    note_socket("b", str(address))
    remove_build_dir("b")
    assert not build_dir("b").exists()
    assert not address.parent.exists()
    remove_build_dir("b")


def test_a_note_that_names_something_else_removes_nothing(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.touch()
    make_build_dir("b")
    note_socket("b", str(precious))
    remove_build_dir("b")
    assert precious.exists()


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    def fail(file: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_private(tmp_path / "x", fail)
    assert list(tmp_path.iterdir()) == []
    write_private(tmp_path / "x", lambda file: file.writelines([b"1"]))
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_the_runners_last_words() -> None:
    assert runner_log_tail("b") == ""
    (make_build_dir("b") / "runner.log").write_text("x" * 5000 + "\nlast\n")
    assert runner_log_tail("b", 10).endswith("last")
