"""Colours of a screen's cells: each combination in use is one character, so that a row's colours are a string."""

from __future__ import annotations

import re
from typing import Final

DEFAULT: Final = "\x00"
"""The style of a cell without any colour."""

_MAX_STYLES: Final = 20_000
"""Styles of one screen; a program that uses more loses the colours of the others."""

_FIRST: Final = 0x100
_CODES: Final = re.compile(r"[0-9:]+")
_SHAPE: Final = {
    1: "bold", 2: "faint", 3: "italic", 4: "underline", 5: "blink", 6: "blink", 7: "inverse",
    8: "hidden", 9: "strike", 21: "underline", 53: "overline",
}  # fmt: skip
_ENDS: Final = {
    22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 25: ("blink",), 27: ("inverse",),
    28: ("hidden",), 29: ("strike",), 39: ("front",), 49: ("back",), 55: ("overline",), 59: ("line",),
}  # fmt: skip
_EXTENDED: Final = {38: "front", 48: "back", 58: "line"}

_Style = tuple[tuple[str, str], ...]


class Styles:
    """The styles of one screen. A style is a set of attributes, written as the parameters of one SGR code."""

    def __init__(self) -> None:
        self._styles: dict[_Style, str] = {(): DEFAULT}
        self._attributes: dict[str, _Style] = {DEFAULT: ()}
        self._after: dict[tuple[str, str], str] = {}

    def after(self, style: str, code: str) -> str:
        """The style after an SGR code (``ESC [ ... m``)."""
        known = self._after.get((style, code))
        if known is None:
            if len(self._after) > 2 * _MAX_STYLES:
                self._after.clear()
            known = self._after[style, code] = self._named(_changed(dict(self._attributes[style]), code[2:-1]))
        return known

    def _named(self, attributes: dict[str, str]) -> str:
        key = tuple(sorted(attributes.items()))
        style = self._styles.get(key)
        if style is None:
            if len(self._styles) >= _MAX_STYLES:
                return DEFAULT
            style = chr(_FIRST + len(self._styles))
            self._styles[key], self._attributes[style] = style, key
        return style

    def attributes(self, style: str) -> dict[str, str]:
        """What a style is: ``front``, ``back``, ``bold`` and the like, each with its SGR parameters."""
        return dict(self._attributes[style])

    def code(self, before: str, style: str) -> str:
        """What to write where a style follows another one."""
        if style == DEFAULT:
            return "\x1b[0m"
        parameters = ";".join(value for _, value in self._attributes[style])
        return f"\x1b[{parameters}m" if before == DEFAULT else f"\x1b[0;{parameters}m"


def _changed(attributes: dict[str, str], parameters: str) -> dict[str, str]:
    """The attributes after the parameters of an SGR code."""
    codes = [part if part[:1].isdigit() else "0" for part in parameters.split(";")]
    place = 0
    while place < len(codes):
        code, _, rest = codes[place].partition(":")
        number = int(code[:4])
        place += 1
        if number == 0:
            attributes.clear()
        elif number in _EXTENDED:
            taken = 0 if rest else _extended_length(codes[place : place + 4])
            whole = [codes[place - 1], *codes[place : place + taken]]
            if rest or taken:
                attributes[_EXTENDED[number]] = ";".join(whole)
            place += taken
        elif number in _SHAPE:
            if number == 4 and rest == "0":
                attributes.pop("underline", None)
            else:
                attributes[_SHAPE[number]] = codes[place - 1]
        elif 30 <= number <= 37 or 90 <= number <= 97:
            attributes["front"] = code
        elif 40 <= number <= 47 or 100 <= number <= 107:
            attributes["back"] = code
        else:
            for name in _ENDS.get(number, ()):
                attributes.pop(name, None)
    return attributes


def _extended_length(following: list[str]) -> int:
    """How many parameters after 38, 48 or 58 belong to the colour: ``5;n`` or ``2;r;g;b``."""
    if following[:1] == ["5"] and len(following) >= 2:
        return 2
    return 4 if following[:1] == ["2"] and len(following) >= 4 else 0
