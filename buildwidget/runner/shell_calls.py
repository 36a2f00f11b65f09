"""``%magic`` and ``!command`` inside a function: IPython's shell runs them, and a build has none."""

from __future__ import annotations

import dis
import types
from collections.abc import Callable
from typing import Any, Final, NoReturn

_KINDS: Final = {
    "run_line_magic": "%",
    "run_cell_magic": "%%",
    "system": "!",
    "getoutput": "!",
}


class ShellCallError(RuntimeError):
    """A function uses ``%magic`` or ``!command``."""


def check_shell_calls(code: types.CodeType) -> None:
    """Refuses code that runs a magic or a command of IPython's shell.

    Raises:
        ShellCallError: with what to write instead.
    """
    if "get_ipython" not in code.co_names or not any(name in code.co_names for name in _KINDS):
        return
    kind, texts = "", list[str]()
    for step in dis.get_instructions(code):
        if isinstance(step.argval, str) and step.argval in _KINDS:
            kind = step.argval
        elif kind and isinstance(step.argval, str) and step.opname.startswith("LOAD_CONST"):
            texts.append(step.argval)
        elif texts:
            raise ShellCallError(refusal(kind, " ".join(texts[:2]).strip(), code.co_name))


def refusal(kind: str, text: str, function: str) -> str:
    """The sentences for one use."""
    shown = f"{_KINDS[kind]}{text}"
    if _KINDS[kind] == "!":
        instead = f"subprocess.run({text!r}, shell=True, check=True)"
        if kind == "getoutput":
            instead = f"subprocess.check_output({text!r}, shell=True, text=True).splitlines()"
        return f"{function} runs `{shown}`, which only IPython's shell can do. Write {instead} instead"
    return (
        f"{function} runs the magic `{shown}`, which only IPython's shell can do. "
        "Run it in a cell of its own, or call what it stands for from Python"
    )


class NoShell:
    """What get_ipython() gives in a build: false, and every use of it says what to do instead."""

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name in _KINDS:
            return lambda text="", line="", *_, **__: self._refuse(name, f"{text} {line}".strip())
        raise AttributeError(f"A build has no IPython shell, so get_ipython() has no {name!r} in it.")

    @staticmethod
    def _refuse(kind: str, text: str) -> NoReturn:
        raise ShellCallError(refusal(kind, text, "The function") + ".")


def no_shell() -> Callable[[], NoShell]:
    """What stands for IPython's ``get_ipython`` in a build. Pickles refer to this function by its name."""
    return NoShell


def is_shell(obj: Any) -> bool:
    """Whether an object is IPython's shell's ``get_ipython``."""
    return (
        isinstance(obj, types.MethodType)
        and obj.__name__ == "get_ipython"
        and type(obj.__self__).__module__.split(".")[0] in ("ipykernel", "IPython", "xeus_python_shell", "google")
    )
