"""What a user gives in which a secret stands: stored without it, and whole again in the build's own process.

Whoever writes the value of a secret variable into a command or a prompt wants it to be used; the database is not to
have it. So the spec keeps ``***`` to show, and beside it the text in parts, where the variable stands for its value.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from buildwidget.errors import LaunchError
from buildwidget.protocol.events import NotebookRef
from buildwidget.runner.secrets import MASK, Masker, Secret, secrets_in, split_environment, value_patterns
from buildwidget.runner.secrets.folding import Folded, gaps_in, squeeze
from buildwidget.runner.secrets.forms import form
from buildwidget.runner.secrets.matcher import Found

Part: TypeAlias = str | dict[str, Any]
"""A text, or where to take it from: ``{"secret": variable, "place": which of its secrets, "form": how it is written}``.

``start`` and ``end`` (bytes of the form without blanks) are there where it is a piece, ``swap`` where its letters are
small for capital and capital for small.
"""

HIDDEN_VARIABLE: Final = "BUILDWIDGET_HIDDEN_"
"""Variables that carry what only a pattern of the settings knows as a secret into the build's processes."""
_PLACES: Final = ("cwd", "python", "binary")


class Hider:
    """Hides the secrets of an environment in what is to be stored.

    Args:
        known: the secret variables, as ``split_environment`` gives them.

    Raises:
        ValueError: a pattern that is set is not taken.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self.secrets = dict(known)
        """The secret variables, and those that were made for what a pattern found."""
        self._owners: dict[Secret, tuple[str, int]] = {}
        found = [(name, *each) for name in sorted(known) for each in enumerate(secrets_in(name, known[name]))]
        # The variable that is the secret before one that only holds it, so that labels do not depend on the latter.
        for name, place, secret in sorted(found, key=lambda each: each[2].text != known[each[0]]):
            self._owners.setdefault(secret, (name, place))
        self._masker = Masker(self._owners, value_patterns())

    def mask(self, text: str) -> str:
        """The text as it may be shown."""
        return self._masker.mask(text)

    def label(self, text: str | None) -> str | None:
        """A text that tells one thing from another, such as a key: with the variable's name beside the mask.

        Texts with different secrets stay different, and the same text is the same label in every process that has
        the variables, whatever their values.
        """
        if text is None or self.mask(text) == text:
            return text
        label: list[str] = []
        before: str | list[Part] = ""
        for group in self._groups(self._masker.mask_patterns(text)):
            if isinstance(group, str):
                label.append(group)
            elif isinstance(before, str):  # what touches is one
                label.append(f"{MASK}({_first_secret(group)})")
            before = group or before
        return "".join(label)

    def notebook(self, notebook: NotebookRef | None) -> NotebookRef | None:
        """The notebook as it may be stored."""
        masked: NotebookRef | None = self._masker.mask_json(notebook)
        return masked

    def hide(self, text: str) -> tuple[str, list[Part]]:
        """The text as it may be stored, and its parts (none where it holds no secret)."""
        groups = self._groups(text)
        if all(isinstance(group, str) for group in groups):
            return text, []
        return self.mask(text), _joined(
            [part for each in groups for part in ([each] if isinstance(each, str) else each)]
        )

    def hide_command(self, command: str | list[str]) -> tuple[str | list[str], list[list[Part]] | None]:
        """The command as it may be stored, and the parts of each of its words (of a shell line: of the one line).

        No parts (None) where it holds no secret.
        """
        words = [command] if isinstance(command, str) else command
        hidden = [self.hide(word) for word in words]
        if not any(parts for _, parts in hidden):
            return command, None
        shown = [text for text, _ in hidden]
        return shown[0] if isinstance(command, str) else shown, [parts for _, parts in hidden]

    def split(self, env: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The variables that may be stored, and those that may not: also those in which another one's secret stands.

        Raises:
            LaunchError: a name holds a secret.
        """
        plain, secret = split_environment(env)
        for name, value in list(plain.items()):
            if self.mask(name) != name:
                raise LaunchError(f"The name of the variable {self.mask(name)} holds a secret.", field="env")
            if self.mask(value) != value:
                secret[name] = plain.pop(name)
        return plain, secret

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Errors of a launch are said without the secrets that were given."""
        try:
            yield
        except LaunchError as error:
            message = self.mask(str(error))
            if message == str(error):
                raise
            raise LaunchError(message, field=error.field, code=error.code) from None

    def _groups(self, text: str) -> list[str | list[Part]]:
        """The text in turn as what is no secret, and the parts of each secret."""
        if not self._masker:
            return [text]
        raw = _bytes(text)
        groups: list[str | list[Part]] = []
        at = 0
        for found in self._found(raw):
            if found.end <= at:
                continue
            begin = max(found.start, at)
            groups += (*self._of_patterns(raw[at:begin]), self._of_secret(raw, begin, found))
            at = found.end
        return [*groups, *self._of_patterns(raw[at:])]

    def _found(self, raw: bytes) -> list[Found]:
        matcher = self._masker.matcher
        if not matcher:
            return []
        found = matcher.find(Folded(raw))
        cut = matcher.cut_at(raw, {each.end for each in found})
        return sorted([*found, cut] if cut else found, key=lambda each: (each.start, -each.end))

    def _of_secret(self, raw: bytes, begin: int, found: Found) -> list[Part]:
        """What stands between two places, as pieces of the secret's form and what is between them."""
        spelling = found.spelling
        secret = self._masker.secrets[spelling.secret]
        name, place = self._owners[secret]
        exact = squeeze(_bytes(form(secret.text, spelling.form)))
        start = spelling.start + found.skipped + len(squeeze(raw[found.start : begin]))
        piece = raw[begin : found.end]
        written, gaps = squeeze(piece), gaps_in(piece)
        parts: list[Part] = []
        for first, last, swap in _runs(written, exact[start : start + len(written)], gaps):
            if first in gaps and first > 0:
                parts.append(_text(gaps[first]))
            part: dict[str, Any] = {"secret": name, "place": place, "form": spelling.form}
            if (start + first, start + last) != (0, len(exact)):
                part |= {"start": start + first, "end": start + last}
            parts.append({**part, "swap": True} if swap else part)
        return parts

    def _of_patterns(self, raw: bytes) -> list[str | list[Part]]:
        """A text without secrets of variables; what a pattern finds in it becomes a variable."""
        values = self._masker.patterns.find(raw) if self._masker.patterns else set()
        parts: list[str | list[Part]] = []
        while values:
            place, value = min((raw.find(value), value) for value in values)
            if place < 0:
                values.discard(value)
                continue
            parts += (_text(raw[:place]), [{"secret": self._variable_for(_text(value)), "form": "value"}])
            raw = raw[place + len(value) :]
        return [*parts, _text(raw)]

    def _variable_for(self, value: str) -> str:
        known = next((name for name, text in self.secrets.items() if text == value), None)
        if known is None:
            number = sum(name.startswith(HIDDEN_VARIABLE) for name in self.secrets) + 1
            known = f"{HIDDEN_VARIABLE}{number}"
            self.secrets[known] = value
        return known


