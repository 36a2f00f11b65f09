from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from buildwidget import launch_checks as checks
from buildwidget.errors import LaunchError


def test_directories(tmp_path: Path) -> None:
    assert checks.check_directory(tmp_path) == str(tmp_path)
    assert checks.check_directory(None) == str(Path.cwd())
    (tmp_path / "file").touch()
    for wrong, told in ((tmp_path / "none", "does not exist"), (tmp_path / "file", "not a directory"), (3, "a path")):
        with pytest.raises(LaunchError, match=told) as caught:
            checks.check_directory(wrong)  # type: ignore[arg-type] - wrong on purpose
        assert caught.value.field == "cwd"


def test_numbers_and_paths_in_an_environment_become_strings() -> None:
    given = {
        "A": 1,
        "B": 0.5,
        "C": "x",
        "D": Path("/tmp/x"),
        "E": np.int64(3),
        "F": np.float32(0.5),
        "G": Decimal("1.50"),
    }
    expected = {"A": "1", "B": "0.5", "C": "x", "D": "/tmp/x", "E": "3", "F": "0.5", "G": "1.50"}
    assert checks.check_environment(given) == expected


def test_a_truth_value_in_an_environment_is_asked_back() -> None:
    with pytest.raises(LaunchError, match=r'"1" or "true"'):
        checks.check_environment({"A": True})


@pytest.mark.parametrize(
    "env",
    [{"A": None}, {"A": True}, {"A": [1]}, {"A": b"x"}, {1: "a"}, {"": "x"}, {"A=B": "x"}, {"A": "x\0"}, [("A", "x")]],
)
def test_an_environment_of_anything_but_strings_is_refused(env: object) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_environment(env)  # type: ignore[arg-type] - wrong on purpose
    assert caught.value.field == "env"


@pytest.mark.parametrize("name", ["", "  ", "x" * 501, 3])
def test_names_are_short_strings(name: object) -> None:
    with pytest.raises(LaunchError) as caught:
        checks.check_text("name", name)
    assert caught.value.field == "name"


def test_arguments_that_do_not_fit_are_refused() -> None:
    def train(epochs: int) -> None: ...

    with pytest.raises(LaunchError, match="train cannot be called so"):
        checks.check_signature(train, (), {"epoch": 3})
