from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from buildwidget.protocol import frames, limits, schema
from buildwidget.protocol.events import Event
from buildwidget.protocol.shapes import event_shapes, shape_of


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    definitions: dict[str, Any] = schema.schema()["$defs"]
    return definitions


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_every_event_frame_and_state_is_defined(definitions: dict[str, Any]) -> None:
    unions = (Event, frames.ClientFrame, frames.ServerFrame)
    names = {member.__name__ for union in unions for member in get_args(union)}
    assert names | {"Snapshot", "Batch", "State", "Summary"} <= definitions.keys()
    assert references(definitions) <= definitions.keys()


def test_shared_words_are_defined_once(definitions: dict[str, Any]) -> None:
    assert definitions["State"]["properties"]["status"] == {"$ref": "#/$defs/Status"}
    assert definitions["ToolEvent"]["properties"]["state"]["anyOf"] == [{"$ref": "#/$defs/ToolState"}, {"type": "null"}]
    assert definitions["ProgressRow"]["properties"]["current"] == {"$ref": "#/$defs/WireNumber"}


def test_shapes_hold_every_field_of_every_event(definitions: dict[str, Any]) -> None:
    for tag, fields in event_shapes().items():
        (struct,) = (member for member in get_args(Event) if member.__struct_config__.tag == tag)
        assert set(fields) | {"type"} == set(definitions[struct.__name__]["properties"])


def test_a_type_without_a_shape_is_refused() -> None:
    with pytest.raises(TypeError, match="no shape"):
        shape_of(msgspec.inspect.type_info(bytes))


def test_every_limit_is_generated() -> None:
    source = schema.limits_source()
    for name in ("MAX_TOOLS", "MAX_JSON_DEPTH", "PROTOCOL_VERSION"):
        assert f"export const {name} = {getattr(limits, name)};" in source
