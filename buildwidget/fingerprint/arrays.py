"""Arrays of numpy, tables of pandas and tensors of torch, without importing any of them."""

from __future__ import annotations

import sys
from typing import Any

from buildwidget.fingerprint.walker import Handler, Token, Walker


def find_handler(kind: type) -> Handler | None:
    """What makes the tokens of the arrays, tables or tensors of a type; None for any other type."""
    if kind is _attribute("numpy", "ndarray"):
        return _array
    if kind is _attribute("pandas", "DataFrame"):
        return _frame
    if kind is _attribute("pandas", "Series"):
        return _series
    if kind in (_attribute("torch", "Tensor"), getattr(_attribute("torch", "nn"), "Parameter", None)):
        return _tensor
    return None


def is_value(kind: type) -> bool:
    """Whether it is a type of numpy's numbers or data types, which cannot change."""
    known = (_attribute("numpy", "generic"), _attribute("numpy", "dtype"))
    return any(each is not None and issubclass(kind, each) for each in known)


def _attribute(module: str, name: str) -> Any:
    """A class of a module that is loaded; None else, so that ``type(...) is`` fails."""
    return getattr(sys.modules.get(module), name, None)


def _array(walker: Walker, value: Any) -> Token:
    return walker.numbered(value, lambda: _content(walker, value))


def _content(walker: Walker, value: Any) -> Token:
    # Pickle keeps the order of Fortran, and brings every other one into that of C.
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    tokens = [walker.at(".dtype", value.dtype), walker.visit(value.shape), walker.visit(order)]
    if value.dtype.hasobject:
        items = value.ravel(order).tolist()
        return walker.node("array of objects", [*tokens, *(walker.at(place, each) for place, each in enumerate(items))])
    walker.spend_bytes(value.nbytes)
    return walker.node("array", [*tokens, walker.data("bytes", value.tobytes(order))])


def _frame(walker: Walker, value: Any) -> Token:
    def body() -> Token:
        columns = [walker.at(f"[{place}]", value.iloc[:, place].array) for place in range(value.shape[1])]
        return walker.node("frame", [*_labels(walker, value), walker.at(".columns", value.columns), *columns])

    return walker.numbered(value, body)


def _series(walker: Walker, value: Any) -> Token:
    def body() -> Token:
        return walker.node(
            "series", [*_labels(walker, value), walker.at(".name", value.name), walker.at(".array", value.array)]
        )

    return walker.numbered(value, body)


def _labels(walker: Walker, value: Any) -> list[Token]:
    flags = value.flags.allows_duplicate_labels
    return [walker.at(".index", value.index), walker.at(".attrs", value.attrs), walker.visit(flags)]


def _tensor(walker: Walker, value: Any) -> Token:
    def body() -> Token:
        # What torch pickles holds addresses.
        if str(value.layout) != "torch.strided" or value.is_quantized or value.device.type == "meta":
            raise walker.failure("is no dense tensor")
        kind = (str(value.dtype), str(value.device), tuple(value.shape), tuple(value.stride()), value.requires_grad)
        walker.spend_bytes(value.nelement() * value.element_size())
        flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
        content = flat.view(sys.modules["torch"].uint8).numpy().tobytes()
        tokens = [walker.at(".__class__", type(value)), walker.visit(kind), walker.data("bytes", content)]
        tokens += [walker.at(".__dict__", vars(value)), walker.at("._backward_hooks", value._backward_hooks)]  # noqa: SLF001 - pickled too
        return walker.node("tensor", tokens)

    return walker.numbered(value, body)
