"""Log text for the output of a notebook's cell: as HTML with the colours of the page's log, and as plain text.

Both are bounded: the newest lines are shown, and what is left out is named.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from buildwidget.runner.terminal.controls import CONTROL
from buildwidget.runner.terminal.styles import DEFAULT, Styles

MAX_LINES: Final = 1_000
"""Lines shown at most; of a longer text the last ones."""

MAX_LINE_CHARACTERS: Final = 20_000
"""Characters shown of one line, its beginning."""

MAX_CHARACTERS: Final = 512 * 1024
"""Characters of all shown lines, with their markup; one line is shown in any case."""

NAMES: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")

# The page's colours, see style.css of the front end. Names, then the bright ones, in the order of NAMES.
LIGHT: Final = (
    "#3e424d", "#b22b31", "#007427", "#8f6200", "#0065ca", "#a03196", "#1f7a7a", "#6b6f78",
    "#6b6f78", "#d3373e", "#00853a", "#946400", "#0a70dd", "#b83dab", "#1b8080", "#3e424d",
)  # fmt: skip
DARK: Final = (
    "#7a7f8c", "#f0716d", "#3dbd79", "#ddb62b", "#58a9ff", "#dd7fd3", "#60c6c8", "#c5c1b4",
    "#8f94a1", "#ff8f8b", "#62d69a", "#f0cf5e", "#7fbdff", "#eea0e6", "#86dfe0", "#f2efe6",
)  # fmt: skip

_CLASS: Final = "bw-printed-log"
_SGR: Final = re.compile(r"\x1b\[[0-9;:]*m")
_LONGEST_CODE: Final = 280
_SHAPES: Final = {
    "bold": "font-weight:700", "faint": "opacity:.65", "hidden": "visibility:hidden", "italic": "font-style:italic",
}  # fmt: skip
_DECORATIONS: Final = {"underline": "underline", "strike": "line-through", "overline": "overline"}

_Shown: TypeAlias = Callable[[str], str]


def plain_text(text: str) -> str:
    """The text without colours, other escape sequences and control characters; newlines and tabs stay."""
    return CONTROL.sub(lambda match: match[0] if match[0] in "\n\t" else "", text) if text else ""


def log_as_text(text: str) -> str:
    """The last lines of a log without colours, and before them how many are left out."""
    shown, left_out = _last_lines(text, plain_text)
    return "\n".join([*_note(left_out), *shown])


def log_as_html(text: str) -> str:
    """The last lines of a log as an HTML fragment with its own style, and before them how many are left out."""
    shown, left_out = _last_lines(text, _Line(Styles()).html)
    notes = "".join(f'<div class="bw-left-out">{note}</div>' for note in _note(left_out))
    # A newline right behind <pre> would be dropped.
    body = "\n" + "\n".join(shown)
    return f'<div class="{_CLASS}"><style>{_STYLE}</style>{notes}<pre>{body}</pre></div>'


def _note(left_out: int) -> list[str]:
    if not left_out:
        return []
    lines = "1 line" if left_out == 1 else f"{left_out:,} lines"
    return [f"… {lines} before these not shown here; print() shows the whole text"]


def _last_lines(text: str, shown_as: _Shown) -> tuple[list[str], int]:
    """The last lines as they are shown, and how many others there are."""
    candidates = text.rsplit("\n", MAX_LINES)[-MAX_LINES:]
    shown: list[str] = []
    size = 0
    for line in reversed(candidates):
        made = _shown_line(line, shown_as)
        size += len(made) + 1
        if shown and size > MAX_CHARACTERS:
            break
        shown.append(made)
    return shown[::-1], text.count("\n") + 1 - len(shown)


def _shown_line(line: str, shown_as: _Shown) -> str:
    if len(line) <= MAX_LINE_CHARACTERS:
        return shown_as(line)
    end = MAX_LINE_CHARACTERS
    code = line.rfind("\x1b", end - _LONGEST_CODE, end)
    if code >= 0 and (match := _SGR.match(line, code)) and match.end() > end:
        end = code
    return f"{shown_as(line[:end])} … {len(line) - end:,} more characters"


class _Line:
    """Lines as HTML. Each begins without colours, as on the page."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._css: dict[str, str] = {}

    def html(self, line: str) -> str:
        """One line: its text escaped, its colours as spans."""
        if "\x1b" not in line:
            return html.escape(plain_text(line), quote=False)
        pieces: list[str] = []
        style, place = DEFAULT, 0
        for match in _SGR.finditer(line):
            self._add(pieces, line[place : match.start()], style)
            style, place = self._styles.after(style, match[0]), match.end()
        self._add(pieces, line[place:], style)
        return "".join(pieces)

    def _add(self, pieces: list[str], text: str, style: str) -> None:
        text = html.escape(plain_text(text), quote=False)
        if not text:
            return
        css = self._css.get(style)
        if css is None:
            css = self._css[style] = _css(self._styles.attributes(style))
        pieces.append(f'<span style="{css}">{text}</span>' if css else text)