def hider_for(given: Mapping[str, str] | None = None) -> Hider:
    """A hider of this process's secrets and those in the variables that are given to a build.

    Raises:
        LaunchError: a pattern that is set is not taken.
    """
    known = split_environment({**os.environ, **(given or {})})[1]
    try:
        return _hider(tuple(sorted(known.items())), tuple(value_patterns()))
    except ValueError as error:
        raise LaunchError(str(error), field="env") from None


@functools.lru_cache(maxsize=4)
def _prepared(known: tuple[tuple[str, str], ...], _patterns: tuple[str, ...]) -> Hider:
    return Hider(dict(known))


def _hider(known: tuple[tuple[str, str], ...], patterns: tuple[str, ...]) -> Hider:
    prepared = _prepared(known, patterns)
    fresh = Hider.__new__(Hider)
    fresh.__dict__.update(prepared.__dict__, secrets=dict(prepared.secrets))
    return fresh


def whole_text(shown: str, parts: Sequence[Part] | None, environment: Mapping[str, str]) -> str:
    """The text as it is to be used, from what ``Hider.hide`` gave; as it is shown if a variable is not known here."""
    if not parts or not secret_names(parts) <= environment.keys():
        return shown
    pieces = [_bytes(part) if isinstance(part, str) else _value(part, environment) for part in parts]
    return _text(b"".join(pieces))


def whole_command(spec: Mapping[str, Any], environment: Mapping[str, str]) -> str | list[str]:
    """The command of a build's spec as it is to be run."""
    shown = spec["command"]
    words = [shown] if isinstance(shown, str) else shown
    parts = spec.get("command_parts") or [None] * len(words)
    whole = [whole_text(word, each, environment) for word, each in zip(words, parts, strict=True)]
    return whole[0] if isinstance(shown, str) else whole


def hide_places(spec: dict[str, Any], hider: Hider) -> dict[str, Any]:
    """The spec with its directory and programs as they may be stored, and their parts in ``place_parts``."""
    hidden = {name: hider.hide(spec[name]) for name in _PLACES if isinstance(spec.get(name), str)}
    parts = {name: each for name, (_, each) in hidden.items() if each}
    if not parts:
        return spec
    return {**spec, **{name: text for name, (text, _) in hidden.items()}, "place_parts": parts}


def whole_places(spec: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The spec with its directory and programs as they are, as far as the environment (default: ours) knows them."""
    known = os.environ if environment is None else environment
    parts = spec.get("place_parts") or {}
    return {**spec, **{name: whole_text(spec[name], each, known) for name, each in parts.items()}}


def secret_names(parts: Sequence[Part]) -> set[str]:
    """The variables that the parts need."""
    return {part["secret"] for part in parts if isinstance(part, dict)}


def _value(part: Mapping[str, Any], environment: Mapping[str, str]) -> bytes:
    value = environment[part["secret"]]
    if part.get("form") == "value":
        return _bytes(value)
    secrets = secrets_in(part["secret"], value)
    if "form" not in part or part["place"] >= len(secrets):
        return MASK.encode()
    exact = squeeze(_bytes(form(secrets[part["place"]].text, part["form"])))
    piece = exact[part.get("start") : part.get("end")]
    return piece.swapcase() if part.get("swap") else piece


def _runs(written: bytes, exact: bytes, gaps: Mapping[int, bytes]) -> Iterator[tuple[int, int, bool]]:
    """The runs of bytes without a gap that are all as they should be, or all with the case of the letters swapped."""
    first = 0
    swapped = False
    for place in range(len(written) + 1):
        if place < len(written):
            differs = written[place] != exact[place]
            if place == first:
                swapped = differs
            if place not in gaps and (differs == swapped or place == first):
                continue
            if place == first:
                continue
        if place > first:
            yield first, place, swapped
        first = place
        swapped = place < len(written) and written[place] != exact[place]


def _first_secret(parts: Sequence[Part]) -> str:
    return next(str(part["secret"]) for part in parts if isinstance(part, dict))


def _joined(parts: Sequence[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        if part and isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part:
            joined.append(part)
    return joined


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair, which nothing stores
        return text.encode("utf-8", "replace")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
