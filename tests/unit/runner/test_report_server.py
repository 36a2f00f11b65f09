"""The socket between the processes of a build and its runner."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from buildwidget.protocol import codec
from buildwidget.protocol.events import MetricEvent
from buildwidget.reporting import client
from buildwidget.reporting.client import SocketSink
from buildwidget.reporting.messages import MAX_FRAME_BYTES, DisplayReport, Message
from buildwidget.runner.report_intake import ReportIntake
from buildwidget.runner.report_server import ReportServer
from buildwidget.runner.socket_path import MAX_ADDRESS_BYTES, new_address
from buildwidget.store.errors import Fenced
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.store.making import started, status
from tests.waiting import wait_until


class Intake:
    """Keeps what it gets; takes nothing while ``full``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.room = threading.Event()
        self.room.set()
        self.error: Exception | None = None

    def send_all(self, messages: Sequence[Message]) -> None:
        assert self.room.wait(30)
        if self.error is not None:
            raise self.error
        self.messages.extend(messages)

    def steps(self) -> list[object]:
        return [message.points[0][0] for message in self.messages if isinstance(message, MetricEvent)]


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def server(intake: Intake) -> Iterator[ReportServer]:
    server = ReportServer(intake)
    yield server
    intake.room.set()
    server.close(1)


@pytest.fixture
def sink(server: ReportServer) -> Iterator[SocketSink]:
    assert server.address is not None
    sink = SocketSink(server.address)
    yield sink
    sink.pause()
    sink.abandon()


def point(step: int, value: float = 0.5) -> MetricEvent:
    return MetricEvent(at=1, name="m", points=[(step, value, 1)])


def test_messages_arrive_in_order_without_a_flush(intake: Intake, sink: SocketSink) -> None:
    for step in range(10_000):
        sink.send(point(step))
    wait_until(lambda: len(intake.messages) == 10_000, what="all messages")
    assert intake.steps() == list(range(10_000))


def test_sync_answers_when_all_was_taken_over(intake: Intake, sink: SocketSink) -> None:
    for step in range(100):
        sink.send(point(step))
    assert sink.sync(5)
    assert len(intake.steps()) == 100


def test_long_messages_arrive_whole(intake: Intake, sink: SocketSink) -> None:
    content = os.urandom(1024) * 8 * 1024
    sink.send(DisplayReport(at=1, id="d", mime="image/png", content=content))
    sink.send(point(1))
    assert sink.sync(10)
    assert isinstance(intake.messages[0], DisplayReport)
    assert intake.messages[0].content == content
    assert intake.steps() == [1]


def test_a_full_spool_makes_the_caller_wait_and_drops_nothing(
    intake: Intake, sink: SocketSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_BUFFERED_BYTES", 64 * 1024)
    intake.room.clear()
    sent = 0
    done = threading.Event()

    def work() -> None:
        nonlocal sent
        for step in range(40_000):
            sink.send(point(step))
            sent += 1
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    before = -1

    def stands_still() -> bool:
        nonlocal before
        before, last = sent, before
        return 0 < sent == last

    wait_until(stands_still, every=0.2, what="the caller to wait")
    assert not done.is_set()
    intake.room.set()
    thread.join(30)
    assert sink.sync(10)
    assert intake.steps() == list(range(40_000))


def test_a_full_spool_of_the_writer_makes_the_reporting_program_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_BUFFERED_BYTES", 16 * 1024)
    points, sent = 60_000, [0]
    with Store.open(f"sqlite:///{tmp_path / 'builds.db'}") as store:
        writer = Writer(started(store), spool_bytes=64 * 1024)
        server = ReportServer(ReportIntake(writer.write))
        assert server.address is not None
        sink = SocketSink(server.address)

        def work() -> None:
            for step in range(points):
                sink.send(MetricEvent(at=1, name=f"m{step % 7}", points=[(step, 0.5, 1)]))
                sent[0] = step + 1
            sink.sync(30)

        thread = threading.Thread(target=work)
        with store.database.writing():  # another process has the lock
            thread.start()
            seen = [0]

            def stands_still() -> bool:
                seen.append(sent[0])
                return 0 < seen[-1] == seen[-2]

            wait_until(stands_still, every=0.3, timeout=30, what="the caller to wait")
            assert sent[0] < points
        thread.join(60)
        sink.pause()
        sink.abandon()
        server.close(5)
        writer.end(status("succeeded"))
        state = codec.decode_state(store.hydrate(writer.build_id).state)
    assert sum(row.count for row in state.metrics) == points
    assert all(row.points[-1][0] == max(range(place, points, 7)) for place, row in enumerate(state.metrics))


def test_a_fork_connects_for_itself_and_stands_in_order(server: ReportServer, intake: Intake, sink: SocketSink) -> None:
    sink.send(point(0))
    sink.pause()
    child = os.fork()
    if child == 0:
        sink.abandon()
        mine = SocketSink(sink.address, forked=True)
        for step in (1, 2, 3):
            mine.send(point(step))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    wait_until(lambda: len(intake.messages) >= 4, what="the child's messages")
    sink.send(point(4))
    assert sink.sync(5)
    assert intake.steps() == [0, 1, 2, 3, 4]


def test_what_was_sent_before_the_close_is_read(server: ReportServer, intake: Intake, sink: SocketSink) -> None:
    intake.room.clear()
    for step in range(1000):
        sink.send(point(step))
    sink._drain()
    sink.abandon()
    threading.Timer(0.2, intake.room.set).start()
    server.close(5)
    assert intake.steps() == list(range(1000))
    assert server.address is not None
    assert not Path(server.address).parent.exists()


def test_a_runner_that_is_gone_makes_the_sink_silent(server: ReportServer, intake: Intake, sink: SocketSink) -> None:
    sink.send(point(0))
    assert sink.sync(5)
    server.close(0)
    for step in range(100):
        sink.send(point(step))
    assert not sink.sync(1)


def test_a_build_that_was_taken_over_hangs_up(intake: Intake, sink: SocketSink) -> None:
    intake.error = Fenced()
    sink.send(point(0))
    assert not sink.sync(5)


@pytest.mark.parametrize(
    "data",
    [
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        b"\0\0\0\1\xff",
        b"\0\0\0\x03\x91\x81\xa1",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_stranger_is_hung_up_on_and_harms_nobody(
    server: ReportServer, intake: Intake, sink: SocketSink, data: bytes
) -> None:
    assert server.address is not None
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(5)
        stranger.connect(server.address)
        stranger.sendall(data)
        assert stranger.recv(1) == b""
    sink.send(point(1))
    assert sink.sync(5)
    assert intake.steps() == [1]


def test_the_address_is_short_and_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    address = Path(new_address())
    try:
        assert len(os.fsencode(address)) <= MAX_ADDRESS_BYTES
        assert address.parent.stat().st_mode & 0o777 == 0o700
    finally:
        address.parent.rmdir()
