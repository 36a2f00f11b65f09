from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.paths import below
from tests.hostile.timing import superlinear

paths = st.lists(st.sampled_from(["/", "a", "b", "..", "."]), max_size=6).map("/".join)


@given(paths, paths)
def test_it_is_what_pathlib_says(path: str, directory: str) -> None:
    whole = PurePath(path)
    found = below(whole, directory)
    assert (found is not None) is whole.is_relative_to(directory)
    assert found is None or found == whole.relative_to(directory)


@pytest.mark.parametrize("directory", ["/work", "/other"])
def test_it_takes_linear_time(directory: str) -> None:
    assert not superlinear(lambda path: below(path, directory), lambda size: PurePath("/work", "1/" * size))
