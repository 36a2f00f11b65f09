from __future__ import annotations

import pytest

from buildwidget.runner.terminal import styles
from buildwidget.runner.terminal.styles import DEFAULT, Styles


def after(*codes: str) -> dict[str, str]:
    of, style = Styles(), DEFAULT
    for code in codes:
        style = of.after(style, f"\x1b[{code}m")
    return of.attributes(style)


@pytest.mark.parametrize(
    ("codes", "attributes"),
    [
        (["31"], {"front": "31"}),
        (["91", "104"], {"front": "91", "back": "104"}),
        (["1;3;4"], {"bold": "1", "italic": "3", "underline": "4"}),
        (["1;2", "22"], {}),
        (["31", "39"], {}),
        (["31;44", "49"], {"front": "31"}),
        (["4:3"], {"underline": "4:3"}),
        (["4", "4:0"], {}),
        (["38;5;208"], {"front": "38;5;208"}),
        (["38;2;1;2;3;1"], {"front": "38;2;1;2;3", "bold": "1"}),
        (["48:2::1:2:3"], {"back": "48:2::1:2:3"}),
        (["58;5;1", "59"], {}),
        (["31", ""], {}),
        (["31", "0;1"], {"bold": "1"}),
        (["31", ";1"], {"bold": "1"}),
        (["31", "999"], {"front": "31"}),
    ],
)
def test_codes_add_up(codes: list[str], attributes: dict[str, str]) -> None:
    assert after(*codes) == attributes


def test_equal_styles_are_one_character_however_they_came_about() -> None:
    of = Styles()
    one = of.after(of.after(DEFAULT, "\x1b[31m"), "\x1b[1m")
    assert len(one) == 1
    assert one == of.after(DEFAULT, "\x1b[1;31m")
    assert of.after(one, "\x1b[0m") == DEFAULT


def test_a_style_is_written_in_one_code() -> None:
    of = Styles()
    red = of.after(DEFAULT, "\x1b[31m")
    bold = of.after(DEFAULT, "\x1b[1m")
    assert of.code(DEFAULT, red) == "\x1b[31m"
    assert of.code(bold, red) == "\x1b[0;31m"
    assert of.code(red, DEFAULT) == "\x1b[0m"


def test_styles_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(styles, "_MAX_STYLES", 5)
    of = Styles()
    found = [of.after(DEFAULT, f"\x1b[38;5;{number}m") for number in range(100)]
    assert len(set(found)) == 5
    assert found[-1] == DEFAULT
    assert len(of._after) <= 2 * 5 + 1
