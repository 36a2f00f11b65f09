from __future__ import annotations

from typing import Any

import pytest

from buildwidget.protocol.events import Error, StatusEvent, Todo
from buildwidget.protocol.limits import MAX_LABEL_BYTES, MAX_SUMMARY_BYTES, MAX_TRACEBACK_BYTES
from buildwidget.protocol.metadata import bounded_tags, status_changes, todo_percent
from buildwidget.protocol.state import initial_state

QUEUED = initial_state(id="b", owner="o", kind="command", created_at=1)


@pytest.mark.parametrize(
    ("statuses", "percent"),
    [
        ([], None),
        (["cancelled"], None),
        (["pending"], 0),
        (["completed"] * 2 + ["pending"], 66),
        (["completed", "cancelled"], 100),
        (["completed"] * 199 + ["in_progress"], 99),
        (["completed"] + ["pending"] * 99, 1),
    ],
)
def test_percent_of_todos(statuses: list[Any], percent: int | None) -> None:
    assert todo_percent([Todo(id="", content="", status=status) for status in statuses]) == percent


def test_an_error_keeps_the_start_of_its_message_and_the_end_of_its_traceback() -> None:
    error = Error(kind="k" * 9_000, message="m" + "é" * 40_000, traceback="t" + "é" * 40_000 + "!")
    changes = status_changes(
        QUEUED.__getattribute__, StatusEvent(at=1, status="failed", summary="s" * 99_999, error=error)
    )
    kept = changes["error"]
    assert len(kept.kind) == MAX_LABEL_BYTES
    assert (kept.message[0], len(kept.message.encode())) == ("m", MAX_SUMMARY_BYTES - 1)
    assert (kept.traceback[-1], len(kept.traceback.encode())) == ("!", MAX_TRACEBACK_BYTES - 1)
    assert len(changes["summary"]) == MAX_SUMMARY_BYTES


@pytest.mark.parametrize(
    ("tags", "kept"), [(None, ([], 0)), ([], ([], 0)), (["", ""], ([], 0)), (["a", "", "b"], (["a", "b"], 0))]
)
def test_empty_tags_are_none(tags: list[str] | None, kept: tuple[list[str], int]) -> None:
    assert bounded_tags(tags) == kept
    assert bounded_tags(["x"] * 53)[1] == 3
