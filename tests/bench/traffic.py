"""What one viewer of an agent's build is sent: bytes and messages, as its socket sees them."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from buildwidget.protocol.codec import encode_event, with_seq
from buildwidget.protocol.events import Event, StatusEvent
from buildwidget.store.records import Draft
from buildwidget.store.store import Store
from buildwidget.store.writer import Writer
from tests.bench.agent_script import CHUNKS_PER_SECOND, Chunk, script
from tests.bench.figures import Figure, Scale, Side
from tests.bench.one_server import running
from tests.bench.sse import EventSource, sent
from tests.server.jupyter_process import OWNER, Client
from tests.server.raw_socket import DEFLATE, RawSocket
from tests.server.stored import now
from tests.unit.hub.parts import Work

_ABOUT: Final = "40 tool calls with 2-20 kB of output, 9 todos, 600 chunks of text"
_BYTES: Final = 0.10
_MESSAGES: Final = 0.10


@dataclass
class Received:
    """What one page got: bytes of its socket and messages, the first snapshot included."""

    received: int = 0
    messages: int = 0
    last: bytes = b""


class Follower:
    """A page that follows a build to its end, in a thread; ``offer``: whether it takes deflated frames."""

    def __init__(self, client: Client, build: str, offer: str | None) -> None:
        self._socket = RawSocket(client, offer)
        self._socket.send(json.dumps({"type": "subscribe", "build": build}).encode())
        self.welcome = json.loads(self._socket.message())
        self.got = Received(messages=1)
        self._count(self._socket.message())
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def end(self) -> Received:
        """Wait for the end of the build."""
        self._thread.join()
        self.got.received = self._socket.received
        self._socket.close()
        return self.got

    def _follow(self) -> None:
        while b'"status":"succeeded"' not in self._count(self._socket.message()):
            pass

    def _count(self, message: bytes) -> bytes:
        self.got.messages += 1
        self.got.last = message
        return message


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """Bytes and messages to one viewer, against SSE with one event per chunk."""
    chunks = list(script(scale.of(40, 2), scale.of(600, 20)))
    with running(scale, directory) as server, Store.open(server.database_url) as store:
        ours, plain, events = _play(server.with_token(), store, chunks)
    peer = sent(events)
    assert peer.messages == len(chunks)
    seconds = sum(chunk.after for chunk in chunks)
    return [_bytes(ours, plain, peer, seconds), _messages(ours, peer, seconds)]


def _play(client: Client, store: Store, chunks: list[Chunk]) -> tuple[Received, Received, list[bytes]]:
    """The script in its own time, written as an agent's runner does; and what SSE would have sent."""
    appender = Work(store, owner=OWNER).appender
    appender.append([Draft(StatusEvent(at=now(), status="running"))])
    writer = Writer(appender)
    followers = [Follower(client, appender.build_id, offer) for offer in (DEFLATE, None)]
    events: list[bytes] = []
    due = time.monotonic()
    for number, chunk in enumerate(chunks, start=1):
        due += chunk.after
        time.sleep(max(0.0, due - time.monotonic()))
        event: Event = msgspec.structs.replace(chunk.event, at=now())
        events.append(with_seq(encode_event(event), number))
        if number < len(chunks):
            writer.write(event)
    assert isinstance(event, StatusEvent)
    writer.end(event)
    ours, plain = (follower.end() for follower in followers)
    record = store.record(appender.build_id)
    assert (record.summary.status, record.summary.percent) == ("succeeded", 100)
    assert json.loads(ours.last)["to"] == json.loads(plain.last)["to"] == record.summary.head
    return ours, plain, events


def _bytes(ours: Received, plain: Received, peer: EventSource, seconds: float) -> Figure:
    return Figure(
        what=f"bytes to one viewer of an agent's build: {_ABOUT}",
        unit="kB",
        ours=Side("WebSocket, deflated", ours.received / 1000),
        peer=Side("SSE, one event per chunk", peer.received / 1000),
        judged=ours.received / peer.received,
        bound=_BYTES,
        judged_as="ours / peer",
        note=f"{peer.messages} chunks in {seconds:.0f} s; without compression {plain.received / 1000:.0f} kB. "
        "Live views get the first KiB of a tool's input and output, the rest when somebody opens it.",
        extra={"plain_kb": plain.received / 1000},
    )


def _messages(ours: Received, peer: EventSource, seconds: float) -> Figure:
    return Figure(
        what=f"messages to one viewer of an agent's build: {_ABOUT}",
        unit="messages",
        ours=Side("WebSocket, batches", ours.messages),
        peer=Side("SSE, one event per chunk", peer.messages),
        judged=ours.messages / peer.messages,
        bound=_MESSAGES,
        judged_as="ours / peer",
        note=f"A quick agent ({CHUNKS_PER_SECOND} chunks a second while it writes, {seconds:.0f} s in all): "
        "what comes after quiet and every change of the plan leave at once, what follows within 200 ms later: each "
        "burst takes two messages, and there are some fifty. Fewer need a longer batch_ms.",
    )
