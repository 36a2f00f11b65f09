"""Functions, classes, methods and code: what is defined in a notebook travels, what a module defines is imported."""

from __future__ import annotations

import abc
import dis
import enum
import functools
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, Final

from buildwidget.fingerprint.modules import module_token
from buildwidget.fingerprint.walker import Token, Walker

_HEAP_TYPE: Final = 1 << 9
_CODE_FIELDS: Final = tuple(
    name
    for name in (
        "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_code", "co_consts", "co_names",
        "co_varnames", "co_freevars", "co_cellvars", "co_name", "co_exceptiontable",
    )
    if hasattr(types.CodeType, name)
)  # fmt: skip
"""All that decides what code does. File name and line numbers change when a cell runs again."""
_FUNCTION_PARTS: Final = {
    "__name__": "name",
    "__doc__": "docstring",
    "__defaults__": "default arguments",
    "__kwdefaults__": "keyword-only default arguments",
    "__annotations__": "annotations",
    "__dict__": "attributes",
}
_MADE_IN_BODIES: Final = frozenset({"__firstlineno__", "__static_attributes__"})
_NOT_OF_THE_CLASS: Final = frozenset({"__dict__", "__weakref__", "_abc_impl"}) | _MADE_IN_BODIES
"""What Python makes itself: of the instances' layout, of line numbers, in the order of a set, of earlier checks."""
_MADE_BY_PYDANTIC: Final = frozenset({"__pydantic_core_schema__", "__pydantic_validator__", "__pydantic_serializer__"})
"""Made from the fields and the configuration, which are compared; they hold the addresses of objects."""
_KEPT_BY_ENUMS: Final = frozenset({"_missing_", "_generate_next_value_", "_ignore_", "_order_"})


def is_imported(value: Any) -> bool:
    """Whether a build gets a function or class by importing it, as cloudpickle decides: it is found under its name."""
    module_name, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module_name, str) or not isinstance(name, str):
        return False
    if module_name == "__main__" or _travels(module_name):
        return False
    found: Any = sys.modules.get(module_name)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is value


def _travels(module_name: str) -> bool:
    """Whether the user asked cloudpickle to send this module's functions themselves."""
    cloudpickle = sys.modules.get("cloudpickle")
    if cloudpickle is None:
        return False
    names = cloudpickle.list_registry_pickle_by_value()
    return any(module_name == name or module_name.startswith(f"{name}.") for name in names)


def imported(walker: Walker, value: Any) -> Token:
    """The token of a function or class that the build imports: its name, and the version or content of its module."""
    return walker.value(
        value,
        lambda: walker.node(
            "imported",
            [walker.text("name", f"{value.__module__}:{value.__qualname__}"), module_token(walker, value.__module__)],
        ),
    )


def function(walker: Walker, value: types.FunctionType) -> Token:
    """The token of a Python function."""
    if is_imported(value):
        return imported(walker, value)
    return walker.numbered(value, lambda: _function(walker, value))


def _function(walker: Walker, value: types.FunctionType) -> Token:
    name = value.__qualname__
    tokens = [walker.text("name", f"{value.__module__}:{name}"), code(walker, value.__code__)]
    for attribute, words in _FUNCTION_PARTS.items():
        tokens.append(walker.at(f"the {words} of {name}", getattr(value, attribute)))
    for variable, content in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
        tokens.append(walker.at(f"the variable {variable!r} of {name}", content))
    for variable in sorted(set(_global_names(value.__code__))):
        if variable in value.__globals__:
            tokens.append(walker.text("global", variable))
            tokens.append(walker.at(f"the global {variable!r} that {name} refers to", value.__globals__[variable]))
    tokens += [
        walker.node("import", [walker.text("name", module), module_token(walker, module)])
        for module in sorted(set(_imports(value.__code__, value.__globals__)))
    ]
    return walker.node("function", tokens)


