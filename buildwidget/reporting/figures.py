"""What a figure, a table or any other object looks like in a build: one mime type and its content."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import sys
import weakref
from typing import Any, Final

import msgspec

from buildwidget.protocol.limits import MAX_PAYLOAD_BYTES
from buildwidget.protocol.text import clean_text
from buildwidget.reporting.values import plain

MIMES: Final = (
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "text/html",
    "text/markdown",
    "application/json",
    "text/plain",
)
"""What a build can show; of an object that offers several the first is taken."""

_IMAGES: Final = frozenset({"image/png", "image/jpeg"})
_METHODS: Final = {
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_svg_": "image/svg+xml",
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_json_": "application/json",
}
_MAGIC: Final = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))

shown_figures: Final[weakref.WeakSet[Any]] = weakref.WeakSet()
"""matplotlib's figures that this process has shown."""


def render(value: Any, mime: str | None = None) -> tuple[str, bytes]:
    """The mime type and content that show ``value``; ``mime`` says what a text or bytes are.

    Content over 8 MiB is cut if it is text, and replaced by a sentence if it is an image.
    """
    chosen, content = _render(value, mime)
    if len(content) <= MAX_PAYLOAD_BYTES:
        return chosen, content
    if chosen in _IMAGES or chosen in ("image/svg+xml", "application/json"):
        size = len(content) / 1024 / 1024
        return "text/plain", f"[not shown: {chosen} of {size:.1f} MiB; a build shows up to 8 MiB]".encode()
    cut = content[:MAX_PAYLOAD_BYTES].decode("utf-8", "ignore").encode()
    return chosen, cut


def _render(value: Any, mime: str | None) -> tuple[str, bytes]:
    if mime is not None:
        return _as(mime, value)
    if isinstance(value, str):
        return "text/plain", _text(value)
    if isinstance(value, (bytes, bytearray)):
        return _of_bytes(bytes(value))
    if isinstance(value, type):
        return _of_data(value)  # a class's methods need an instance
    picture = _picture(value)
    if picture is not None:
        return "image/png", picture
    return _of_bundle(value) or _of_methods(value) or _of_data(value)


def _as(mime: str, value: Any) -> tuple[str, bytes]:
    if mime not in MIMES:
        raise ValueError(f"a build cannot show {mime}; it shows {', '.join(MIMES)}")
    if mime == "application/json" and not isinstance(value, (bytes, str)):
        return mime, _json(value)
    return mime, _content(mime, value)


def _of_bytes(value: bytes) -> tuple[str, bytes]:
    for magic, mime in _MAGIC:
        if value.startswith(magic):
            return mime, value
    return "text/plain", value.decode("utf-8", "replace").encode()


def _picture(value: Any) -> bytes | None:
    """The PNG of a matplotlib figure (or what belongs to one) or a PIL image, neither of which is imported here."""
    buffer = io.BytesIO()
    figure = value if hasattr(value, "savefig") else getattr(value, "figure", None)
    if figure is not None and "matplotlib" in sys.modules and hasattr(figure, "savefig"):
        figure.savefig(buffer, format="png", bbox_inches="tight")
        with contextlib.suppress(TypeError):  # something else with a savefig, that has no weak references or hash
            shown_figures.add(figure)
        return buffer.getvalue()
    image = sys.modules.get("PIL.Image")
    if image is not None and isinstance(value, image.Image):
        kept = value if value.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else value.convert("RGB")
        kept.save(buffer, format="PNG")
        return buffer.getvalue()
    return None


def _of_bundle(value: Any) -> tuple[str, bytes] | None:
    method = getattr(value, "_repr_mimebundle_", None)
    bundle = method() if callable(method) else None
    if isinstance(bundle, tuple):
        bundle = bundle[0]
    if not isinstance(bundle, dict):
        return None
    for mime in MIMES:
        # Nearly every bundle has a text; an object's own _repr_html_ says more.
        if bundle.get(mime) is not None and mime != "text/plain":
            return _as(mime, bundle[mime])
    return None


def _of_methods(value: Any) -> tuple[str, bytes] | None:
    for name, mime in _METHODS.items():
        method = getattr(value, name, None)
        shown = method() if callable(method) else None
        if isinstance(shown, tuple):
            shown = shown[0]
        if shown is not None:
            return _as(mime, shown)
    return None


def _of_data(value: Any) -> tuple[str, bytes]:
    if isinstance(value, (dict, list, tuple)):
        try:
            return "application/json", _json(value, strict=True)
        except (TypeError, ValueError, RecursionError, OverflowError):
            pass  # a container of things that JSON has no form for: its repr shows them
    return "text/plain", _text(repr(value))


def _content(mime: str, value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if mime in _IMAGES:
        try:
            return base64.b64decode("".join(str(value).split()), validate=True)
        except binascii.Error:
            raise ValueError(f"{mime} is bytes or base64 text") from None
    return _text(str(value))


def _text(value: str) -> bytes:
    return clean_text(value).encode()


def _json(value: Any, *, strict: bool = False) -> bytes:
    return msgspec.json.encode(value, enc_hook=None if strict else plain)
