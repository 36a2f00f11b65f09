"""Hostile values and outputs take time in proportion to their length."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable

import pytest

from buildwidget.launching import Options, prepare
from buildwidget.runner.secrets import Masker, secret_values, split_environment
from buildwidget.runner.secrets.names import is_ordinary, looks_secret
from buildwidget.runner.secrets.patterns import ValuePatterns

SECRETS = [
    "hunter2-hunter2",
    "aaaaaaaa",
    "my secret pass phrase",
    "ab/cd+ef==ghijkl",
    "-----BEGIN A-----\n" + "QUJD" * 40,
]
UNITS = {
    "x": "x",
    "a": "a",
    "spaces": " ",
    "newlines": "\n",
    "begun": "hunter2-hunter",
    "begun lines": "hunt\n",
    "gaps": "a" + " " * 255,
    "wide gaps": "h" + "\n" * 300,
    "escapes": "\x1b[31m",
    "cut escapes": "\x1b[",
    "open strings": "\x1b]0;",
    "spaced": "h u n t e r ",
    "scheme": "a://",
    "users": "a://b:c@",
    "colons": ":",
    "at": "a@",
    "pairs": "a=",
    "quotes": "a='b=\"",
    "password": "password=",
    "keys": "_KEY",
    "base64": base64.b64encode(b"hunter2-hunter").decode(),
    "braces": "{",
    "json": '{"a":',
    "paths": "/a",
    "dots": "a.",
    "blank end": "A" * 16 + " ",
    "surrogates": "\udcff",
    "token": "bearer ",
    "placeholder": "<a",
    "sk": "sk-",
}
MASKER = Masker(SECRETS)
PATTERNS = Masker([], ["sk-[A-Za-z0-9]{20,}", "eyJ[a-z]+\\.[a-z]+"])


def streamed(text: str) -> None:
    stream, data = MASKER.stream(), text.encode("utf-8", "surrogateescape")
    for start in range(0, len(data), 4096):
        stream.feed(data[start : start + 4096])
    stream.finish()


ACTIONS: dict[str, Callable[[str], object]] = {
    "split": lambda text: split_environment({"A": text, "B_TOKEN": text, text: "x"}),
    "values": lambda text: secret_values({"A": text, "B_TOKEN": text}),
    "name": looks_secret,
    "ordinary": lambda text: is_ordinary("A_KEY", text),
    "mask": MASKER.mask,
    "stream": streamed,
    "patterns": PATTERNS.mask,
    "build": lambda text: Masker(secret_values({"B_TOKEN": text})),
}


def spent(action: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    action(text)
    return time.process_time() - began


@pytest.mark.parametrize("action", ACTIONS)
def test_four_times_the_input_takes_at_most_six_times_the_time(action: str) -> None:
    slow = []
    for name, unit in UNITS.items():
        small, large = (unit * (size // len(unit)) for size in (20_000, 80_000))
        ACTIONS[action](unit)
        for _ in range(5):  # a machine that is busy with something else is asked again
            took = spent(ACTIONS[action], small), spent(ACTIONS[action], large)
            if took[1] <= 6 * took[0] + 0.005:
                break
        else:
            slow.append((name, took))
    assert slow == []


@pytest.mark.parametrize("unit", ["x", "a://", "password=", "{"])
def test_a_megabyte_takes_seconds_at_most(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    for name, action in ACTIONS.items():
        took = spent(action, text)
        assert took < 8, (name, took)


def test_a_long_variable_delays_no_launch() -> None:
    value = base64.b64encode(random.Random(1).randbytes(75_000)).decode()
    for name in ("A", "A_TOKEN"):
        began = time.process_time()
        prepare("true", (), {}, Options(env={name: value}))
        assert time.process_time() - began < 1.5


def test_patterns_that_could_take_long_are_refused() -> None:
    for pattern in ("(a+)+$", "a*a*b", ".*x", "(a|aa){30}", "(a|aa)(a|aa)", "(?=x)y", "x*", "[", "(x)\\1", "(?i)sk-.+"):
        with pytest.raises(ValueError, match="pattern"):
            ValuePatterns([pattern])
