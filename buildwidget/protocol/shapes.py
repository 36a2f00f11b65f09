"""The shapes of events for the TypeScript reader, so that both languages call the same events malformed.

``core/protocol/decode.ts`` checks events against these tables as msgspec checks them against the types here.
A type is: ``"text"``, ``"any"``, ``"boolean"``, ``"number"``, ``{"integer": [lowest, highest]}``,
``{"one_of": [word...]}``, ``{"list": type}``, ``{"tuple": [type...]}``, ``{"map": [key, value]}``,
``{"struct": {field: type}}``, ``{"optional": type}`` (absent or null) or ``{"absent_or": type}`` (null is not).
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import inspect

from buildwidget.protocol.events import Event, Number

_NUMBER = inspect.type_info(Number)


def shape_of(type: inspect.Type) -> Any:
    """The shape of one type; TypeError for what no event has."""
    if type == _NUMBER:
        return "number"
    if isinstance(type, inspect.UnionType):
        return {"optional": shape_of(_without_none(type))}
    return _container_shape(type) or _scalar_shape(type)


def _container_shape(type: inspect.Type) -> Any:
    if isinstance(type, inspect.StructType):
        return {"struct": _fields(type)}
    if isinstance(type, inspect.ListType):
        return {"list": shape_of(type.item_type)}
    if isinstance(type, inspect.TupleType):
        return {"tuple": [shape_of(item) for item in type.item_types]}
    if isinstance(type, inspect.DictType):
        return {"map": [shape_of(type.key_type), shape_of(type.value_type)]}
    return None


def _scalar_shape(type: inspect.Type) -> Any:
    if isinstance(type, inspect.LiteralType):
        return {"one_of": list(type.values)}
    if isinstance(type, inspect.IntType):
        return {"integer": [type.ge, type.le]}
    names: dict[Any, str] = {inspect.StrType: "text", inspect.BoolType: "boolean", inspect.AnyType: "any"}
    if type.__class__ not in names:
        raise TypeError(f"no shape for {type}")
    return names[type.__class__]


def _without_none(union: inspect.UnionType) -> inspect.Type:
    others = tuple(member for member in union.types if not isinstance(member, inspect.NoneType))
    return others[0] if len(others) == 1 else inspect.UnionType(others)


def _fields(struct: inspect.StructType) -> dict[str, Any]:
    return {field.encode_name: _field_shape(field) for field in struct.fields}


def _field_shape(field: inspect.Field) -> Any:
    shape = shape_of(field.type)
    if field.required or "optional" in shape:
        return shape
    # A field typed Any may be null as it is; seq is the one with a default that may be absent but not null.
    return {"optional": shape} if field.default is None else {"absent_or": shape}


def event_shapes() -> dict[str, Any]:
    """The fields of every event type, by its tag."""
    union = inspect.type_info(Event)
    assert isinstance(union, inspect.UnionType)
    structs = [member for member in union.types if isinstance(member, inspect.StructType)]
    return {str(struct.tag): _fields(struct) for struct in structs}


def source() -> str:
    """The body of ``shapes.gen.ts``."""
    rows = [f"  {json.dumps(tag)}: {json.dumps(fields)},\n" for tag, fields in event_shapes().items()]
    return f"export const EVENT_SHAPES = {{\n{''.join(rows)}}} as const;\n"
