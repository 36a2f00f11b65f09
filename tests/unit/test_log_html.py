"""The text of a log in the output of a cell: a string, its HTML, and its plain text."""

from __future__ import annotations

import copy
import pickle
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from buildwidget import log_html
from buildwidget.fingerprint import fingerprint_of_call
from buildwidget.log_text import LogText

STYLE_SHEET = Path(log_html.__file__).parent / "frontend/core/view/style.css"
RED = "\x1b[1;31mred\x1b[0m"


class Parsed(HTMLParser):
    """The elements of a fragment, the text of its ``pre``, and that of its notes."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.spans: list[tuple[str, str]] = []
        self._css = ""
        self.feed(fragment)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self._css = dict(attrs).get("style") or ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] == "span":
            self.spans.append((data, self._css))
        place = "pre" if "pre" in self.open else "style" if "style" in self.open else "note"
        self.text[place] = self.text.get(place, "") + data


def parsed(text: str) -> Parsed:
    fragment = LogText(text)._repr_html_()
    assert fragment is not None
    return Parsed(fragment)


def shown(text: str) -> str:
    """The text of the ``pre``, without the newline behind its tag, which browsers drop."""
    body = parsed(text).text["pre"]
    assert body.startswith("\n")
    return body[1:]


def test_it_is_a_str() -> None:
    text = LogText(f"one\n{RED} <b>")
    same = f"one\n{RED} <b>"
    assert text == same
    assert hash(text) == hash(same)
    assert f"{text}" == str(text) == same
    assert type(str(text)) is str
    assert text.splitlines() == same.splitlines()
    assert text + "x" == same + "x"
    assert RED in text
    for other in (pickle.loads(pickle.dumps(text)), copy.copy(text), copy.deepcopy(text)):
        assert type(other) is str
        assert other == same


def test_as_an_argument_it_is_compared_by_its_text() -> None:
    def work(log: str) -> int:
        return len(log)

    first, second = (fingerprint_of_call(work, (LogText("one\ntwo"),), {}) for _ in range(2))
    assert first.problem is None
    assert first == second
    assert first != fingerprint_of_call(work, (LogText("one\nthree"),), {})


def test_print_keeps_colours_and_repr_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    text = LogText(f"a\tb\n{RED}\x1b]8;;http://x\x07link\x07")
    print(text)
    assert capsys.readouterr().out == f"a\tb\n{RED}\x1b]8;;http://x\x07link\x07\n"
    assert repr(text) == "a\tb\nredlink"


def test_a_cell_shows_it_rendered() -> None:
    shows, _ = DisplayFormatter().format(LogText(f"{RED} <i>"))  # type: ignore[no-untyped-call]
    assert shows["text/plain"] == "red <i>"
    assert "<pre>" in shows["text/html"]
    assert "<i>" not in shows["text/html"]
    assert "\x1b" not in shows["text/html"]


def test_an_empty_log_has_no_html() -> None:
    shows, _ = DisplayFormatter().format(LogText(""))  # type: ignore[no-untyped-call]
    assert shows == {"text/plain": "''"}


@pytest.mark.parametrize(
    ("code", "css"),
    [
        ("31", "color:var(--bw-red)"),
        ("92", "color:var(--bw-bright-green)"),
        ("1;2;3;8", "font-weight:700;opacity:.65;visibility:hidden;font-style:italic"),
        ("4;9", "text-decoration:underline line-through"),
        ("41", "color:var(--bw-ground);background:var(--bw-red)"),
        ("30;41", "color:var(--bw-ground);background:var(--bw-red)"),
        ("33;104", "color:var(--bw-yellow);background:var(--bw-bright-blue)"),
        ("7", "color:var(--bw-ground);background:var(--bw-white)"),
        ("7;31", "color:var(--bw-ground);background:var(--bw-red)"),
        ("7;31;44", "color:var(--bw-blue);background:var(--bw-red)"),
        ("38;5;9", "color:var(--bw-bright-red)"),
        ("38;5;208", "color:rgb(255,135,0)"),
        ("38;5;255", "color:rgb(238,238,238)"),
        ("38;2;10;200;120", "color:rgb(10,200,120)"),
        ("38:2::10:200:120", "color:rgb(10,200,120)"),
    ],
)  # fmt: skip
def test_colours_are_those_of_the_page(code: str, css: str) -> None:
    assert parsed(f"a\x1b[{code}mb\x1b[0mc").spans == [("b", css)]


@pytest.mark.parametrize("code", ["38;5;999", "38;5", "38;2;999;0;0", "", "0", "999", "1;22"])
def test_what_is_no_colour_is_none(code: str) -> None:
    assert (parsed(f"a\x1b[{code}mb").spans, shown(f"a\x1b[{code}mb")) == ([], "ab")


def test_colours_end_with_their_line() -> None:
    found = parsed("\x1b[31mred\nplain\n\x1b[1mbold")
    assert found.spans == [("red", "color:var(--bw-red)"), ("bold", "font-weight:700")]
    assert found.text["pre"] == "\nred\nplain\nbold"


def test_the_palettes_are_those_of_the_page() -> None:
    light, _, dark = STYLE_SHEET.read_text("utf-8").partition('[data-dark="true"]')
    for part, colours in ((light, log_html.LIGHT), (dark, log_html.DARK)):
        names = [*log_html.NAMES, *(f"bright-{name}" for name in log_html.NAMES)]
        found = [re.findall(rf"--bw-{name}: (#[0-9a-f]+);", part)[0] for name in names]
        assert found == list(colours)


def test_both_themes_have_their_palette() -> None:
    style = parsed("x").text["style"]
    assert style.count("{") == style.count("}")
    light, dark = f"--bw-red:{log_html.LIGHT[1]}", f"--bw-red:{log_html.DARK[1]}"
    assert style.startswith(".bw-printed-log{")
    assert light in style.partition("}")[0]
    for selector in ('[data-jp-theme-light="false"] .bw-printed-log', '[data-vscode-theme-kind$="dark"]'):
        assert dark in style.partition(selector)[2].partition("}")[0]
    assert dark in style.partition("prefers-color-scheme:dark")[2]


def test_of_many_lines_the_last_are_shown_and_the_others_counted() -> None:
    text = "\n".join(f"line {number}" for number in range(5_000))
    found = parsed(text)
    assert shown(text).split("\n") == [f"line {number}" for number in range(4_000, 5_000)]
    assert found.text["note"] == "… 4,000 lines before these not shown here; print() shows the whole text"
    assert repr(LogText(text)).split("\n") == [found.text["note"], *shown(text).split("\n")]
    assert "note" not in parsed("\n".join(["x"] * 1_000)).text


def test_a_long_line_is_cut_and_what_is_missing_is_counted() -> None:
    assert shown("x" * 50_000) == "x" * 20_000 + " … 30,000 more characters"
    cut = "x" * 19_998 + "\x1b[31mred"
    assert shown(cut) == "x" * 19_998 + " … 8 more characters"


@pytest.mark.parametrize("line", ["<" * 20_000, "\x1b[31m&\x1b[32m&" * 2_000, "x" * 20_000, '"' * 300])
def test_the_html_is_bounded_whatever_the_lines_are(line: str) -> None:
    text = LogText("\n".join([line] * 3_000))
    found = parsed(text)
    fragment = text._repr_html_()
    assert fragment is not None
    assert len(fragment) < log_html.MAX_CHARACTERS + 4_000
    assert len(repr(text)) < log_html.MAX_CHARACTERS + 4_000
    left_out = int(re.findall(r"([\d,]+) lines", found.text["note"])[0].replace(",", ""))
    assert left_out + shown(text).count("\n") + 1 == 3_000


def test_a_last_line_is_shown_however_much_markup_it_takes() -> None:
    text = LogText("first\n" + "".join(f"\x1b[3{number % 8};4{number % 7}m<" for number in range(100_000)))
    fragment = text._repr_html_()
    assert fragment is not None
    assert len(fragment) < 2 * log_html.MAX_CHARACTERS
    assert "more characters" in fragment


_PIECES = ["\x1b[31m", "\x1b[0m", "\x1b[38;5;9m", "\x1b[", "\x1b]0;", "\x07", "<b>", "&amp;", *"\n\t\ré漢\x00"]
_TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=30).map("".join)


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_any_text_is_only_text(text: str) -> None:
    if not text:
        return
    found = parsed(text)
    assert set(found.tags) <= {"div", "style", "pre", "span"}
    plain = log_html.plain_text(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown(text))
    assert repr(LogText(text)) == (plain or "''")
