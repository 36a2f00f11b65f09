from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from buildwidget.protocol.limits import MAX_PAYLOAD_BYTES
from buildwidget.reporting.figures import render

PNG = b"\x89PNG\r\n\x1a\n123"


class Rich:
    def __init__(self, **methods: Any) -> None:
        for name, value in methods.items():
            setattr(self, name, lambda value=value, **_: value)

    def __repr__(self) -> str:
        return "<Rich>"


def bundle(**types: Any) -> Rich:
    return Rich(_repr_mimebundle_={name.replace("_", "/", 1): value for name, value in types.items()})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a text", ("text/plain", b"a text")),
        ("lone \ud800", ("text/plain", "lone \ufffd".encode())),
        (PNG, ("image/png", PNG)),
        (b"\xff\xd8\xffxx", ("image/jpeg", b"\xff\xd8\xffxx")),
        (b"text\xff", ("text/plain", "text\ufffd".encode())),
        ({"a": [1, 2]}, ("application/json", b'{"a":[1,2]}')),
        ([object], ("text/plain", b"[<class 'object'>]")),
        (Rich(), ("text/plain", b"<Rich>")),
        (Rich(_repr_html_="<b>x</b>"), ("text/html", b"<b>x</b>")),
        (Rich(_repr_html_=None, _repr_markdown_="*x*"), ("text/markdown", b"*x*")),
        (Rich(_repr_png_=(PNG, {"width": 3}), _repr_html_="x"), ("image/png", PNG)),
        (Rich(_repr_json_={"a": 1}), ("application/json", b'{"a":1}')),
        (bundle(text_plain="p", text_html="<i>"), ("text/html", b"<i>")),
        (bundle(text_plain="p", image_png=base64.b64encode(PNG).decode() + "\n"), ("image/png", PNG)),
        (bundle(text_plain="only"), ("text/plain", b"<Rich>")),
        (Rich, ("text/plain", repr(Rich).encode())),
    ],
)
def test_every_kind_of_value_has_one_look(value: Any, shown: tuple[str, bytes]) -> None:
    assert render(value) == shown


def test_a_figure_and_what_belongs_to_it_are_pictures() -> None:
    figure = Figure()
    axes = figure.subplots()
    for value in (figure, axes):
        mime, content = render(value)
        assert mime == "image/png"
        assert content.startswith(b"\x89PNG")


def test_an_array_is_its_text() -> None:
    assert render(np.arange(3)) == ("text/plain", b"array([0, 1, 2])")


def test_the_mime_type_can_be_said() -> None:
    assert render("# Title", "text/markdown") == ("text/markdown", b"# Title")
    assert render({"a": 1}, "application/json") == ("application/json", b'{"a":1}')
    with pytest.raises(ValueError, match="cannot show"):
        render("x", "video/mp4")


def test_what_is_too_long_is_cut_or_replaced() -> None:
    mime, content = render("é" * MAX_PAYLOAD_BYTES)
    assert (mime, len(content)) == ("text/plain", MAX_PAYLOAD_BYTES)
    mime, content = render(PNG + bytes(MAX_PAYLOAD_BYTES))
    assert mime == "text/plain"
    assert b"8.0 MiB" in content
