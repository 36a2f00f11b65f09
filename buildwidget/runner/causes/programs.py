"""Errors of command-line tools and the system: shells, git, docker, package managers, HTTP, launchers. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from buildwidget.runner.causes.found import NEAR, Found, Reader, Role
from buildwidget.runner.causes.line import Line
from buildwidget.runner.causes.runtimes import NATIVE

CLOSE: Final = 12
"""A complaint of a tool further than this many lines from the end did not end the program: scripts ignore many."""

_CROSS: Final = "\N{MULTIPLICATION SIGN}"

_SYSTEM_WORDS: Final = {
    "command_not_found": r"command not found|: not found",
    "missing_file": r"No such file or directory|[Cc]annot find the (?:file|path) specified|can't open file .*",
    "permission_denied": r"Permission denied|Operation not permitted|Read-only file system",
    "disk_full": r"No space left on device|Disk quota exceeded",
    "port_in_use": r"Address already in use|address already in use.*|port is already allocated.*",
    "out_of_memory": r"Cannot allocate memory|[Oo]ut of memory.*|memory exhausted.*",
    "connection": (
        r"Connection refused|Connection timed out|Could not resolve host.*|Name or service not known"
        r"|Network is unreachable"
        r"|Temporary failure in name resolution"
    ),
    "shell": r"unbound variable|syntax error.*|unexpected end of file|Is a directory|Not a directory|cannot execute.*",
    "too_many_files": r"Too many open files",
    "io_error": r"Input/output error|Stale file handle",
}


def _system(kind: str, words: str) -> Reader:
    return Reader(kind, re.compile(rf"(?P<message>.{{1,600}}?(?:{words}))(?: \(os error \d+\))?$"), kind, reach=CLOSE)


def _tool(name: str, pattern: str, kind: str, *, role: Role = Role.CAUSE, reach: int = NEAR) -> Reader:
    return Reader(name, re.compile(pattern), kind, role, reach=reach)


def _memory(name: str, pattern: str, kind: str = "out_of_memory", *, role: Role = Role.CAUSE) -> Reader:
    return Reader(name, re.compile(pattern), kind, role, NATIVE)


def _launcher(name: str, pattern: str, kind: str) -> Reader:
    return _tool(name, pattern, kind, role=Role.LAUNCHER)


def read_npm(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``npm error code E404`` and the first words after it."""
    code = match["message"]
    for line in lines[index + 1 : index + 12]:
        words = re.match(r"npm (?:ERR!|error) (.+)$", line.text)
        if words is None:
            break
        text = words[1].removeprefix(f"{code} ").removeprefix(f"{code.removeprefix('E')} ").strip()
        if text and not re.match(r"(?:errno|syscall|path|code|notarget|dest)\b", text):
            return _at(lines, index, code, text)
    return None


