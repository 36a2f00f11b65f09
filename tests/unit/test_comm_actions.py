from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildwidget.build import Build
from buildwidget.comm_actions import perform
from buildwidget.errors import LaunchError
from buildwidget.protocol.events import MetricEvent, PermissionEvent
from buildwidget.store.errors import NotFound
from buildwidget.store.store import Store
from tests.store.making import create, drafts, ended, later, started


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
        ("artifact", {"index": "x"}, "index is a whole number"),
        ("artifact", {"index": [1]}, "index is a whole number"),
        ("log", {"after": "one"}, "after is a whole number"),
        ("log", {"limit": float("inf")}, "limit is a whole number"),
        ("log", {"before": {}}, "before is a whole number"),
    ],
)
def test_what_cannot_be_asked(build: Build, action: str, args: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        perform(build, action, args)


def test_a_metric_is_asked_for_as_by_its_route(store: Store) -> None:
    writer = started(store)
    build = Build(writer.build_id, store)
    points = [(n, n % 7, 1) for n in range(30_000)]
    writer.append(drafts(MetricEvent(at=later(), name="loss", points=points)))  # type: ignore[arg-type] - ints are numbers
    found = perform(build, "metric", {"name": "loss", "points": 400, "width": 50})
    assert (found["name"], found["count"], found["seq"], found["range"]) == ("loss", 30_000, writer.head, (0, 29_999))
    assert 150 < len(found["points"]) <= 400
    assert len(perform(build, "metric", {"name": "loss", "points": None})["points"]) <= 4_000
    with pytest.raises(NotFound, match="no metric 'acc'"):
        perform(build, "metric", {"name": "acc"})


def test_every_point_of_a_metric(store: Store) -> None:
    writer = started(store)
    build = Build(writer.build_id, store)
    writer.append(drafts(MetricEvent(at=later(), name="loss", points=[(None, n, n) for n in range(700)])))
    assert list(build.metric_points("loss")) == [(None, n, n) for n in range(700)]
    assert len(build.metrics["loss"].points) <= 500
    with pytest.raises(KeyError, match="acc"):
        list(build.metric_points("acc"))
    with pytest.raises(NotFound):
        list(Build("none", store).metric_points("loss"))


@pytest.mark.parametrize("number", [2**63, -(2**70), 10**400, -1, "9" * 30])
def test_numbers_beyond_a_databases_are_taken_for_the_nearest(build: Build, number: object) -> None:
    for name in ("after", "before", "limit"):
        assert perform(build, "log", {name: number})["lines"] == []
    with pytest.raises(NotFound):
        perform(build, "artifact", {"index": number})


def test_a_prompt_is_answered_once(store: Store) -> None:
    writer = started(store)
    build = Build(writer.build_id, store)
    with pytest.raises(ValueError, match="waits for no answer"):
        perform(build, "answer", {"decision": "allow"})
    writer.append(drafts(PermissionEvent(at=later(), request_id="r", tool="Bash", options=["allow", "deny"])))
    perform(build, "answer", {"decision": "deny", "request_id": "r"})
    for args in ({"request_id": "r"}, {}):
        with pytest.raises(ValueError, match="decided already: deny"):
            perform(build, "answer", {"decision": "allow", **args})
    with pytest.raises(ValueError, match="no such question"):
        perform(build, "answer", {"decision": "allow", "request_id": "other"})
    assert [command.body["decision"] for command in store.commands(build.id)] == ["deny"]


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
