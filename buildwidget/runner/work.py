"""The work of one running build: its program, everything it starts, and what all of these say."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from buildwidget.protocol.events import Error, LogEvent, StatusEvent
from buildwidget.runner.background import BackgroundJobs, is_job
from buildwidget.runner.build_dir import build_dir, note_socket, remove_noted_socket
from buildwidget.runner.causes.memory import OomKills
from buildwidget.runner.causes.notes import CauseNotes
from buildwidget.runner.command import CommandSpec, OutputStream, RunningCommand, start_failure
from buildwidget.runner.conda import with_conda
from buildwidget.runner.environment import work_environment
from buildwidget.runner.exit_status import explain, find_cause, is_of_killed, out_of_memory, with_cause
from buildwidget.runner.hidden import whole_command
from buildwidget.runner.line_buffering import line_buffered
from buildwidget.runner.outcome import read_outcome
from buildwidget.runner.output import Output
from buildwidget.runner.process_tree import OrphanReaper, Rung, SignalLadder, build_processes, is_of_another_build
from buildwidget.runner.report_intake import ReportIntake
from buildwidget.runner.report_server import ReportServer
from buildwidget.runner.secrets import Masker
from buildwidget.runner.sessions import SessionNotes
from buildwidget.runner.settings import RunnerSettings
from buildwidget.runner.start_failure import what_is_missing
from buildwidget.runner.stop import StopRequests
from buildwidget.store.errors import StoreError
from buildwidget.store.records import BuildRecord, ProcessIdentity
from buildwidget.store.writer import Writer

if TYPE_CHECKING:
    # A command's build is to start without importing the agents, a tenth of all that it imports.
    from buildwidget.runner.agents.attempts import Attempt
    from buildwidget.runner.agents.run import AgentRun

CALL_PROGRAM: Final = (
    # Not -m: it would look for modules in the working directory first, where a queue.py of the user's may lie.
    "import sys; sys.path[0] or sys.path.pop(0); from buildwidget.runner.call import main; sys.exit(main())"
)
_REAP_SECONDS: Final = 1.0
ALL_ALLOWED: Final = 'permission="all": the agent may do everything unasked, with your rights on this machine.'


class Work:
    """Runs a build's program from start to end. Used by the runner's main thread.

    Args:
        record: the build.
        writer: its writer.
        stop: tells when the work is to end before its time.
        masker: keeps secret values out of everything that is written.
        settings: how long things may take.
        lines: how many lines the build's log has already.
    """

    def __init__(
        self,
        record: BuildRecord,
        writer: Writer,
        stop: StopRequests,
        masker: Masker,
        settings: RunnerSettings,
        *,
        lines: int = 0,
    ) -> None:
        self._record = record
        self._build_id = record.summary.id
        self._writer = writer
        self._stop = stop
        self._settings = settings
        self._notes = CauseNotes(writer.write, lines)
        self._oom_kills = OomKills()
        self._output = Output(self._notes.write, masker, limit_bytes=settings.log_limit_bytes)
        self._intake = ReportIntake(
            self._notes.write_report, masker=masker, cwd=record.spec.get("cwd"), build_id=record.summary.id
        )
        self._sessions = SessionNotes(self._build_id, lambda pid: is_of_another_build(pid, self._build_id))
        self._reaper = OrphanReaper()
        self._next_reap = time.monotonic()
        self._ladder: threading.Thread | None = None
        self._agent: AgentRun | None = None
        self._masker = masker
        self._pid = -1

    def run(self) -> StatusEvent:
        """Run to the end, leaving no process behind; gives the status to end the build with.

        Raises:
            StoreError: the build was taken over, or its database was given up. The processes are ended.
        """
        server = ReportServer(self._intake)
        try:
            if server.address is not None:
                note_socket(self._build_id, server.address)
            return self._run_command(server.address)
        finally:
            self._end_processes()
            self._sessions.close()
            server.close(self._settings.drain_seconds)
            remove_noted_socket(self._build_id)
            self._intake.finish()

    def _run_command(self, address: str | None) -> StatusEvent:
        if self._record.summary.kind == "agent":
            return self._run_agent(address)
        spec = self._command_spec(address)
        try:
            running = RunningCommand(spec)
        except OSError as error:
            return _status("failed", error=start_failure(error, spec))
        self._pid = running.pid
        self._sessions.start()
        self._stop.on_request(self._start_ladder)
        jobs = self._background_jobs()
        code = running.pump(
            self._on_output,
            on_idle=self._on_idle,
            drain_seconds=self._settings.drain_seconds,
            goes_on=lambda code: code == 0 and self._stop.reason is None and jobs.at_work(),
        )
        self._output.finish()
        return self._end_of(code or jobs.code)

    def _background_jobs(self) -> BackgroundJobs:
        session, cwd = self._pid, self._record.spec["cwd"]
        strict = self._record.summary.kind != "command"
        return BackgroundJobs(
            self._processes,
            lambda left: is_job(left, session=session, cwd=cwd, strict=strict),
            code_of=self._reaper.code_of,
            say=self._say,
        )

    def _say(self, text: str) -> None:
        self._writer.write(LogEvent(at=_now_ms(), first=1, lines=[("system", self._masker.mask(text))]))

    def _run_agent(self, address: str | None) -> StatusEvent:
        from buildwidget.runner.agents.attempts import attempts  # noqa: PLC0415 - see above

        spec = self._record.spec
        env = work_environment(os.environ, spec, self._build_id, address)
        if spec["permission"] == "all":
            self._writer.write(LogEvent(at=_now_ms(), first=1, lines=[("system", ALL_ALLOWED)]))
        end = _status("failed")
        for attempt in attempts(spec, env, _now_ms):
            end = self._run_attempt(attempt)
            if attempt.session.usable or self._stop.reason is not None:
                break
        return end

    def _run_attempt(self, attempt: Attempt) -> StatusEvent:
        from buildwidget.runner.agents.run import AgentRun  # noqa: PLC0415 - see above

        run = AgentRun(
            attempt,
            self._writer.write,
            self._masker,
            permission_seconds=self._settings.permission_seconds,
            log_limit_bytes=self._settings.log_limit_bytes,
            build_id=self._build_id,
        )
        try:
            running = run.start()
        except OSError as error:
            return _status("failed", error=start_failure(error, run.command))
        self._pid = running.pid
        self._sessions.start()
        self._agent = run
        self._stop.on_answer(run.answer)
        self._stop.on_request(self._start_ladder)
        end = run.pump(running, self._reap, self._settings.drain_seconds)
        return stopped(self._stop, end.exit_code) if self._stop.reason is not None else end

    def _command_spec(self, address: str | None) -> CommandSpec:
        spec = self._record.spec
        env = work_environment(os.environ, spec, self._build_id, address)
        command: str | list[str]
        if self._record.summary.kind == "function":
            command = [spec.get("python") or sys.executable, "-c", CALL_PROGRAM, str(build_dir(self._build_id))]
        else:
            command = whole_command(spec, {**os.environ, **env})
            if sys.platform != "win32":
                command = line_buffered(command, cwd=spec["cwd"], env=env, pty=spec.get("pty", True))
                command = with_conda(command, cwd=spec["cwd"], env=env)
        # A call asks for its death itself.
        dies = self._record.summary.kind != "function"
        return CommandSpec(command, cwd=spec["cwd"], env=env, pty=spec.get("pty", True), dies_with_parent=dies)

    def _on_output(self, stream: OutputStream, data: bytes) -> None:
        self._output.feed(stream, data)
        self._reap()

    def _on_idle(self) -> None:
        self._output.idle()
        self._reap()

    def _reap(self) -> None:
        if time.monotonic() >= self._next_reap:
            self._next_reap = time.monotonic() + _REAP_SECONDS
            self._reaper.reap(keep=(self._pid,))

    def _start_ladder(self) -> None:
        fenced = self._stop.reason == "fenced"
        rungs = self._settings.leftover_rungs if fenced else self._settings.cancel_rungs
        self._ladder = threading.Thread(target=self._climb, args=(rungs,), name="buildwidget-ladder", daemon=True)
        self._ladder.start()
        # After the ladder's start, and whatever becomes of it: the database may be locked, and the spool full.
        if not fenced:
            with contextlib.suppress(StoreError):
                self._writer.write(StatusEvent(at=_now_ms(), status="running", cancelling=True))

    def _climb(self, rungs: list[Rung]) -> None:
        if self._agent is not None and self._stop.reason == "cancel" and not self._agent.ended.is_set():
            # An agent that is asked ends its own commands; one that is killed leaves them behind.
            self._agent.interrupt()
            self._agent.ended.wait(self._settings.cancel_seconds)
        SignalLadder(self._processes, rungs=rungs).run()

    def _processes(self) -> list[ProcessIdentity]:
        return build_processes(self._build_id, roots=(os.getpid(),))

    def _end_processes(self) -> None:
        """Whatever the work left behind; a cancel under way is let go to its end first."""
        if self._ladder is not None:
            self._ladder.join()
        left = len(self._processes())
        if left:
            self._climb(self._settings.leftover_rungs)
            text = f"buildwidget: {left} process{'es' if left > 1 else ''} the work left behind ended with the build."
            with contextlib.suppress(StoreError):  # they are ended, told or not
                self._writer.write(LogEvent(at=_now_ms(), first=1, lines=[("system", text)]))

    def _missing(self, program: str) -> str | None:
        cwd = self._record.spec["cwd"]
        if os.sep not in program or not os.path.lexists(os.path.join(cwd, program)):  # noqa: PTH118 - absolute or not
            return None  # the shell went elsewhere before, and its words must do
        return what_is_missing(program, cwd=cwd, path=None)

    def _end_of(self, code: int) -> StatusEvent:
        if self._stop.reason is not None:
            return stopped(self._stop, code)
        if self._record.summary.kind == "function":
            outcome = read_outcome(build_dir(self._build_id))
            if outcome is not None or code == 0:
                return self._with_memory(end_of_call(code, outcome, self._output.tail.text(), self._notes))
        error = explain(code, self._output.tail.text(), self._missing, self._notes)
        return self._with_memory(_status("failed" if error else "succeeded", exit_code=code, error=error))

    def _with_memory(self, end: StatusEvent) -> StatusEvent:
        """Where a process was killed, and the kernel did that, memory is the cause."""
        if end.error is None or not is_of_killed(end.error) or not self._oom_kills.count():
            return end
        return msgspec.structs.replace(end, error=out_of_memory(end.error, self._oom_kills.words()))


def end_of_call(
    code: int, outcome: Mapping[str, Any] | None, tail: str, notes: CauseNotes | None = None
) -> StatusEvent:
    """How a function build ended, by its process's exit code and what it kept."""
    if outcome is None:
        error = Error(kind="exit", message="The process ended with exit code 0 before the call returned.")
        return _status("failed", exit_code=code, error=error)
    if code == 0:
        return _status("succeeded", exit_code=code, summary=outcome.get("message"))
    if outcome["outcome"] in ("raised", "not_loaded") and code == 1:
        message = outcome["message"] or outcome["kind"]
        error = Error(kind=outcome["kind"], message=message, traceback=outcome["traceback"])
        if notes is not None and (cause := find_cause(code, notes=notes)) is not None:
            error = with_cause(error, cause)
    else:
        error = explain(code, tail, notes=notes) or Error(kind="exit", message=f"It exited with code {code}.")
    return _status("failed", exit_code=code, error=error)


def stopped(stop: StopRequests, code: int | None = None) -> StatusEvent:
    """The end of a build that was stopped."""
    error = None
    if stop.reason == "signal":
        error = Error(kind="runner_stopped", message="The runner was told to stop (by a signal), and ended the work.")
    return _status("cancelled", exit_code=code, error=error)


def _status(status: Any, **fields: Any) -> StatusEvent:
    return StatusEvent(at=_now_ms(), status=status, **fields)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