def _css(attributes: dict[str, str]) -> str:
    front, back = _colour(attributes.get("front", "")), _colour(attributes.get("back", ""))
    if "inverse" in attributes:
        front, back = back or "var(--bw-black)", front or "var(--bw-white)"
    # On a ground of its own, text without a colour, or black text, takes that of the page.
    if back and front in ("", "var(--bw-black)"):
        front = "var(--bw-ground)"
    found = [f"color:{front}"] if front else []
    if back:
        found.append(f"background:{back}")
    found += [css for name, css in _SHAPES.items() if name in attributes]
    if drawn := [css for name, css in _DECORATIONS.items() if name in attributes]:
        found.append(f"text-decoration:{' '.join(drawn)}")
    return ";".join(found)


def _colour(code: str) -> str:
    """CSS for the SGR parameters of a foreground or background; empty where they name no colour."""
    numbers = [int(part[:6]) if part[:6].isdecimal() else 0 for part in re.split("[;:]", code)]
    first = numbers[0]
    if 30 <= first <= 37 or 40 <= first <= 47:
        return _named(first % 10)
    if 90 <= first <= 97 or 100 <= first <= 107:
        return _named(first % 10 + 8)
    if numbers[1:2] == [5] and len(numbers) >= 3:
        return _of_palette(numbers[2])
    if numbers[1:2] == [2] and len(numbers) >= 5 and max(numbers[-3:]) < 256:
        return "rgb({},{},{})".format(*numbers[-3:])
    return ""


def _named(number: int) -> str:
    return f"var(--bw-{'bright-' if number > 7 else ''}{NAMES[number % 8]})"


def _of_palette(number: int) -> str:
    """The colours of xterm: the named colours, a cube of 6 x 6 x 6, then 24 greys."""
    if number < 16:
        return _named(number)
    if number > 255:
        return ""
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return f"rgb({grey},{grey},{grey})"
    steps = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
    return "rgb({},{},{})".format(*(step and 55 + step * 40 for step in steps))


def _variables(colours: tuple[str, ...]) -> str:
    return "".join(f"--bw-{_named(number)[9:-1]}:{colour};" for number, colour in enumerate(colours))


# Ground and text are set as well, so that the colours fit them on a page without a theme of its own.
# Jupyter marks its body with data-jp-theme-light, VS Code with data-vscode-theme-kind.
_STYLE: Final = (
    f".{_CLASS}{{{_variables(LIGHT)}--bw-plain-ground:#fff;--bw-plain-ink:#212121;"
    "--bw-ground:var(--jp-layout-color0,var(--vscode-editor-background,var(--bw-plain-ground)));"
    "background:var(--bw-ground);color:var(--jp-content-font-color1,var(--vscode-foreground,var(--bw-plain-ink)))}"
    f'[data-jp-theme-light="false"] .{_CLASS},[data-vscode-theme-kind$="dark"] .{_CLASS},'
    f'[data-vscode-theme-kind="vscode-high-contrast"] .{_CLASS}{{{_variables(DARK)}}}'
    "@media (prefers-color-scheme:dark){"
    f"body:not([data-jp-theme-light]):not([data-vscode-theme-kind]) .{_CLASS}"
    f"{{{_variables(DARK)}--bw-plain-ground:#1f1f1f;--bw-plain-ink:#dedede}}}}"
    f".{_CLASS} pre{{margin:0;padding:0;background:none;color:inherit;white-space:pre-wrap;overflow-wrap:anywhere}}"
    f".{_CLASS} .bw-left-out{{opacity:.75;font-style:italic}}"
)
