from __future__ import annotations

import pytest

from buildwidget.runner.environment import work_environment


def test_the_work_sees_the_launchers_environment_under_the_specs() -> None:
    env = work_environment({"A": "1", "B": "1"}, {"env": {"B": "2"}}, "id", "/tmp/s")
    marks = {"BUILDWIDGET_BUILD_ID": "id", "BUILDWIDGET_REPORT_SOCKET": "/tmp/s"}
    assert env == {"A": "1", "B": "2", "PYTHONUNBUFFERED": "1", **marks}


def test_the_marks_of_another_build_do_not_stay() -> None:
    env = work_environment({"BUILDWIDGET_BUILD_ID": "outer", "BUILDWIDGET_REPORT_SOCKET": "/o"}, {}, "inner", None)
    assert env == {"BUILDWIDGET_BUILD_ID": "inner", "PYTHONUNBUFFERED": "1"}


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("sqlite:////data/builds.db", True),
        ("postgresql://host/db", True),
        ("postgresql://me@host/db", True),
        ("postgresql+psycopg://me:word@host/db", False),
        ("postgresql://host/db?user=me&password=word", False),
        ("http://[", False),
    ],
)
def test_no_database_url_with_a_password_reaches_the_work(url: str, stays: bool) -> None:
    env = work_environment({"BUILDWIDGET_DATABASE_URL": url}, {}, "id", None)
    assert ("BUILDWIDGET_DATABASE_URL" in env) is stays


def test_what_belongs_to_the_kernel_alone_stays_there() -> None:
    inherited = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "JPY_PARENT_PID": "1"}
    assert work_environment(inherited, {}, "id", None) == {"BUILDWIDGET_BUILD_ID": "id", "PYTHONUNBUFFERED": "1"}
    assert work_environment({"MPLBACKEND": "svg"}, {}, "id", None)["MPLBACKEND"] == "svg"


@pytest.mark.parametrize("pty", [True, False])
def test_python_does_not_hold_its_output_back(pty: bool) -> None:
    assert work_environment({}, {"pty": pty}, "id", None)["PYTHONUNBUFFERED"] == "1"
    assert work_environment({"PYTHONUNBUFFERED": ""}, {"pty": pty}, "id", None)["PYTHONUNBUFFERED"] == ""
    assert work_environment({}, {"pty": pty, "env": {"PYTHONUNBUFFERED": ""}}, "id", None)["PYTHONUNBUFFERED"] == ""
