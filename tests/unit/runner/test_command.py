from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from buildwidget.runner import command
from buildwidget.runner.command import GATHER_BYTES, GATHER_SECONDS, CommandSpec, Gathering, RunningCommand
from tests.unit.runner.running import run_command
from tests.waiting import wait_until


class Output:
    def __init__(self) -> None:
        self.stdout = b""
        self.stderr = b""

    def __call__(self, stream: str, data: bytes) -> None:
        setattr(self, stream, getattr(self, stream) + data)


def spec(program: str | list[str], *, pty: bool = True, cwd: str = "/", **env: str) -> CommandSpec:
    return CommandSpec(program, cwd=cwd, env={"PATH": os.environ["PATH"], **env}, pty=pty)


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def run(program: str | list[str], *, pty: bool = True, **env: str) -> tuple[int, bytes, bytes]:
    output = Output()
    return run_command(spec(program, pty=pty, **env), output), output.stdout, output.stderr


def test_a_shell_string_runs_in_bash_where_there_is_one() -> None:
    assert run("[[ a == a* ]] && set -o pipefail && printf '%s' \"$0\"; exit 3") == (3, b"/bin/bash", b"")


def test_arguments_reach_the_program_as_they_are() -> None:
    assert run(["printf", "%s|", "a b", "$HOME", "*"]) == (0, b"a b|$HOME|*|", b"")


def test_on_a_pty_tools_see_a_terminal_of_50_by_120_and_nobody_at_it() -> None:
    code = """
import os, sys
print(*[os.isatty(n) for n in (0, 1, 2)], *os.get_terminal_size(1), os.environ["TERM"], os.environ["PAGER"], sep=",")
print("COLUMNS" in os.environ, os.getsid(0) == os.getpid() == os.getpgid(0))
try:
    open("/dev/tty")
except OSError as error:
    print("no tty")
print("on stderr", file=sys.stderr)
input()
"""
    exit_code, output, stderr = run(python(code), COLUMNS="80", LINES="5", TERM="dumb", PAGER="less", NO_COLOR="1")
    assert exit_code == 1
    lines = output.decode().splitlines()
    assert lines[:4] == ["False,True,True,120,50,xterm-256color,cat", "False True", "no tty", "on stderr"]
    assert lines[-1] == "EOFError: EOF when reading a line"
    assert stderr == b""


def test_newlines_come_as_the_program_wrote_them() -> None:
    assert run(["printf", "a\\nb\\r\\nc\\rd"]) == (0, b"a\nb\r\nc\rd", b"")


def test_with_pipes_stderr_is_apart() -> None:
    assert run("echo out; echo err >&2; [ -t 1 ]", pty=False) == (1, b"out\n", b"err\n")


def test_a_signal_is_told_as_its_negative_number() -> None:
    assert run("kill -9 $$")[0] == -signal.SIGKILL


@pytest.mark.parametrize("pty", [True, False])
def test_the_last_words_before_the_end_are_never_lost(*, pty: bool) -> None:
    for _ in range(20):
        assert run(["sh", "-c", "printf last; kill -9 $$"], pty=pty)[:2] == (-9, b"last")


@pytest.mark.parametrize("pty", [True, False])
def test_much_output_arrives_whole(*, pty: bool) -> None:
    exit_code, output, _ = run(
        python("import sys\nfor n in range(200000): sys.stdout.write('line %d\\n' % n)"), pty=pty
    )
    assert exit_code == 0
    assert output == b"".join(b"line %d\n" % number for number in range(200_000))


def test_a_process_left_behind_holds_the_output_open_only_so_long() -> None:
    output = Output()
    running = RunningCommand(spec("echo main; (sleep 0.1; echo late; sleep 30) &"))
    started = time.monotonic()
    try:
        assert running.pump(output, drain_seconds=1.0) == 0
        assert 0.9 < time.monotonic() - started < 20
        assert output.stdout == b"main\nlate\n"
    finally:
        os.killpg(running.pid, signal.SIGKILL)


@pytest.mark.parametrize("pty", [True, False])
def test_the_output_is_read_on_while_something_that_was_left_is_at_work(tmp_path: Path, *, pty: bool) -> None:
    output = Output()
    asked: list[tuple[int, bytes]] = []

    def goes_on(code: int) -> bool:
        asked.append((code, output.stdout))
        return not (tmp_path / "done").exists()

    late = f"(sleep 0.5; echo late; exec >&- 2>&-; sleep 0.3; touch {tmp_path}/done) & echo main"
    assert RunningCommand(spec(late, pty=pty)).pump(output, drain_seconds=0.0, goes_on=goes_on) == 0
    assert output.stdout == b"main\nlate\n"
    # What the program printed itself is there before it is asked.
    assert asked[0] == (0, b"main\n")
    assert (tmp_path / "done").exists()
    assert len(asked) < 20


def test_a_program_that_closed_its_output_is_waited_for(tmp_path: Path) -> None:
    code = (
        f"import os, time\nos.close(1); os.close(2); time.sleep(0.3); open({str(tmp_path / 'x')!r}, 'w'); os._exit(4)"
    )
    assert run(python(code)) == (4, b"", b"")
    assert (tmp_path / "x").exists()


def test_while_the_callback_waits_the_program_waits(tmp_path: Path) -> None:
    go_on, first = threading.Event(), threading.Event()
    written = tmp_path / "written"
    code = f"""
import os, sys
for n in range(256):
    os.write(1, b'x' * 4096)
    open({str(written)!r}, 'w').write(str(n))
"""
    size = 0

    def on_output(_stream: str, data: bytes) -> None:
        nonlocal size
        size += len(data)
        first.set()
        go_on.wait()

    thread = threading.Thread(target=run_command, args=(spec(python(code)), on_output))
    thread.start()
    try:
        assert first.wait(10)
        counts: list[str] = []

        def stands_still() -> bool:
            counts.append(written.read_text() if written.exists() else "")
            return counts[-1] != "" and counts[-10:] == counts[-1:] * 10

        wait_until(stands_still, every=0.02, what="the program to stand still")
        assert int(counts[-1]) < 200
    finally:
        go_on.set()
        thread.join()
    assert size == 256 * 4096


