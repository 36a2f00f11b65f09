"""What the widget says of its surroundings."""

from __future__ import annotations

import pytest

from buildwidget import widget


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget, "_hinted", False)
    for name in ("BUILDWIDGET_DATABASE_URL", "BUILDWIDGET_OWNER", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_a_server_without_the_extension_is_named_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/a.ipynb")
    widget.hint_once()
    widget.hint_once()
    said = capsys.readouterr().err
    assert said.count("install buildwidget in the environment of the server") == 1


def test_nothing_is_said_where_the_extension_is_or_no_server_started_the_kernel(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    widget.hint_once()
    monkeypatch.setenv("JPY_SESSION_NAME", "/a.ipynb")
    monkeypatch.setenv("BUILDWIDGET_DATABASE_URL", "sqlite:///x")
    monkeypatch.setenv("BUILDWIDGET_OWNER", "me")
    widget.hint_once()
    assert capsys.readouterr().err == ""
