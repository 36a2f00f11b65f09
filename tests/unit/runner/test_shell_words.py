from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.shell_words import commands, tokens


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("make -j4", [["make", "-j4"]]),
        ("A=1 B='x y' python train.py", [["python", "train.py"]]),
        ("cd /tmp && make > log 2>&1", [["cd", "/tmp"], ["make"]]),
        ("nohup python train.py > 'my log' 2>&1 &", [["nohup", "python", "train.py"]]),
        ("(python 'a b'.py & )", [["python", "a b.py"]]),
        ('echo "a $X" $(ls | wc -l) `date`; next', [["echo", "", "", ""], ["next"]]),
        ("for i in 1 2; do echo x & done", [["for", "i", "in", "1", "2"], ["echo", "x"], ["done"]]),
        ("a # b & c\nd", [["a"], ["d"]]),
        ("if a; then b; fi", [["a"], ["b"], ["fi"]]),
        ("! time a |& b", [["a"], ["b"]]),
        ('echo "x)" ")" \\& \\; a\\ b', [["echo", "x)", ")", "&", ";", "a b"]]),
        ('f "$(echo ")" "(")" x', [["f", "", "x"]]),
        ("diff <(sort a) <(sort b) && c", [["diff", "", ""], ["c"]]),
        ("cat <<< 'a & b' | d", [["cat"], ["d"]]),
        ('a ${B:-"x}"} c', [["a", "", "c"]]),
        ("a \\\n b", [["a", "b"]]),
        ("", []),
        ("# only", []),
    ],
)
def test_commands_of_a_line(line: str, expected: list[list[str]]) -> None:
    found = commands(line)
    assert found is not None
    assert [command.values for command in found] == expected


@pytest.mark.parametrize("line", ["cat <<EOF\na & b\nEOF", "echo 'open", 'echo "open', "echo $(open", "a `b", "a\\"])
def test_what_is_not_certain_has_no_commands(line: str) -> None:
    assert commands(line) is None


def test_operators_around_a_command() -> None:
    found = commands("a | b && (c & ) ; d &")
    assert found is not None
    assert [(command.before, command.values[0], command.after) for command in found] == [
        ("", "a", "|"),
        ("|", "b", "&&"),
        ("(", "c", "&"),
        (";", "d", "&"),
    ]


WORDS = st.text(alphabet="ab'\"\\ \t=#-./:é", max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_certain_words_are_what_the_shell_makes_of_them(parts: list[str]) -> None:
    line = " ".join(parts)
    asked = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' x {line}"], capture_output=True, check=False, text=True, timeout=10
    )
    found = tokens(f"x {line}")
    if found is None or any(token.value is None for token in found) or asked.returncode:
        return
    assert [token.value for token in found] == asked.stdout.split("\0")[:-1]


@given(st.text(alphabet="a'\"\\ $(){}`&|;<>#\n*~", max_size=40))
def test_any_text_is_split_or_given_up(line: str) -> None:
    found = tokens(line)
    if found is not None:
        assert all(line.startswith(token.text, token.start) for token in found)
