"""Running a program to its end, as a runner does."""

from __future__ import annotations

from collections.abc import Callable

from buildwidget.runner.command import CommandSpec, OnOutput, RunningCommand


def run_command(
    spec: CommandSpec,
    on_output: OnOutput,
    *,
    on_start: Callable[[int], object] = lambda _pid: None,
    on_idle: Callable[[], object] = lambda: None,
) -> int:
    """The exit code; ``on_start`` gets the pid first."""
    running = RunningCommand(spec)
    on_start(running.pid)
    return running.pump(on_output, on_idle=on_idle)
