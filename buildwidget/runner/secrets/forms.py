"""The forms in which programs print a secret: encoded, escaped, in hexadecimal, backwards."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

Form = Callable[[str], str]

_EVERY_CHARACTER: Final = 1024
"""Up to so many characters a secret is looked for in forms that write each of its bytes as a number."""
_NESTED: Final = 256
"""Up to so many, base64 within base64 and of UTF-16 counts too."""
_ALL_FORMS: Final = 16 * 1024
"""Up to so many, all other forms count; of a longer one only ``_OF_LONG``."""
LONGEST: Final = 256 * 1024
"""What comes after so many characters of a secret is not looked for. No variable can be so long on Linux."""

_JAVASCRIPT_URI: Final = "!'()*~-_."
_HTML_SAFE: Final = ("<>&", "<>&'", "<>&'=", "<>&'\"", "<>", "<>&/", "<>&'\"/")
"""What JSON for pages writes as numbers: Go and Django, Rails and Jinja, Gson, PHP with its options (``\\/``)."""
_SPECIAL: Final = re.compile(r"[^A-Za-z0-9]")


def forms_of(text: str) -> dict[str, str]:
    """The forms by name, each text once; the first is ``plain``.

    Args:
        text: a secret; what is longer than LONGEST is cut there.
    """
    text = text[:LONGEST]
    found: dict[str, str] = {}
    seen: set[str] = set()
    for name, written in _written(text):
        if written and written not in seen:
            seen.add(written)
            found[name] = written
    return found


def form(text: str, name: str) -> str:
    """One form by its name; "" if the text has no such form."""
    return next((written for known, written in _written(text[:LONGEST]) if known == name), "")


def _written(text: str) -> Iterator[tuple[str, str]]:
    for name, write in _forms_for(len(text)).items():
        try:
            yield name, write(text)
        except UnicodeError:  # a surrogate, which no encoding holds
            continue


def _forms_for(length: int) -> Mapping[str, Form]:
    if length > _ALL_FORMS:
        return _OF_LONG
    known = _COMMON
    if length <= _EVERY_CHARACTER:
        known = {**known, **_NUMBERS}
    return {**known, **_NESTINGS} if length <= _NESTED else known


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _json(times: int, *, ascii_only: bool = True) -> Form:
    def write(text: str) -> str:
        for _ in range(times):
            text = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        return text

    return write


def _replaced(replacements: Mapping[str, str], then: Form = str) -> Form:
    table = str.maketrans(dict(replacements))
    return lambda text: then(text.translate(table))


def _escaped_specials(pattern: str, times: int = 0) -> Form:
    """Every character but letters and digits by its number."""
    return lambda text: _json(times)(_SPECIAL.sub(lambda match: pattern % ord(match[0]), text))


def _json_html(letters: str, times: int = 0) -> Form:
    r"""As JSON that is safe in a page: with a set of letters as ``\u00XX``."""
    escapes = {letter: f"\\u{ord(letter):04x}" for letter in letters} | {"/": "\\/"}

    def write(text: str) -> str:
        escaped = _json(1)(text)
        for letter in letters:
            escaped = escaped.replace('\\"' if letter == '"' else letter, escapes[letter])
        return _json(times)(escaped)

    return write


def _quoted(safe: str, times: int = 1) -> Form:
    def write(text: str) -> str:
        for _ in range(times):
            text = quote(_bytes(text), safe=safe)
        return text

    return write


def _numbers(pattern: str, between: str = "") -> Form:
    return lambda text: between.join(pattern % byte for byte in _bytes(text))


def _code_points(pattern: str) -> Form:
    return lambda text: "".join(pattern % ord(letter) for letter in text)


def _aligned(alphabet: bytes, shift: int, encoding: str = "utf-8") -> Form:
    """The base64 characters that the secret alone decides, with ``shift`` bytes of something else before it."""

    def write(text: str) -> str:
        data = text.encode(encoding, "surrogateescape")
        whole = base64.b64encode(b"\0" * shift + data, alphabet).decode()
        return whole[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6]

    return write


def _base64(alphabet: bytes, ending: str = "") -> Form:
    return lambda text: base64.b64encode(_bytes(text + ending), alphabet).decode()


def _base32(shift: int) -> Form:
    """As ``_aligned``, in base32: five bits a character."""

    def write(text: str) -> str:
        data = _bytes(text)
        whole = base64.b32encode(b"\0" * shift + data).decode()
        return whole[-(-8 * shift // 5) : 8 * (shift + len(data)) // 5]

    return write


def _old_javascript(text: str) -> str:
    """As JavaScript's ``escape`` writes it."""
    return re.sub(
        r"[^\w@*+\-./]|[^\x00-\x7f]",
        lambda match: f"%{ord(match[0]):02x}" if ord(match[0]) < 256 else f"%u{ord(match[0]):04x}",
        text,
    )


def _base64_lines(text: str) -> str:
    """As ``base64.encodebytes`` wraps it, printed by ``repr`` or as JSON."""
    return json.dumps(base64.encodebytes(_bytes(text)).decode())[1:-1]


def _nested(inner: int, outer: int) -> Form:
    first, second = _aligned(b"+/", inner), _aligned(b"+/", outer)
    return lambda text: second(first(text))