def read_indented(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """Words that go on in the lines below: conda's lists, uv's tree, gradle's reason."""
    words = [match["message"].strip()]
    for line in lines[index + 1 : index + 8]:
        text = line.text.strip(" \t╰─▶>│|-")
        if text and line.text.startswith((" ", "\t", "╰", "│", ">")):
            words.append(text)
        elif text or len(words) > 1:
            break
        if sum(map(len, words)) > 300:
            break
    message = " ".join(word for word in words if word)
    return _at(lines, index, match.groupdict().get("kind") or "error", message) if message else None


def read_uv(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """Pip's and uv's box of a failed step: a sentence after a cross, and the reason below it."""
    found = read_indented(lines, index, match)
    return found and replace(found, kind="uv" if "solution" in found.message else "build_step")


def read_gradle(lines: Sequence[Line], index: int, _match: re.Match[str]) -> Found | None:
    """``* What went wrong:`` and the sentence below it."""
    message = lines[index + 1].text.strip() if index + 1 < len(lines) else ""
    role = Role.LAUNCHER if message.startswith("Execution failed for task") else Role.CAUSE
    return replace(_at(lines, index, "gradle", message), role=role) if message else None


def read_mpi(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """``*** An error occurred in MPI_Send`` and the class of the error below it."""
    words = next((found[1] for line in lines[index + 1 : index + 8] if (found := _MPI_CLASS.match(line.text))), "")
    kind, _, message = words.partition(": ")
    return _at(lines, index, kind or "MPI", f"{match['message']}: {message or kind}".removesuffix(": "))


_MPI_CLASS: Final = re.compile(r".*\*\*\* (MPI_ERR_\w+(?:: .*)?)$")


def read_pytest(lines: Sequence[Line], index: int, match: re.Match[str]) -> Found | None:
    """The first ``E`` line of a failed test, and the class of its exception."""
    words = match["message"].strip()
    named = re.match(
        r"(?P<kind>[A-Za-z_][\w.]*(?:Error|Exception|Warning|Failed|Exit|Interrupt)): ?(?P<message>.*)$", words
    )
    if named:
        return replace(_at(lines, index, named["kind"], named["message"] or named["kind"]), family="pytest")
    for line in lines[index + 1 : index + 40]:
        place = re.match(r"\S+:\d+: (\w+)$", line.text)
        if place:
            return replace(_at(lines, index, place[1], words), family="pytest")
    kind = "AssertionError" if words.startswith("assert") else "error"
    return replace(_at(lines, index, kind, words), family="pytest")


def _at(lines: Sequence[Line], index: int, kind: str, message: str) -> Found:
    number = lines[index].number
    return Found(kind, message, Role.CAUSE, number, number, number, index + 1, kind)


TESTS: Final = (
    Reader("pytest", re.compile(r"E {2,}(?P<message>\S.*)$"), family="pytest", read=read_pytest),
    _launcher("pytest's summary", r"(?:FAILED|ERROR) (?P<message>\S+(?:::| - |\.py).*)$", "pytest"),
    _launcher(
        "pytest's end",
        r"(?:=+ )?(?P<message>(?:\d+ (?:failed|passed|errors?|skipped|warnings?)(?:, )?)+ in [\d.]+s.*?)(?: =+)?$",
        "pytest",
    ),
    _launcher("unittest", r"(?P<message>(?:ERROR|FAIL): \w+ \([\w.]+\))$", "unittest"),
    _launcher("unittest's end", r"(?P<message>FAILED \((?:failures|errors)=.*\))$", "unittest"),
)

LAUNCHERS: Final = (
    _launcher(
        "deepspeed",
        r"(?:\[[^\]]*\] )?\[ERROR\] \[launch\.py:\d+:sigkill_handler\] .*(?P<message>exits with return code = -?\d+)$",
        "deepspeed",
    ),
    _launcher("mpirun", r"(?P<message>(?:mpirun|mpiexec|prterun)(?:\.\w+)? (?:detected|noticed) that .+)$", "mpirun"),
    _launcher("mpirun's job", r"(?P<message>Primary job +terminated normally, but .+)$", "mpirun"),
    _tool(
        "mpirun without a program",
        r"(?P<message>(?:mpirun|mpiexec|prterun) was unable to (?:launch|start|find) .+)$",
        "mpirun",
    ),
    Reader("MPI", re.compile(r"(?:\[.*\] )?\*\*\* An error occurred in (?P<message>MPI_\w+)$"), read=read_mpi),
    _launcher("srun", r"srun: error: (?P<message>.*(?:Exited with exit code|Killed|Aborted|Segmentation).*)$", "srun"),
    _launcher(
        "npm script",
        r"npm (?:ERR!|error) (?P<message>(?:Lifecycle script|command failed|Exit status).*)$",
        "npm",
    ),
    _launcher("yarn script", r"error (?P<message>Command failed (?:with|\().*)$", "yarn"),
    _launcher("pnpm script", r".{0,3}ELIFECYCLE.{0,3} (?P<message>Command failed .*)$", "pnpm"),
    _launcher(
        "docker build",
        r"(?:ERROR: |error: )?(?P<message>failed to solve: .*did not complete successfully: .*)$",
        "docker",
    ),
    _launcher(
        "docker's old build",
        r"(?P<message>(?:The command '.*' returned a non-zero code: \d+|executor failed running .*))$",
        "docker",
    ),
    _launcher("conda run", r"ERROR conda\.cli\.main_run:execute\(\d+\): (?P<message>.+)$", "conda run"),
    _launcher(
        "pip's build",
        r"(?:ERROR|error): (?P<message>subprocess-exited-with-error|metadata-generation-failed"
        r"|Failed (?:to build|building wheel) .*)$",
        "pip",
    ),
    _launcher("pip's subprocess", rf"\s*{_CROSS} (?P<message>.*did not run successfully\.?)$", "pip"),
    _launcher("pip's end", r"(?:ERROR|error): (?P<message>ResolutionImpossible: .*)$", "pip"),
    _launcher("git push's end", r"error: (?P<message>failed to push some refs to .*)$", "git"),
    _launcher("git merge", r"(?P<message>Automatic merge failed; .*)$", "git"),
)

MEMORY: Final = (
    _memory("slurm's memory limit", r"(?P<message>slurmstepd: error: Detected \d+ oom.?kill event.*)$"),
    _memory("srun's memory limit", r"srun: error: (?P<message>.*: Out Of Memory)$"),
    _memory("kernel's kill", r".*(?P<message>Out of memory: Killed process .*)$"),
    _memory("shell's kill", r"(?:.*: line \d+: +\d+ )?(?P<message>Killed\b(?:  .*)?)$", "SIGKILL", role=Role.SYMPTOM),
    _memory("Java's memory", r"(?:# )?(?P<message>There is insufficient memory for the Java Runtime Environment.*)$"),
)

PACKAGES: Final = (
    Reader("npm", re.compile(r"npm (?:ERR!|error) code (?P<message>E(?!LIFECYCLE)\w+)$"), read=read_npm),
    _tool("npm's script", r"npm (?:ERR!|error) (?P<message>Missing script: .*)$", "npm"),
    _tool("yarn", r"error (?P<message>(?!Command failed)[A-Z\"'].*)$", "yarn", reach=CLOSE),
    _tool(
        "pip",
        r"\s*ERROR: (?P<message>(?:Could not find a version|No matching distribution|Cannot install|Could not install"
        r"|Could not open requirements|Package .* requires a different Python|Invalid requirement"
        r"|Directory .* is not installable"
        r"|.* is not a supported wheel).*)$",
        "pip",
    ),
    Reader("uv", re.compile(rf"\s*{_CROSS} (?P<message>.+)$"), read=read_uv),
    Reader(
        "conda",
        re.compile(
            r"(?P<kind>PackagesNotFoundError|ResolvePackageNotFound|(?:LibMamba)?UnsatisfiableError|EnvironmentLocationNotFound"
            r"|CommandNotFoundError|EnvironmentNameNotFound|CondaHTTPError|CondaError|CondaValueError|EnvironmentFileNotFound"
            r"|InvalidArchiveError|NoWritableEnvsDirError|DirectoryNotACondaEnvironmentError|CondaVerificationError"
            r"|NoBaseEnvironmentError|SpecsConfigurationConflictError|ArgumentError): ?(?P<message>.*)$"
        ),
        read=read_indented,
    ),
    Reader("gradle's reason", re.compile(r"\* What went wrong:()$"), read=read_gradle),
)

TOOLS: Final = (
    _tool("apt", r"E: (?P<message>[A-Z].+)$", "apt", reach=CLOSE),
    _tool("git push", r" ! (?P<message>\[(?:remote )?rejected\] .+)$", "git"),
    _tool("git", r"(?P<message>CONFLICT \(.*\): .+)$", "git"),
    _tool(
        "docker",
        r"(?:docker: |ERROR: )?(?P<message>(?:Error response from daemon: |Cannot connect to the Docker daemon"
        r"|failed to connect to the docker API).*)$",
        "docker",
    ),
    _tool("curl", r"curl: (?P<message>\(\d+\) .+)$", "curl", reach=CLOSE),
    _tool("wget", r"(?:.* )?(?P<message>ERROR \d{3}: .+)$", "wget", reach=CLOSE),
    *(_system(kind, words) for kind, words in _SYSTEM_WORDS.items()),
    _tool(
        "missing module of python -m",
        r"(?:\S*/)?python[^\s/:]*: (?P<message>(?:No module named|Error while finding module).+)$",
        "ModuleNotFoundError",
    ),
    _tool(
        "a program that names itself",
        r"(?:[\w./+-]{1,100}: )(?:fatal |FATAL )?(?:[Ee]rror|ERROR|fatal|FATAL): (?P<message>.+)$",
        "error",
        reach=CLOSE,
    ),
    _tool(
        "exception without a traceback",
        r"(?P<kind>(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)): (?P<message>.+)$",
        "error",
        reach=CLOSE,
    ),
    _tool(
        "a program's last word",
        r"(?:fatal|FATAL|Fatal|FATAL ERROR|Fatal [Ee]rror|[Ee]rror|ERROR): (?P<message>.+)$",
        "error",
        reach=CLOSE,
    ),
)

READERS: Final = (*TESTS, *LAUNCHERS, *MEMORY, *PACKAGES, *TOOLS)
