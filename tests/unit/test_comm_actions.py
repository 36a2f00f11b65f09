from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildwidget.build import Build
from buildwidget.comm_actions import perform
from buildwidget.errors import LaunchError
from buildwidget.store.store import Store
from tests.store.making import create, ended


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        yield store


@pytest.fixture
def build(store: Store) -> Build:
    return Build(ended(store, name="compile"), store)


def test_summaries_of_this_and_other_builds(store: Store, build: Build) -> None:
    other = create(store, name="other")
    assert perform(build, "summary", {"id": build.id})["name"] == "compile"
    assert perform(build, "summary", {"id": other})["name"] == "other"
    assert perform(build, "summary", {"id": "none"}) is None


@pytest.mark.parametrize(
    ("action", "args", "said"),
    [
        ("explode", {}, "no action 'explode'"),
        ("tool", {}, "needs id"),
        ("artifact", {"index": None}, "needs index"),
        ("answer", {}, "needs decision"),
    ],
)
def test_what_cannot_be_asked(build: Build, action: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        perform(build, action, args)


@pytest.mark.parametrize("args", [{"prompt": "More."}, {"operation": "autofix"}, {}])
def test_a_follow_up_that_cannot_be_is_refused_in_a_sentence(build: Build, args: dict[str, Any]) -> None:
    with pytest.raises(LaunchError) as refused:
        perform(build, "followUp", args)
    assert str(refused.value).endswith(".")


def test_a_follow_up_passes_on_what_was_asked(build: Build, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def follow_up(_: Build, **given: Any) -> Build:
        asked.append(given)
        return Build(create(store, name="more"), store)

    monkeypatch.setattr(Build, "follow_up", follow_up)
    assert perform(build, "followUp", {"prompt": "More.", "operation": "enhancement", "model": None})["name"] == "more"
    assert asked == [{"prompt": "More.", "operation": "enhancement"}]
