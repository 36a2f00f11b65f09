"""Every form of a secret is masked, wherever it is cut, wrapped and coloured."""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
import string
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.runner.secrets import Masker
from buildwidget.runner.secrets.forms import form, forms_of
from tests.unit.runner.secrets.feeding import fed

CHARACTERS = string.ascii_letters + string.digits + "+/=-_.~!@#$%^&*()[]{}<>'\"\\ "


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _url64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "reversed": lambda text: text[::-1],
    "small": str.lower,
    "capitals": str.upper,
    "base64": _b64,
    "base64 without padding": lambda text: _b64(text).rstrip("="),
    "base64url": lambda text: _url64(text).rstrip("="),
    "basic": lambda text: f"Basic {_b64(f'me:{text}')}",
    "basic, other user": lambda text: f"Basic {_b64(f'user1:{text}')}",
    "basic, third user": lambda text: f"Basic {_url64(f'admin:{text}')}",
    "echo | base64": lambda text: _b64(f"{text}\n"),
    "base64 of base64": lambda text: _b64(json.dumps({"auth": _b64(f"u:{text}")})),
    "quote": quote,
    "quote all": lambda text: quote(text, safe=""),
    "quote_plus": quote_plus,
    "quoted in small letters": lambda text: quote(text, safe="").lower(),
    "html": html.escape,
    "html twice": lambda text: html.escape(html.escape(text)),
    "html, decimal": lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "html, every character": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "json": json.dumps,
    "json twice": lambda text: json.dumps(json.dumps(text)),
    "json, by number": lambda text: "".join(letter if letter.isalnum() else f"\\u{ord(letter):04X}" for letter in text),
    "json, html safe": lambda text: (
        json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "repr": repr,
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "hexadecimal, colons": lambda text: text.encode().hex(":"),
    "hexadecimal, blanks": lambda text: text.encode().hex(" "),
    "hexadecimal, escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32, in a pair": lambda text: base64.b32encode(f"me:{text}".encode()).decode(),
    "decimal, blanks": lambda text: " ".join(map(str, text.encode())),
    "repr of utf-16": lambda text: repr(text.encode("utf-16")),
    "xml attribute": saxutils.quoteattr,
    "list of bytes": lambda text: str(list(text.encode())),
    "shell": shlex.quote,
    "utf-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
}
BROKEN: dict[str, Callable[[str], str]] = {
    "whole": str,
    "fold -w 20": lambda text: "\n".join(text[at : at + 20] for at in range(0, len(text), 20)),
    "wrapped at 76": lambda text: "\r\n".join(textwrap.wrap(text, 76, break_on_hyphens=False, drop_whitespace=False)),
    "terminal of 120": lambda text: f"{'x' * 110} {text[:9]}\n{text[9:]}",
    "indented": lambda text: text[:11] + "\n        " + text[11:],
    "coloured": lambda text: f"{text[:5]}\x1b[01;31m\x1b[K{text[5:8]}\x1b[m\x1b[K{text[8:]}",
    "rainbow": lambda text: "".join(f"\x1b[38;2;{at % 256};20;30m{letter}\x1b[0m" for at, letter in enumerate(text)),
    "tput": lambda text: f"{text[:6]}\x1b(B\x1b[m{text[6:]}",
}
"""A program that wraps its output drops no blank of a secret here, so what is masked is all of it."""


def traces(written: str, others: list[str], shown: str) -> list[str]:
    """Pieces of eight characters that are still there of what was written, each of which the secret decides."""
    left = flat(shown).lower()
    decided = [any(other[at : at + 1] != letter for other in others) for at, letter in enumerate(written)]
    places = [at for at in range(len(written) - 7) if all(decided[at : at + 8])]
    return [piece for at in places if (piece := written[at : at + 8].lower()) in left]


def flat(text: str) -> str:
    return "".join(text.split()).replace("\0", "")


def drawn(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(CHARACTERS.replace(" ", ""), k=length))


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("written", WRITTEN)
def test_each_form_is_masked_however_it_is_broken(written: str, broken: str) -> None:
    dice = random.Random(f"{written} {broken}")
    for length in (8, 13, 24, 40, 90):
        secret, *twins = (drawn(dice, length) for _ in range(9))
        masker = Masker([secret])
        text = WRITTEN[written](secret)
        data = f"before {BROKEN[broken](text)} after\n".encode()
        whole = masker.mask(data.decode()).encode()
        assert b"***" in whole, (secret, whole)
        assert whole.startswith((b"before", b"bef"))
        assert whole.endswith(b" after\n")
        assert fed(masker, data, [dice.randrange(len(data)) for _ in range(12)]) == whole
        assert traces(flat(text), [flat(WRITTEN[written](twin)) for twin in twins], whole.decode()) == [], (
            secret,
            whole,
        )


def test_a_form_is_found_by_its_name() -> None:
    for name, text in forms_of("a/b'c\"d e<f>").items():
        assert form("a/b'c\"d e<f>", name) == text
    assert form("x", "no such form") == ""


def test_of_a_long_secret_the_common_forms_count() -> None:
    secret = "".join(random.Random(2).choices(string.ascii_letters, k=50_000))
    masker = Masker([secret])
    assert masker.mask(f"a {secret} b") == "a *** b"
    assert masker.mask(_b64(secret)) == "***"


values = st.lists(
    st.text(st.sampled_from(CHARACTERS + "é€😀\n"), min_size=8, max_size=40).filter(str.strip), max_size=3
)
ordinary = st.text(st.sampled_from(" abcxyz012\n\t\r\x1b[m=/"), max_size=30)


@settings(max_examples=300, deadline=None)
@given(
    values,
    st.lists(ordinary, max_size=6),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 10_000), max_size=20),
)
def test_a_stream_shows_what_the_whole_shows(
    secrets: list[str], texts: list[str], dice: random.Random, cuts: list[int]
) -> None:
    masker = Masker(secrets)
    pieces = []
    for text in texts:
        pieces.append(text)
        if secrets:
            known = forms_of(dice.choice(secrets))
            written = dice.choice(list(known.values()))
            pieces.append(written[: dice.choice([len(written), dice.randrange(len(written) + 1)])])
    data = "".join(pieces).encode()
    assert fed(masker, data, cuts) == masker.mask(data.decode()).encode()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.lists(st.integers(0, 1_000), max_size=10))
def test_nothing_else_is_changed(text: str, cuts: list[int]) -> None:
    masker = Masker(["Zq9#Zq9#Zq9#Zq9#", "0xDEADBEEF-0xDEADBEEF"])
    data = text.encode()
    assert masker.mask(text) is text
    assert fed(masker, data, cuts) == data
