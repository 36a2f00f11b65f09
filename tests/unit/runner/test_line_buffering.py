"""Real programs in real pipes: each line is there before the next one is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from buildwidget.runner.line_buffering import line_buffered
from buildwidget.runner.shell import shell_arguments

ENV = {"PATH": os.environ["PATH"]}
PERL = "PERL5OPT='-Mvars;$|=1'"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory with a C program, a Perl script and a shell script."""
    (tmp_path / "c.c").write_text(
        "#include <stdio.h>\n"
        'int main(void) { char line[99]; while (fgets(line, 99, stdin)) printf("c %s", line); return 3; }\n'
    )
    if shutil.which("gcc") is None:
        pytest.skip("there is no C compiler")
    subprocess.run(["gcc", "-o", "c", "c.c"], cwd=tmp_path, check=True)
    for name, text in (
        ("p.pl", '#!/usr/bin/env perl\nwhile (<STDIN>) { print "p $_"; }\n'),
        ("s.sh", "#!/bin/sh\ncat\n"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o700)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("./c | cat", "c one"),
        ("./c |& tee log", "c one"),
        ("A=1 timeout 60 ./c | nice -n 1 ./c | cat", "c c one"),
        ("(./c; true) | cat", "c one"),
        ("while true; do ./c; break; done | cat", "c one"),
        ("./p.pl | cat", "p one"),
        ("perl -ne 'print' | cat", "one"),
        ("cat | grep --color=never one | sed 's/one/two/' | tr a-z A-Z | cat", "TWO"),
        ("awk '{ print \"awk\", $1 }' | cat", "awk one"),
        ("./s.sh | cut -c1-2 | uniq | cat", "on"),
    ],
)
def test_a_line_comes_before_the_next_one_is_made(line: str, first: str, programs: Path) -> None:
    changed = line_buffered(line, cwd=str(programs), env=ENV)
    assert isinstance(changed, str)
    with subprocess.Popen(
        shell_arguments(changed), cwd=programs, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # uniq and its like print a line when the next one differs.
        process.stdin.write(b"one\n" if "uniq" not in line else b"one\nxx\n")
        process.stdin.flush()
        assert process.stdout.readline().decode().strip() == first
        process.stdin.close()


def test_on_pipes_a_program_by_itself_is_asked_too(programs: Path) -> None:
    assert line_buffered(["./c", "a"], cwd=str(programs), env=ENV, pty=False) == ["stdbuf", "-oL", "./c", "a"]
    assert line_buffered(["./c", "a"], cwd=str(programs), env=ENV) == ["./c", "a"]
    assert line_buffered("./c; ./p.pl", cwd=str(programs), env=ENV, pty=False) == f"stdbuf -oL ./c; env {PERL} ./p.pl"


def test_the_exit_code_is_the_programs_own(programs: Path) -> None:
    line = line_buffered("set -o pipefail; ./c | cat", cwd=str(programs), env=ENV)
    done = subprocess.run(shell_arguments(str(line)), cwd=programs, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 3


@pytest.mark.parametrize(
    "line",
    [
        "./c",
        "./c > log; cat log | tee x",
        "make | tee log",
        "python x.py | tee log",
        "./s.sh | tee log",
        "$PROGRAM | tee log",
        "echo './c | cat'",
        "cat <<EOF | ./c | tee log\nx\nEOF",
        "./missing | tee log",
        "bash -c './c' | tee log",
    ],
)
def test_everything_else_stays_as_it_is(line: str, programs: Path) -> None:
    assert line_buffered(line, cwd=str(programs), env=ENV) == line


def test_a_function_of_the_same_name_stays(programs: Path) -> None:
    env = {**ENV, "BASH_FUNC_grep%%": "() { cat; }"}
    assert line_buffered("grep x | cat", cwd=str(programs), env=env) == "grep x | cat"
    assert line_buffered("grep x | cat", cwd=str(programs), env=ENV) == "stdbuf -oL grep x | cat"


def test_options_for_perl_that_are_there_stay(programs: Path) -> None:
    line = line_buffered("perl -e 1 | cat", cwd="/", env={**ENV, "PERL5OPT": "-w"})
    assert line == "env PERL5OPT='-w -Mvars;$|=1' perl -e 1 | cat"


def test_without_stdbuf_nothing_is_asked(programs: Path) -> None:
    assert line_buffered("./c | cat", cwd=str(programs), env={"PATH": "/nowhere"}) == "./c | cat"


def test_a_program_with_a_sanitizer_is_started_as_it_is(programs: Path) -> None:
    built = subprocess.run(["gcc", "-fsanitize=address", "-o", "c", "c.c"], cwd=programs, check=False)
    if built.returncode:
        pytest.skip("this compiler has no sanitizer")
    assert line_buffered("./c | cat", cwd=str(programs), env=ENV) == "./c | cat"
