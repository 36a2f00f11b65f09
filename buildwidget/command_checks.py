"""What is checked of a command before anything is stored: whether the shell that will run it can begin with it.

Nothing of the command is run. A command is refused only if it cannot work for sure: what follows after ``;`` or ``||``
may well go on after a program that is not there.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from buildwidget.errors import LaunchError
from buildwidget.runner.conda import TOOLS, find_tool
from buildwidget.runner.shell import first_program_of_cmd, shell_knows, what_does_not_parse
from buildwidget.runner.shell_words import LEADING, Token, commands, is_assignment, tokens
from buildwidget.runner.start_failure import what_is_missing

_GOES_ON: Final = frozenset(("||", ";", "&", "\n"))
"""After one of these the shell goes on, whether it found the program before it or not."""
_SAFE_ASSIGNMENT: Final = re.compile(
    r"""[A-Za-z_]\w*=(?:[\w./:+@%,-]|\$(?=\w)|\$\{\w+\}|"(?:[\w./:+@%, -]|\$(?=\w)|\$\{\w+\})*"|'[^']*')*"""
)
"""Only variables are expanded in it."""
_NEW_SESSIONS: Final = frozenset(("new", "new-session", "neww", "new-window"))
_INTERPRETERS: Final[Mapping[str, str]] = {
    ".py": "python",
    ".sh": "bash",
    ".bash": "bash",
    ".r": "Rscript",
    ".jl": "julia",
    ".js": "node",
    ".mjs": "node",
    ".pl": "perl",
    ".rb": "ruby",
    ".ipynb": "jupyter execute",
}


class Program(NamedTuple):
    """What a line begins with.

    Attributes:
        word: the program as the shell sees it.
        setting: the assignments before it that the shell looks for it with.
    """

    word: str
    setting: str = ""


def check_command(
    command: object, *, cwd: str, path: str | None, env: Mapping[str, str] | None = None
) -> str | list[str]:
    """A shell line (a string) or the words of one program (a list), which the build can begin with.

    Args:
        command: what the user gave.
        cwd: the working directory it will have.
        path: the PATH it will have.
        env: its whole environment; default: this process's.

    Raises:
        LaunchError: it cannot work; the message says why.
    """
    environment = dict(os.environ if env is None else env)
    if path is None:
        environment.pop("PATH", None)
    else:
        environment["PATH"] = path
    if isinstance(command, str):
        _check_shell_line(command, cwd=cwd, env=environment)
        return command
    if not isinstance(command, Sequence) or not command or not all(isinstance(word, str) for word in command):
        raise LaunchError("A command is a shell line (a string), a list of strings, or a callable.", field="command")
    if any("\0" in word for word in command):
        raise LaunchError("A command cannot hold a NUL character.", field="command")
    _check_words(list(command), cwd=cwd, path=path)
    return list(command)


def _check_shell_line(line: str, *, cwd: str, env: Mapping[str, str]) -> None:
    if not line.strip() or "\0" in line:
        raise LaunchError(
            "The command is empty." if not line.strip() else "A command cannot hold NUL.", field="command"
        )
    if len(line) > 100_000:
        raise LaunchError("The command is longer than 100,000 characters; put it into a script.", field="command")
    reason = what_does_not_parse(line)
    if reason is not None:
        raise LaunchError(f"The command is not understood by the shell: {reason}", field="command")
    if sys.platform == "win32":
        program = first_program_of_cmd(line)
        if program is not None and not exists_on_windows(program, cwd=cwd, path=env.get("PATH")):
            raise _not_found([program], cwd)
        return
    first = first_program(line)
    if first is not None and not _is_there(first, cwd, env):
        raise _not_found([first.word], cwd, line)
    _check_detaching(line)


def first_program(line: str) -> Program | None:
    """The program that a line for bash or sh cannot do without; None where only the shell can tell."""
    found = tokens(line.strip()) or []
    words = [token for token in found if token.kind != "redirection"]
    place = 0
    while place < len(words) and words[place].kind == "word" and is_assignment(words[place]):
        place += 1
    program = words[place] if place < len(words) else None
    if program is None or not program.value or program.text in LEADING or _defines(words[place:]):
        return None
    if found[0].kind == "redirection" or _goes_on(words[place:]):
        return None
    settings = [word.text for word in words[:place] if word.text.startswith("PATH")]
    if not all(_SAFE_ASSIGNMENT.fullmatch(text) for text in settings):
        return None
    return Program(program.value, " ".join(settings))


def _defines(words: Sequence[Token]) -> bool:
    """``name () { ...; }``, and what else is no call."""
    return len(words) > 1 and words[1].text == "("


def _goes_on(words: Sequence[Token]) -> bool:
    """Whether the shell has more to do after it did not find the program."""
    last = max(place for place, word in enumerate(words) if word.kind == "word")
    return any(word.kind == "operator" and word.text in _GOES_ON for word in words[:last])


def _is_there(program: Program, cwd: str, env: Mapping[str, str]) -> bool:
    if os.sep in program.word:
        # os.path says no where pathlib raises: a name that is too long. What may not be run, the build explains.
        there = os.path.exists(os.path.join(cwd, program.word))  # noqa: PTH110, PTH118 - see above
    else:
        there = not program.setting and shutil.which(program.word, path=env.get("PATH")) is not None
    there = there or find_tool(program.word, env) is not None  # the runner has its function defined
    return there or shell_knows(program.word, cwd=cwd, env=env, setting=program.setting)


