from __future__ import annotations

from buildwidget.protocol.events import ArtifactEvent, DisplayEvent, PermissionEvent
from buildwidget.protocol.limits import MAX_PERMISSION_INPUT_WEIGHT
from buildwidget.protocol.state import ArtifactRow, DisplayRow, PermissionRow
from buildwidget.protocol.upserts import Upserts, merge_artifact, merge_display, merge_permission


def test_a_display_and_an_artifact_keep_what_an_event_lacks() -> None:
    displays = Upserts([], "id", 9, merge_display)
    displays.apply(DisplayEvent(at=1, id="d", mime="image/png", size=1, title="Loss"))
    displays.apply(DisplayEvent(at=1, id="d", mime="text/html", size=2))
    assert displays.result() == [DisplayRow(id="d", mime="text/html", size=2, title="Loss")]
    artifacts = Upserts([], "path", 9, merge_artifact)
    artifacts.apply(ArtifactEvent(at=1, name="a", path="p", mime="text/plain", size=5))
    artifacts.apply(ArtifactEvent(at=1, name="b", path="p"))
    assert artifacts.result() == [ArtifactRow(name="b", path="p", mime="text/plain", size=5)]


def test_the_first_decision_of_a_permission_stays() -> None:
    permissions = Upserts([], "request_id", 9, merge_permission)
    permissions.apply(PermissionEvent(at=1, request_id="p", tool="Bash", input={"a": 1}, options=["allow"]))
    for decision in ("deny", "allow"):
        permissions.apply(PermissionEvent(at=2, request_id="p", tool="Bash", decision=decision))
    assert permissions.result() == [
        PermissionRow(request_id="p", tool="Bash", input={"a": 1}, options=["allow"], decision="deny")
    ]


def test_an_input_too_heavy_for_a_prompt_is_left_out() -> None:
    event = PermissionEvent(at=1, request_id="p", tool="Write", input="x" * MAX_PERMISSION_INPUT_WEIGHT)
    assert merge_permission(None, event, "p").input == event.input
    assert (
        merge_permission(None, PermissionEvent(at=1, request_id="p", tool="", input=[event.input]), "p").input is None
    )


def test_the_row_of_an_event_is_found_under_its_bounded_key() -> None:
    displays = Upserts([], "id", 1, merge_display)
    event = DisplayEvent(at=1, id="i" * 5_000, mime="m", size=1)
    assert displays.apply(event) == (DisplayRow(id="i" * 4_096, mime="m", size=1), 0)
    assert displays.apply(event)[1] == 0
    assert displays.apply(DisplayEvent(at=1, id="other", mime="m", size=1))[1] == 1