def code(walker: Walker, value: types.CodeType) -> Token:
    """The token of code."""

    def body() -> Token:
        parts = {name: getattr(value, name) for name in _CODE_FIELDS}
        parts["co_consts"] = _constants(value)
        return walker.node("code", [walker.visit(part) for part in parts.values()])

    return walker.value(value, body)


def _constants(value: types.CodeType) -> tuple[Any, ...]:
    """The constants of code, without what Python 3.13 puts into the body of a class for itself.

    These are the line number, and the names of attributes in the order of a set.
    """
    if not _MADE_IN_BODIES.intersection(value.co_names):
        return value.co_consts
    loaded: list[int] = []
    made: set[int] = set()
    for instruction in dis.get_instructions(value):
        if instruction.opname == "STORE_NAME" and instruction.argval in _MADE_IN_BODIES and loaded:
            made.add(loaded[-1])
        if instruction.opname in ("LOAD_CONST", "RETURN_CONST") and instruction.arg is not None:
            loaded.append(instruction.arg)
    alone = {
        place for place in made if loaded.count(place) == 1
    }  # a number in the user's code may be the same constant
    return tuple(None if place in alone else constant for place, constant in enumerate(value.co_consts))


def _all_code(value: types.CodeType) -> Iterator[types.CodeType]:
    yield value
    for constant in value.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _all_code(constant)


def _global_names(value: types.CodeType) -> Iterator[str]:
    for each in _all_code(value):
        for instruction in dis.get_instructions(each):
            # LOAD_NAME: a class in a function looks globals up like this.
            if "GLOBAL" in instruction.opname or instruction.opname == "LOAD_NAME":
                yield str(instruction.argval)


def _imports(value: types.CodeType, namespace: dict[str, Any]) -> Iterator[str]:
    for each in _all_code(value):
        for instruction in dis.get_instructions(each):
            if instruction.opname == "IMPORT_NAME":
                # A relative import is of the own package; whether it is one, the instruction does not say.
                yield from (name for name in (instruction.argval, namespace.get("__package__")) if name)


def cell(walker: Walker, value: types.CellType) -> Token:
    """The token of a variable that functions share."""

    def body() -> Token:
        try:
            content = value.cell_contents
        except ValueError:
            return walker.text("cell", "empty")
        return walker.node("cell", [walker.visit(content)])

    return walker.numbered(value, body)


def class_(walker: Walker, value: type) -> Token:
    """The token of a class."""
    if is_imported(value):
        return imported(walker, value)
    if not value.__flags__ & _HEAP_TYPE:
        # Made by the interpreter or an extension; some are not found under their names, e.g. that of None.
        name = walker.text("name", f"{value.__module__}:{value.__qualname__}")
        return walker.node("static", [name, module_token(walker, value.__module__)])
    if isinstance(value, enum.EnumMeta):
        return walker.numbered(value, functools.partial(_enumeration, walker, value))
    from_pydantic = type(value).__module__.startswith("pydantic.") and is_imported(type(value))
    return walker.numbered(value, lambda: _class(walker, value, _MADE_BY_PYDANTIC if from_pydantic else frozenset()))


def _class(walker: Walker, value: type, skipped: frozenset[str]) -> Token:
    name = value.__qualname__
    tokens = [walker.text("name", f"{value.__module__}:{name}"), walker.at(f"the class of {name}", type(value))]
    tokens += [walker.at(f"a base of {name}", base) for base in value.__bases__]
    for attribute, item in vars(value).items():
        if attribute not in _NOT_OF_THE_CLASS and attribute not in skipped:
            tokens.append(walker.text("attribute", attribute))
            tokens.append(walker.at(f"{name}.{attribute}", item))
    if isinstance(value, abc.ABCMeta):
        registry = abc._get_dump(value)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to the registered
        tokens.append(walker.unordered("registered", [each for weak in registry if (each := weak()) is not None]))
    return walker.node("class", tokens)


