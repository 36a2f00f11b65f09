"""The words and commands of a line for bash or sh, as far as they can be seen without running it. Pure, linear.

Nothing here decides what a line means: where it is not certain, a word has no value and a line has no commands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_BLANKS: Final = re.compile(r"(?:[ \t]|\\\n)+")
_COMMENT: Final = re.compile(r"#[^\n]*")
_REDIRECTION: Final = re.compile(r"(?:\d+(?=[<>]))?(?:&>>|&>|<<<|<<-?|<&|>&|>>|>\||<>|<(?!\()|>(?!\())")
_OPERATOR: Final = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[|&;()\n]")
_PIECE: Final = re.compile(
    r"""(?P<plain>[^\s'"`$\\&|;()<>*?\[\]{}~]+) | '(?P<single>[^']*)' | (?P<double>") | \\(?P<escaped>.)
    | \$'(?P<ansi>(?:[^'\\]|\\.)*)' | (?P<nested>\$\(|[<>]\(|`|\$\{) | (?P<unclear>\$\w*|[*?\[\]{}~$])""",
    re.VERBOSE | re.DOTALL,
)
_INSIDE: Final = re.compile(r"""[^\\"'`(){}$]+|\\.|'[^']*'|\$'(?:[^'\\]|\\.)*'|\$?[({]|[)}]|["`$']""", re.DOTALL)
_IN_QUOTES: Final = re.compile(r"""[^\\"`$]+|\\.|\$\(|\$\{|["`$]""", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")

LEADING: Final = frozenset(("if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"))
"""Words that another command follows."""
_MOST_NESTED: Final = 50


class Token(NamedTuple):
    """A word or an operator.

    Attributes:
        text: as it stands in the line.
        start: where it begins there.
        value: a word without its quotes; None for an operator, and where the shell would expand something.
        kind: ``word``, ``redirection``, or ``operator``.
    """

    text: str
    start: int
    value: str | None
    kind: str


@dataclass(slots=True)
class Command:
    """One simple command of a line, its redirections left out.

    Attributes:
        words: assignments and keywords that lead it too.
        before: the operator before it; "" at the beginning of the line.
        after: the operator behind it; "" at the end.
        redirected: its output, or its errors, go elsewhere.
    """

    before: str
    words: list[Token] = field(default_factory=list)
    after: str = ""
    redirected: bool = False

    @property
    def own(self) -> list[Token]:
        """The program and its arguments."""
        place = 0
        while place < len(self.words) and (
            self.words[place].text in LEADING or _ASSIGNMENT.match(self.words[place].text)
        ):
            place += 1
        return self.words[place:]

    @property
    def values(self) -> list[str]:
        """The program and its arguments; "" for a word that is not certain."""
        return [word.value or "" for word in self.own]


class _UnclearError(Exception):
    """The line cannot be split with certainty."""


def is_assignment(word: Token) -> bool:
    """Whether a word before a program sets a variable."""
    return _ASSIGNMENT.match(word.text) is not None


def tokens(line: str) -> list[Token] | None:
    """The words and operators of a line; None where they are not certain (a here-document, an open quote)."""
    try:
        return _tokens(line)
    except _UnclearError:
        return None


def commands(line: str) -> list[Command] | None:
    """The simple commands of a line in their order; None where they are not certain."""
    found = tokens(line)
    if found is None:
        return None
    made = [Command("")]
    redirected = False
    for token in found:
        if token.kind == "operator":
            if made[-1].words:
                made[-1].after = token.text
                made.append(Command(token.text))
            made[-1].before = token.text
            redirected = False
        elif token.kind == "redirection":
            redirected = True
            made[-1].redirected = made[-1].redirected or ">" in token.text
        elif redirected:
            redirected = False
        else:
            made[-1].words.append(token)
    return [command for command in made if command.words]


def _tokens(line: str) -> list[Token]:
    found: list[Token] = []
    place = 0
    while place < len(line):
        if blank := _BLANKS.match(line, place) or _COMMENT.match(line, place):
            place = blank.end()
        elif sign := _REDIRECTION.match(line, place):
            if sign[0].lstrip("0123456789") in ("<<", "<<-"):
                raise _UnclearError
            found.append(Token(sign[0], place, None, "redirection"))
            place = sign.end()
        elif sign := _OPERATOR.match(line, place):
            found.append(Token(sign[0], place, None, "operator"))
            place = sign.end()
        else:
            end, value = _word(line, place)
            found.append(Token(line[place:end], place, value, "word"))
            place = end
    return found


def _word(line: str, start: int) -> tuple[int, str | None]:
    """Where a word ends, and its value."""
    parts: list[str] = []
    place, certain = start, True
    while place < len(line) and (piece := _PIECE.match(line, place)):
        place = piece.end()
        kind = piece.lastgroup
        if kind == "double":
            place, text = _quoted(line, place)
            certain = certain and text is not None
            parts.append(text or "")
        elif kind == "nested":
            certain = False
            place = _after_nested(line, piece.start(), place)
        elif kind in ("unclear", "ansi"):
            certain = False
        elif piece[0] != "\\\n":
            parts.append(piece[kind or "plain"])
    if place == start:
        raise _UnclearError  # an open quote, or a backslash at the end
    return place, "".join(parts) if certain else None


def _quoted(line: str, place: int) -> tuple[int, str | None]:
    """Behind the closing quote, and the text up to it; None where the shell expands something in it."""
    parts: list[str] = []
    certain = True
    while place < len(line) and (piece := _IN_QUOTES.match(line, place)):
        place = piece.end()
        if piece[0] == '"':
            return place, "".join(parts) if certain else None
        if piece[0] in ("$(", "${", "`"):
            certain = False
            place = _after_nested(line, piece.start(), place)
        elif piece[0] == "$":
            certain = False
        elif piece[0][0] == "\\" and piece[0][1] in '\\"$`\n':
            parts.append(piece[0][1].strip("\n"))
        else:
            parts.append(piece[0])
    raise _UnclearError


def _after_nested(line: str, start: int, place: int) -> int:
    """Behind what a substitution closes with."""
    if line[start] == "`":
        end = line.find("`", place)
        if end < 0:
            raise _UnclearError
        return end + 1
    waiting = ["}" if line[place - 1] == "{" else ")"]
    while place < len(line) and (piece := _INSIDE.match(line, place)):
        place = piece.end()
        text = piece[0]
        if text == '"':
            # Quotes inside of a substitution inside of quotes: seldom, and not worth a second parser.
            waiting.pop() if waiting[-1] == text else waiting.append(text)
        elif text == waiting[-1]:
            waiting.pop()
        elif text.endswith(("(", "{")) and len(text) <= 2 and (waiting[-1] != '"' or text[0] == "$"):
            waiting.append(")" if text.endswith("(") else "}")
        elif text in ("`", "'") and waiting[-1] != '"':
            raise _UnclearError
        if not waiting:
            return place
        if len(waiting) > _MOST_NESTED:
            raise _UnclearError
    raise _UnclearError
