"""Modules of the benchmarks that run in processes of their own, told what to do by lines of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, TypeVar

PATIENCE: Final = 30.0
"""Seconds within which a process ends when its input has ended."""

ChildT = TypeVar("ChildT", bound="Child")


class Child:
    """The process of a module that works until its input ends; a context manager.

    It starts while its caller goes on.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **message: Any) -> Any:
        """What it answers to a message; RuntimeError if it ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._module} ended; what it said stands above")
        return json.loads(answer)

    def end(self) -> str:
        """Ends its input and waits for its end; gives what it has printed since its last answer."""
        printed, _ = self._process.communicate(timeout=PATIENCE)
        return printed

    def __enter__(self: ChildT) -> ChildT:  # noqa: PYI019 - typing.Self is younger than Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        finally:
            self._process.kill()
            self._process.communicate()


def serve(answer: Callable[[dict[str, Any]], Any]) -> None:
    """In the process: answers each message until the input ends."""
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