def _html(quotes: Mapping[str, str]) -> Form:
    return _replaced({"&": "&amp;", "<": "&lt;", ">": "&gt;", **quotes})


_HTML: Final[dict[str, Form]] = {
    "html": _html({}),
    "html-named": _html({'"': "&quot;", "'": "&#x27;"}),
    "html-decimal": _html({'"': "&#34;", "'": "&#39;"}),
    "html-mixed": _html({'"': "&quot;", "'": "&#39;"}),
    "html-hexadecimal": _html({'"': "&#x22;", "'": "&#x27;", "/": "&#x2f;", "=": "&#x3d;", "`": "&#x60;"}),
    "html-double-quotes": _html({'"': "&quot;"}),
    "html-single-quotes": _html({"'": "&#39;"}),
    "html-solidus": _html({'"': "&quot;", "'": "&#39;", "/": "&#x2f;", "=": "&#x3d;", "`": "&#x60;"}),
    "xml": _html({'"': "&quot;", "'": "&apos;"}),
    "html-double": lambda text: html.escape(html.escape(text)),
}
_BASE64: Final[dict[str, Form]] = {
    **{f"base64-{shift}": _aligned(b"+/", shift) for shift in range(3)},
    **{f"base64url-{shift}": _aligned(b"-_", shift) for shift in range(3)},
    "base64": _base64(b"+/"),
    "base64url": _base64(b"-_"),
    "base64-line": _base64(b"+/", "\n"),
    "base64-escaped": _base64_lines,
}
_COMMON: Final[dict[str, Form]] = {
    "plain": str,
    "capitals": str.upper,
    "small": str.lower,
    "reversed": lambda text: text[::-1],
    **{f"json-{times}": _json(times) for times in (1, 2, 3)},
    "json-unicode": _json(1, ascii_only=False),
    "json-solidus": lambda text: _json(1)(text).replace("/", "\\/"),
    "unicode": _escaped_specials("\\u%04x"),
    "unicode-double": _escaped_specials("\\u%04x", 1),
    **{f"json-html-{number}": _json_html(letters) for number, letters in enumerate(_HTML_SAFE)},
    **{f"json-html-{number}-twice": _json_html(letters, 1) for number, letters in enumerate(_HTML_SAFE)},
    "python": lambda text: repr(text)[1:-1],
    "python-ascii": lambda text: ascii(text)[1:-1],
    "backslashes": _replaced({"\\": "\\\\"}),
    "python-bytes": lambda text: repr(_bytes(text))[2:-1],
    "shell": _replaced({"'": "'\\''"}),
    "shell-quotes": _replaced({"'": "'\"'\"'"}),
    "shell-double": lambda text: re.sub(r'(["\\$`])', r"\\\1", text),
    "shell-bare": lambda text: re.sub(r"([^\w@%+=:,./\-])", r"\\\1", text),
    "markdown": lambda text: re.sub(r"([_*~`\[\]<>#|\\])", r"\\\1", text),
    "csv": _replaced({'"': '""'}),
    "sql": _replaced({"'": "''"}),
    "url": _quoted(""),
    "url-path": _quoted("/"),
    "url-plus": lambda text: quote_plus(_bytes(text)),
    "url-component": _quoted(_JAVASCRIPT_URI),
    "url-whole": _quoted(_JAVASCRIPT_URI + ";,/?:@&=+$#"),
    "url-double": _quoted("", 2),
    "url-javascript": _old_javascript,
    **_HTML,
    **_BASE64,
    **{f"base32-{shift}": _base32(shift) for shift in range(5)},
    **{f"base64-latin1-{shift}": _aligned(b"+/", shift, "latin-1") for shift in range(3)},
    "hexadecimal": lambda text: _bytes(text).hex(),
}
_NUMBERS: Final[dict[str, Form]] = {
    "hexadecimal-colons": _numbers("%02x", ":"),
    "hexadecimal-dashes": _numbers("%02x", "-"),
    "hexadecimal-escapes": _numbers("\\x%02x"),
    "hexadecimal-json": _numbers("\\\\x%02x"),
    "hexadecimal-list": _numbers("0x%02x", ","),
    "percents": _numbers("%%%02x"),
    "hexadecimal-utf16": lambda text: text.encode("utf-16-le").hex(),
    "utf16-escapes": lambda text: repr(text.encode("utf-16-le"))[2:-1],
    "utf16-json": "\\u0000".join,
    "decimal-list": _numbers("%d", ","),
    "decimal-blanks": _numbers("%d"),
    "decimal-dots": _numbers("%d", "."),
    "unicode-all": _code_points("\\u%04x"),
    "unicode-all-double": _code_points("\\\\u%04x"),
    "html-all": _code_points("&#%d;"),
    "html-all-hexadecimal": _code_points("&#x%x;"),
}
_NESTINGS: Final[dict[str, Form]] = {
    **{f"base64-{inner}-{outer}": _nested(inner, outer) for inner in range(3) for outer in range(3)},
    **{f"base64-utf16-{shift}": _aligned(b"+/", shift, "utf-16-le") for shift in range(3)},
}
_OF_LONG: Final[dict[str, Form]] = {
    name: _COMMON[name] for name in ("plain", "json-1", "base64-0", "base64-1", "base64-2", "base64")
}