def _check_words(words: list[str], *, cwd: str, path: str | None) -> None:
    program = words[0]
    if sys.platform == "win32":
        found = exists_on_windows(program, cwd=cwd, path=path)
    elif os.sep in program:
        found = os.path.exists(os.path.join(cwd, os.path.expanduser(program)))  # noqa: PTH110, PTH111, PTH118 - as above
    else:
        found = shutil.which(program, path=path) is not None
    if not found:
        raise _not_found(words, cwd)
    missing = what_is_missing(program, cwd=cwd, path=path)
    if missing is not None:
        raise LaunchError(f"{program} cannot be started: {missing}.{_meant(words, cwd)}", field="command")
    _check_detaching(words)


def exists_on_windows(program: str, *, cwd: str, path: str | None) -> bool:
    """Whether Windows finds a program: in the working directory or on the path, by name or with one of PATHEXT."""
    in_cwd = os.path.join(cwd, program)  # noqa: PTH118 - Path would drop a leading ./
    return any(shutil.which(name, path=path) is not None for name in (in_cwd, program))


def _check_detaching(line: str | Sequence[str]) -> None:
    """Refuses what hands the work to a server of terminals, where a build can neither show it nor wait for it."""
    found = [list(line)] if not isinstance(line, str) else [command.values for command in commands(line) or []]
    calls = [[os.path.basename(words[0]), *words[1:]] for words in found if words and words[0]]  # noqa: PTH119 - a word
    cares = any(_ends_or_awaits(call) for call in calls)
    for call in calls:
        shown = _detaching(call)
        if shown is not None and not cares:
            raise LaunchError(
                f"`{shown}` hands the work to {call[0]}, where the build can neither show it nor wait for it. "
                f"A build outlives page, kernel and server by itself: launch the command without {call[0]}.",
                field="command",
            )


def _detaching(call: Sequence[str]) -> str | None:
    """How a command that detaches is shown; None for any other."""
    name, options = call[0], [word for word in call[1:] if word.startswith("-")]
    letters = "".join(option[1:] for option in options if not option.startswith("--"))
    if name == "tmux":
        place = next((place for place, word in enumerate(call) if word in _NEW_SESSIONS), None)
        detached = place is not None and any(re.match(r"-[A-Za-z]*d", word) for word in call[place:])
        return f"tmux {call[place or 0]} -d" if detached else None
    if name == "screen":
        return "screen -dm" if "d" in letters and "m" in letters else None
    if name == "start-stop-daemon":
        return f"{name} --background" if "--background" in options or "b" in letters else None
    if name in ("dtach", "abduco"):
        return f"{name} -n" if "n" in letters else None
    return name if name == "daemonize" else None


def _ends_or_awaits(call: Sequence[str]) -> bool:
    """Whether a command ends or awaits what another one detached: then it is a helper of the line."""
    if call[0] == "tmux":
        return any(word.startswith(("kill-", "wait", "attach")) or word == "a" for word in call[1:])
    return "quit" in call[1:] or "kill" in call[1:] or "--stop" in call[1:]


def _not_found(words: Sequence[str], cwd: str, line: str | None = None) -> LaunchError:
    program = words[0]
    meant = _meant(words, cwd, line)
    return LaunchError(
        f"The command {program!r} was not found.{meant or ' Is it installed, and on the PATH?'}", field="command"
    )


def _meant(words: Sequence[str], cwd: str, line: str | None = None) -> str:
    """A file that was given in the place of a program, with what runs it, as a sentence; "" for anything else."""
    program = words[0]
    if program in TOOLS:
        return _meant_conda(program, line)
    file = Path(program)
    runs = _INTERPRETERS.get(file.suffix.lower())
    whole = Path(cwd) / file
    if " " in program and len(words) == 1 and line is None:
        return f" A command with its arguments in one string is a shell line: launch({program!r})."
    if runs is None:
        return f" There is a file of this name: did you mean ./{program}?" if _is_program(whole, program) else ""
    if not os.path.isfile(whole):  # noqa: PTH113 - pathlib raises for a name that is too long
        return f" There is no file {program} in {cwd}." if os.sep not in program else ""
    if line is not None:
        return f" Did you mean `{line.replace(program, f'{runs} {program}', 1).strip()}`?"
    return f" Did you mean {[*runs.split(), *words]}?"


def _meant_conda(program: str, line: str | None) -> str:
    at = find_tool(program, os.environ)
    if at is not None:
        return f" It is not on the PATH; write its path, {at}."
    if line is None or "activate" not in line:
        return " Write its whole path, such as ~/miniconda3/bin/conda."
    return (
        " A build's shell reads no .bashrc. Write what defines it first, such as "
        "`source ~/miniconda3/etc/profile.d/conda.sh && conda activate ...`."
    )


def _is_program(file: Path, program: str) -> bool:
    return os.sep not in program and os.path.isfile(file) and os.access(file, os.X_OK)  # noqa: PTH113 - as above
