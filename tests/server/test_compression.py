from __future__ import annotations

import json
import random
import zlib
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, websocket_connect

from buildwidget.store.store import Store
from jupyter_extension.handlers import framing
from jupyter_extension.handlers.framing import AGREED, Framer, agree, deflate
from tests.server.jupyter_process import OWNER, Client, JupyterServer
from tests.server.page import Page
from tests.server.raw_socket import CONTINUATION, DEFLATE, RawSocket, inflate
from tests.server.raw_socket import deflate as client_deflate
from tests.unit.hub.parts import Work

PING = b'{"type":"ping","n":7}'


def subscribed(socket: RawSocket, build: str) -> None:
    socket.send(json.dumps({"type": "subscribe", "build": build}).encode())


def answers(socket: RawSocket) -> bool:
    """Whether the connection lives and its messages still mean what they should."""
    socket.send(PING)
    while (frame := json.loads(socket.message()))["type"] != "pong":
        pass
    return bool(frame["n"] == 7)


class TestWhatIsAgreed:
    @pytest.mark.parametrize(
        "offer",
        [
            "permessage-deflate",
            DEFLATE,
            "permessage-deflate; client_max_window_bits=10; server_no_context_takeover",
            "permessage-deflate;server_max_window_bits=10, permessage-deflate",
            "x-webkit-deflate-frame, permessage-deflate",
        ],
    )
    def test_every_message_on_its_own(self, client: Client, offer: str) -> None:
        with RawSocket(client, offer) as socket:
            assert socket.agreed is not None
            name, *parameters = socket.agreed.split("; ")
            assert (name, set(parameters)) == (
                "permessage-deflate",
                {"server_no_context_takeover", "client_no_context_takeover"},
            )

    @pytest.mark.parametrize(
        "offer",
        [
            None,
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; telepathy",
            "permessage-deflate; server_no_context_takeover=yes",
            "x-webkit-deflate-frame",
            ";;,=",
        ],
    )
    def test_nothing_that_cannot_be_kept(self, client: Client, store: Store, offer: str | None) -> None:
        work = Work(store, owner=OWNER)
        work.lines(100)
        with RawSocket(client, offer) as socket:
            assert socket.agreed is None
            subscribed(socket, work.id)
            assert not socket.receive().deflated
            assert not socket.receive().deflated
            socket.send(client_deflate(PING), deflated=True)
            assert socket.closed_with() == 1006

    def test_tornado_is_told_what_it_understands(self) -> None:
        headers = HTTPHeaders({"Sec-WebSocket-Extensions": "permessage-deflate"})
        assert agree(headers)
        assert "server_no_context_takeover=" in headers["Sec-WebSocket-Extensions"]
        assert AGREED.count(";") == 2


