"""What programs print arrives whole, in order, in time, and without secrets."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from buildwidget.build import Build
from buildwidget.protocol.reducer import StateBuilder
from buildwidget.protocol.state import initial_state
from tests.runner.builds import Builds
from tests.waiting import wait_until

SECRET = "sw0rdfish-" + "x" * 20


def test_two_hundred_thousand_lines_arrive_in_seconds(builds: Builds) -> None:
    began = time.monotonic()
    build_id = builds.python("for i in range(200_000): print(f'line {i} of many that this build prints')")
    state = builds.wait_for(build_id, timeout=60)
    took = time.monotonic() - began
    assert state.status == "succeeded"
    assert state.log.count == 200_000
    assert state.log.lines[-1] == ("stdout", "line 199999 of many that this build prints")
    page = builds.store.log(build_id, after=99_999, limit=2)
    assert [text for _, _, text in page.lines] == [
        f"line {i} of many that this build prints" for i in (99_999, 100_000)
    ]
    assert took < 30, f"took {took:.1f} s"


def test_a_line_of_a_megabyte_is_whole_on_the_log_route(builds: Builds) -> None:
    build_id = builds.python("print('a' * 1_000_000); print('end')")
    builds.wait_for(build_id)
    lines = builds.lines(build_id)
    assert [len(lines[0]), lines[1]] == [1_000_000, "end"]


def test_streams_are_apart_on_pipes(builds: Builds) -> None:
    build_id = builds.command("echo out; echo err >&2", pty=False)
    state = builds.wait_for(build_id)
    assert sorted(state.log.lines) == [("stderr", "err"), ("stdout", "out")]


def test_bars_and_unfinished_lines(builds: Builds) -> None:
    build_id = builds.python(
        "import sys, time\n"
        "for i in range(11):\n"
        "    sys.stdout.write(f'\\rcopy:  {i * 10:3d}%|##| {i}/10 [00:01<00:00, 5.00it/s]'); sys.stdout.flush()\n"
        "    time.sleep(0.02)\n"
        "sys.stdout.write('\\nname? '); sys.stdout.flush(); time.sleep(60)"
    )
    state = builds.wait_for(build_id, "running")
    wait_until(lambda: builds.state(build_id).log.partial == {"stdout": "name? "}, what="the prompt")
    state = builds.state(build_id)
    assert [(bar.current, bar.total, bar.done) for bar in state.progress] == [(10, 10, True)]
    builds.store.send(build_id, "cancel", "r1")
    assert builds.wait_for(build_id).status == "cancelled"


NESTED = """
import time
from tqdm import tqdm
for epoch in tqdm(range(4), desc="epochs"):
    for batch in tqdm(range(30), desc="batches", leave=False):
        time.sleep(0.005)
        if epoch == FAILS_IN and batch == 10:
            raise SystemExit(3)
"""


def percents_of(builds: Builds, build_id: str) -> list[int | None]:
    """The percents that followed each other."""
    builder = StateBuilder(initial_state(id=build_id, owner="tester", kind="command", created_at=1))
    seen: list[int | None] = []
    for event in Build(build_id, builds.store).events():
        builder.apply(event)
        percent = builder.state().percent
        if not seen or seen[-1] != percent:
            seen.append(percent)
    return seen


def test_real_nested_bars_give_the_percent_of_the_outer_one_and_none_is_left_open(builds: Builds) -> None:
    build_id = builds.python(NESTED.replace("FAILS_IN", "None"))
    state = builds.wait_for(build_id)
    assert state.status == "succeeded"
    assert [(bar.label, bar.done, bar.closed is True) for bar in state.progress if bar.label == "epochs"] == [
        ("epochs", True, False)
    ]
    assert [bar.closed for bar in state.progress if bar.label == "batches"] == [True]
    assert set(percents_of(builds, build_id)) <= {None, 0, 25, 50, 75, 100}


def test_a_build_that_fails_keeps_its_percent_and_the_bar_that_it_stopped(builds: Builds) -> None:
    build_id = builds.python(NESTED.replace("FAILS_IN", "2"))
    state = builds.wait_for(build_id)
    assert (state.status, state.percent) == ("failed", 50)
    outer, inner = state.progress
    assert (outer.label, outer.current, outer.done, outer.closed) == ("epochs", 2, False, None)
    assert (inner.label, inner.closed) == ("batches", True)


def test_secrets_are_nowhere_in_the_database(builds: Builds, tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from buildwidget import report\n"
        "secret = os.environ['MY_API_KEY']\n"
        "sys.stdout.write('split ' + secret[:9]); sys.stdout.flush(); time.sleep(0.5)\n"
        "sys.stdout.write(secret[9:] + ' end\\n')\n"
        "print(secret)\n"
        "report.text('said ' + secret)\n"
        "report.show('<b>' + secret + '</b>', mime='text/html', title=secret)\n"
        "report.tool(secret, input={secret: [secret]}).__enter__()\n"
        "report.todos([secret])\n"
        "for half in (secret[:12], secret[12:]): report.text(half, id='halves', append=True)\n"
        "report.flush()\n"
        "raise ValueError(secret)\n"
    )
    build_id = builds.python(code, secrets={"MY_API_KEY": SECRET}, secret_names=["MY_API_KEY"])
    state = builds.wait_for(build_id)
    assert "split *** end" in builds.lines(build_id)
    assert state.error is not None
    assert state.error.message == "***"
    assert state.texts[0].text == "said ***"
    assert builds.store.display(build_id, state.displays[0].id)[1] == b"<b>***</b>"
    builds.store.database.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"***" in stored
    assert SECRET.encode() not in stored
    assert SECRET[12:].encode() not in stored


def test_a_runaway_log_is_limited_and_the_work_goes_on(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDWIDGET_LOG_LIMIT_BYTES", "20000")
    build_id = builds.command("echo head; yes | head -n 2000000; echo end; exit 3")
    state = builds.wait_for(build_id, timeout=60)
    assert (state.status, state.exit_code) == ("failed", 3)
    lines = builds.lines(build_id)
    assert (lines[0], lines[-1]) == ("head", "end")
    assert any("reached its limit of 19.5 KiB" in line for line in lines)
    assert len(lines) < 20_000
    counted = sum(int(line.split()[1].replace(",", "")) for line in lines if line.endswith("not stored."))
    assert counted + lines.count("y") == 2_000_000


@pytest.mark.parametrize("pty", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        "{python} slow.py | tee log",
        "bash script.sh",
        "{python} slow.py 2>&1 | grep --color=never begun | cat",
        "perl slow.pl | tee log",
    ],
)
def test_lines_come_through_pipes_as_they_are_printed(
    builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, pty: bool
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    (tmp_path / "slow.py").write_text("import time\nprint('begun')\ntime.sleep(60)\n")
    (tmp_path / "slow.pl").write_text('print "begun\\n"; sleep 60;\n')
    (tmp_path / "script.sh").write_text(f"{sys.executable} slow.py | tee log\n")
    build_id = builds.command(line.format(python=sys.executable), cwd=str(tmp_path), pty=pty)
    builds.wait_for_line(build_id, "begun")
    assert builds.status(build_id) == "running"
