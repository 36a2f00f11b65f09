"""``GET builds/{id}/metrics`` on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import MetricEvent
from buildwidget.store.store import Store
from tests.protocol.series import series
from tests.raster import Raster, differences
from tests.server.jupyter_process import Client
from tests.server.stored import StoredBuild, now


def reported(store: Store, points: list[Any], name: str = "loss") -> StoredBuild:
    build = StoredBuild(store)
    for start in range(0, len(points), 200):
        build.append(MetricEvent(at=now(), name=name, points=points[start : start + 200]))
    return build


@pytest.mark.parametrize("shape", ["decay", "noise", "nan"])
def test_the_answer_is_drawn_as_the_whole_series(client: Client, store: Store, shape: str) -> None:
    points = series(shape, "counted", 20_000)
    build = reported(store, points)
    body = client.get(f"builds/{build.id}/metrics", name="loss", points=2_400).json()
    assert (body["name"], body["count"], body["range"]) == ("loss", 20_000, [0, 19_999])
    assert (body["epoch"], body["seq"]) == (store.hydrate(build.id).epoch, store.hydrate(build.id).seq)
    assert 600 < len(body["points"]) <= 2_400
    raster = Raster(points)
    assert differences(raster.drawn(points), raster.drawn(body["points"])) == []


def test_a_short_series_comes_whole_with_words_for_what_is_not_finite(client: Client, store: Store) -> None:
    build = reported(store, [(None, 1.5, 7), (None, "NaN", 8), (5, "-Infinity", 9)])
    body = client.get(f"builds/{build.id}/metrics", name="loss").json()
    assert body["points"] == [[0, 1.5, 7], [1, "NaN", 8], [5, "-Infinity", 9]]
    build.append(MetricEvent(at=now(), name="loss", points=[(6, "Infinity", 10)]))
    grown = client.get(f"builds/{build.id}/metrics", name="loss").json()
    assert grown["points"] == [*body["points"], [6, "Infinity", 10]]
    assert grown["seq"] == body["seq"] + 1


def test_points_over_the_most_are_brought_down_to_it(client: Client, store: Store) -> None:
    build = reported(store, series("noise", "counted", 30_000))
    for points in (10_000, 10_001, 10**20):
        body = client.get(f"builds/{build.id}/metrics", name="loss", points=points, width=2_000).json()
        assert 7_000 < len(body["points"]) <= 10_000


@pytest.mark.parametrize("name", ["train/loss", " a b ", "é&=?#", ""])
def test_any_name_is_asked_for(client: Client, store: Store, name: str) -> None:
    build = reported(store, [(1, 1, 1)], name)
    assert client.get(f"builds/{build.id}/metrics", name=name).json()["name"] == name


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "name"),
        ({"name": "loss", "points": "many"}, "points"),
        ({"name": "loss", "points": "7"}, "points"),
        ({"name": "loss", "points": "-5"}, "points"),
        ({"name": "loss", "points": "1.5"}, "points"),
        ({"name": "loss", "width": "wide"}, "width"),
    ],
)
def test_a_bad_query_names_its_field(client: Client, store: Store, query: dict[str, str], field: str) -> None:
    build = reported(store, [(1, 1, 1)])
    answer = client.get(f"builds/{build.id}/metrics", **query)
    assert (answer.status, answer.error["field"]) == (400, field)


def test_what_is_not_there(client: Client, store: Store) -> None:
    build = reported(store, [(1, 1, 1)])
    foreign = StoredBuild(store, owner="somebody-else")
    for path, name in ((build.id, "accuracy"), (foreign.id, "loss"), ("none", "loss")):
        answer = client.get(f"builds/{path}/metrics", name=name)
        assert (answer.status, answer.error["code"]) == (404, "not_found")