class TestWhatTheServerSends:
    def test_each_frame_can_be_read_by_itself(self, client: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.lines(50, size=100)
        expected = json.loads(store.hydrate(work.id).state)
        with RawSocket(client, DEFLATE) as socket:
            subscribed(socket, work.id)
            welcome, snapshot = socket.receive(), socket.receive()
            for _ in range(3):
                work.lines(20, size=100)
                batch = socket.receive()
                assert batch.deflated
                assert len(batch.payload) < len(batch.content) / 4
                assert json.loads(batch.content)["type"] == "batch"
        assert not welcome.deflated, "what is small stays as it is"
        assert json.loads(snapshot.content)["state"] == expected

    def test_a_long_snapshot_comes_from_a_thread_and_whole(self, client: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.lines(900, size=250)
        with RawSocket(client, DEFLATE) as one, RawSocket(client, DEFLATE) as other, Page(client) as plain:
            for socket in (one, other):
                subscribed(socket, work.id)
            plain.subscribe(work.id)
            found = []
            for socket in (one, other):
                json.loads(socket.message())
                frame = socket.receive()
                assert frame.deflated
                assert len(frame.content) > framing.LARGE
                found.append(frame.content)
                assert answers(socket)
            snapshot = plain.until(lambda frame: frame["type"] == "snapshot")
        assert [json.loads(content) for content in found] == [snapshot, snapshot]

    async def test_another_client_reads_the_same(self, server: JupyterServer, client: Client, store: Store) -> None:
        work = Work(store, owner=OWNER)
        work.lines(50, size=100)
        url = f"{server.websocket_url}?token={server.token}"
        connection = await websocket_connect(url, compression_options={})
        await connection.write_message(json.dumps({"type": "subscribe", "build": work.id}))
        welcome, frame = [await self._read(connection) for _ in range(2)]
        assert (welcome["type"], frame["type"], frame["seq"]) == ("welcome", "snapshot", work.head)
        seq = work.head
        for _ in range(2):
            work.lines(20, size=100)
            work.todos()
            while seq < work.head:
                frame = await self._read(connection)
                assert (frame["type"], frame["from"]) == ("batch", seq + 1)
                seq = frame["to"]
        connection.close()
        while await connection.read_message() is not None:
            pass

    @staticmethod
    async def _read(connection: WebSocketClientConnection) -> dict[str, Any]:
        message = await connection.read_message()
        assert isinstance(message, str)
        return dict(json.loads(message))


class TestWhatAClientSends:
    def test_deflated_in_one_piece_and_in_many(self, client: Client) -> None:
        with RawSocket(client, DEFLATE) as socket:
            for _ in range(3):
                socket.send(client_deflate(PING), deflated=True)
                while json.loads(socket.message())["type"] != "pong":
                    pass
            first, *rest = (client_deflate(PING)[at : at + 5] for at in range(0, len(client_deflate(PING)), 5))
            socket.send(first, final=False, deflated=True)
            for number, part in enumerate(rest, start=1):
                socket.send(part, opcode=CONTINUATION, final=number == len(rest))
            assert json.loads(socket.message()) == {"type": "pong", "n": 7}
            assert answers(socket), "what is not deflated is read too"

    def test_a_message_that_is_finished_as_a_stream(self, client: Client) -> None:
        """BFINAL may be set; an inflater that goes on from message to message would stop there."""
        compressor = zlib.compressobj(wbits=-15)
        with RawSocket(client, DEFLATE) as socket:
            for _ in range(2):
                once = compressor.copy()
                socket.send(once.compress(PING) + once.flush(zlib.Z_FINISH) + b"\x00", deflated=True)
                while json.loads(socket.message())["type"] != "pong":
                    pass

    def test_a_bomb_is_not_inflated(self, client: Client) -> None:
        bomb = client_deflate(b" " * 64 * 1024 * 1024)
        assert len(bomb) < 128 * 1024
        before = client.get("status").json()["connections"]
        with RawSocket(client, DEFLATE) as socket:
            socket.send(bomb, deflated=True)
            assert socket.closed_with() in (1006, 1009)
        assert client.get("status").json()["connections"] <= before

    def test_what_cannot_be_inflated_ends_the_connection_and_nothing_else(
        self, server: JupyterServer, client: Client
    ) -> None:
        with RawSocket(client, DEFLATE) as other:
            for garbage in (b"\xff" * 50, b"\x07", client_deflate(PING)[:-3] + b"\xff\xff\xff"):
                with RawSocket(client, DEFLATE) as socket:
                    socket.send(garbage, deflated=True)
                    assert socket.closed_with() in (1006, 4500)
            assert answers(other)
        assert "zlib.error" not in server.log


class TestFramer:
    def test_the_same_message_is_framed_once(self) -> None:
        framer = Framer()
        messages = [json.dumps({"n": number, "text": "abc" * 200}).encode() for number in range(8)]
        first = [framer.deflated(message) for message in messages]
        assert all(framer.deflated(message) is frame for message, frame in zip(messages, first, strict=True))
        assert framer.plain(messages[0]) is framer.plain(messages[0])

    def test_it_keeps_the_newest_up_to_its_size(self) -> None:
        framer = Framer(kept_bytes=10_000)
        old, new = b"a" * 6_000, b"b" * 6_000
        kept = framer.deflated(old)
        assert framer.deflated(old) is kept
        newer = framer.deflated(new)
        assert framer.deflated(new) is newer
        assert framer.deflated(old) is not kept

    async def test_a_long_message_is_deflated_once_for_all_who_wait(self) -> None:
        framer = Framer()
        message = json.dumps(["some text"] * 20_000).encode()
        waiting = [framer.deflated(message) for _ in range(3)]
        gone, *others = [frame for frame in waiting if not isinstance(frame, bytes)]
        gone.cancel()
        frames = [await frame for frame in others]
        assert len(frames) == 2
        assert frames[0] is frames[1]
        assert framer.deflated(message) is frames[0]
        assert inflate(frames[0][4:]) == message  # a header of 4 bytes: it is shorter than 64 KiB now

    def test_what_does_not_get_shorter_stays_plain(self) -> None:
        noise = random.Random(1).randbytes(300)
        assert deflate(noise) == b"\x81\x7e" + (300).to_bytes(2, "big") + noise