def test_pauses_are_told() -> None:
    pauses: list[float] = []
    output = Output()
    code = run_command(spec("echo a; sleep 0.7; echo b"), output, on_idle=lambda: pauses.append(time.monotonic()))
    assert (code, output.stdout) == (0, b"a\nb\n")
    assert len(pauses) >= 2


def test_the_pid_is_told_first_and_can_be_signalled() -> None:
    output = Output()
    assert run_command(spec("exec sleep 60"), output, on_start=lambda pid: os.kill(pid, signal.SIGTERM)) == -15


@pytest.mark.parametrize(("program", "cwd"), [(["/no/such/program"], "/"), (["true"], "/no/such/directory")])
def test_what_cannot_be_started_raises_and_leaves_nothing_open(program: list[str], cwd: str) -> None:
    before = open_files()
    with pytest.raises(FileNotFoundError):
        RunningCommand(spec(program, cwd=cwd))
    assert open_files() == before


def test_nothing_is_left_open_after_a_run_or_a_failed_callback() -> None:
    def fail(_stream: str, _data: bytes) -> None:
        raise KeyError

    before = open_files()
    run("echo a")
    run("echo a", pty=False)
    with pytest.raises(KeyError):
        run_command(spec("echo a"), fail)
    assert open_files() == before


def test_the_threads_of_windows_read_pipes_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_SelectReader", command._ThreadReader)
    code = (
        "import sys\nfor n in range(100000): sys.stdout.write('line %d\\n' % n)\nsys.stderr.write('end')\nsys.exit(2)"
    )
    exit_code, output, stderr = run(python(code), pty=False)
    assert (exit_code, stderr) == (2, b"end")
    assert output.count(b"\n") == 100_000
    assert run("echo a; (sleep 0.4; echo b) & exit 3", pty=False)[:2] == (3, b"a\nb\n")


def test_modules_of_unix_alone_are_not_needed_to_import() -> None:
    code = """
import sys, psutil, selectors, shutil, socket, subprocess
import buildwidget.store.process
sys.modules.update(fcntl=None, termios=None, pty=None)
sys.platform = "win32"
import signal
del signal.SIGKILL
import buildwidget.runner.command, buildwidget.runner.process_tree, buildwidget.runner.exit_status
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


@pytest.mark.parametrize(("given", "by_shell"), [('echo "a b" & echo c', True), (["echo", "a b"], False)])
def test_on_windows_a_string_goes_to_the_systems_shell_as_it_is(
    monkeypatch: pytest.MonkeyPatch, given: str | list[str], by_shell: bool
) -> None:
    started: list[tuple[object, dict[str, object]]] = []
    with monkeypatch.context() as windows:
        windows.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
        windows.setattr(subprocess, "Popen", lambda command, **options: started.append((command, options)))
        windows.setattr(sys, "platform", "win32")
        command._start(CommandSpec(given, "C:\\", {"A": "1"}, dies_with_parent=True), pty=False, output=-1)
    ((words, options),) = started
    assert words == given
    assert options["shell"] is by_shell
    assert options["creationflags"] == 0x200
    assert "start_new_session" not in options


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def pauses(gap: float, size: int, reads: int) -> list[float]:
    """What follows each of some reads, each of which ends ``gap`` seconds after the pause before it."""
    clock, found = Clock(), []
    gathering = Gathering(clock)
    for _ in range(reads):
        found.append(gathering.pause(size))
        clock.now += found[-1] + gap
    return found


def test_reads_that_come_often_and_bring_little_are_put_together() -> None:
    found = pauses(0.01, 100, 20)
    assert found[:4] == [0, 0, 0, 0]
    assert found[5:] == [GATHER_SECONDS] * 15


def test_what_comes_after_a_rest_or_is_much_is_read_at_once() -> None:
    assert set(pauses(2.1 * GATHER_SECONDS, 100, 20)) == {0.0}
    assert set(pauses(0.001, GATHER_BYTES, 200)) == {0.0}
    assert set(pauses(0.03, 3 * GATHER_BYTES * 4, 20)) == {0.0}


@pytest.mark.parametrize("rate", [10_000, 150_000, 400_000])
def test_no_more_gathers_than_the_system_holds(rate: int) -> None:
    clock, sizes = Clock(), []
    gathering, pause = Gathering(clock), 0.0
    for _ in range(100):
        clock.now += pause + 0.01
        sizes.append(int((pause + 0.01) * rate))
        pause = gathering.pause(sizes[-1])
    assert max(sizes) <= GATHER_BYTES + 0.01 * rate
    assert len([size for size in sizes[10:] if size > sizes[0]]) > 80


def test_much_output_ends_the_gathering() -> None:
    clock = Clock()
    gathering = Gathering(clock)
    for _ in range(20):
        clock.now += 0.01 + gathering.pause(100)
    clock.now += GATHER_SECONDS
    assert gathering.pause(100 * GATHER_BYTES) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only there a terminal's output is let to gather")
def test_a_terminal_drawn_on_all_the_time_is_read_in_few_reads() -> None:
    code = "import time\nfor n in range(300): print(n, flush=True); time.sleep(0.002)"
    reads: list[bytes] = []
    assert run_command(spec(python(code)), lambda _stream, data: reads.append(data)) == 0
    assert b"".join(reads).split() == [b"%d" % number for number in range(300)]
    assert len(reads) < 150