def _enumeration(walker: Walker, value: enum.EnumMeta) -> Token:
    every: dict[str, Any] = dict(value.__members__)
    members = {name: member._value_ for name, member in every.items()}
    made = {name for name in vars(value) if name.startswith("_") and name.endswith("_") and not name.startswith("__")}
    # __new__ is replaced by the machinery; the user's own is kept as _new_member_.
    skipped = frozenset((made - _KEPT_BY_ENUMS) | members.keys() | {"__new__", "__reduce_ex__"})
    own = vars(value).get("_new_member_") or vars(value).get("__new_member__")
    return walker.node(
        "enum",
        [
            _class(walker, value, skipped),
            walker.at(f"{value.__qualname__}.__new__", own),
            walker.at(f"the members of {value.__qualname__}", members),
        ],
    )


def module(walker: Walker, value: types.ModuleType) -> Token:
    """The token of a module that code refers to: the build imports it."""
    name = value.__name__
    if name == "__main__" or sys.modules.get(name) is not value:
        raise walker.failure("is no module that another process can import")
    return walker.node("module", [walker.text("name", name), module_token(walker, name)])


def method(walker: Walker, value: types.MethodType) -> Token:
    """The token of a bound method."""
    return walker.node("method", [walker.at(".__func__", value.__func__), walker.at(".__self__", value.__self__)])


def builtin(walker: Walker, value: types.BuiltinFunctionType) -> Token:
    """The token of a function of an extension, bound or not."""
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        module_name = value.__module__ or (owner.__name__ if isinstance(owner, types.ModuleType) else "builtins")
        name = walker.text("name", f"{module_name}:{value.__qualname__}")
        return walker.node("builtin", [name, module_token(walker, module_name)])
    return walker.node("builtin method", [walker.text("name", value.__name__), walker.at(".__self__", owner)])


def descriptor(walker: Walker, value: Any) -> Token:
    """The token of a method or attribute that an extension's class or ``__slots__`` made."""
    if isinstance(value, types.MethodWrapperType):
        return walker.node("wrapper", [walker.text("name", value.__name__), walker.at(".__self__", value.__self__)])
    return walker.node(
        "descriptor",
        [walker.text(type(value).__name__, value.__name__), walker.at(".__objclass__", value.__objclass__)],
    )


def _attributes(*names: str) -> Any:
    def handler(walker: Walker, value: Any) -> Token:
        tag = type(value).__qualname__
        return walker.numbered(
            value, lambda: walker.node(tag, [walker.at(f".{name}", getattr(value, name, None)) for name in names])
        )

    return handler


def cached_function(walker: Walker, value: Any) -> Token:
    """The token of what ``functools.lru_cache`` gives; what it has cached does not travel."""
    if is_imported(value):
        return imported(walker, value)
    return walker.numbered(
        value,
        lambda: walker.node(
            "lru_cache", [walker.at(".__wrapped__", value.__wrapped__), walker.visit(value.cache_parameters())]
        ),
    )


HANDLERS: Final[dict[type, Any]] = {
    types.FunctionType: function,
    types.CodeType: code,
    types.CellType: cell,
    types.ModuleType: module,
    types.MethodType: method,
    types.BuiltinFunctionType: builtin,
    types.WrapperDescriptorType: descriptor,
    types.MethodWrapperType: descriptor,
    types.MethodDescriptorType: descriptor,
    types.ClassMethodDescriptorType: descriptor,
    types.GetSetDescriptorType: descriptor,
    types.MemberDescriptorType: descriptor,
    property: _attributes("fget", "fset", "fdel", "__doc__"),
    staticmethod: _attributes("__func__"),
    classmethod: _attributes("__func__"),
    functools.cached_property: _attributes("func", "attrname", "__doc__"),
    typing.TypeVar: _attributes("__name__", "__bound__", "__constraints__", "__covariant__", "__contravariant__"),
    type(functools.lru_cache(lambda: None)): cached_function,
}
