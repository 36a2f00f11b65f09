"""Serves over HTTP on a free port of 127.0.0.1, slowly enough for a bar to be seen.

``/NAME?bytes=N&speed=S`` is N zeros at S bytes a second, ``/NAME`` the file of the current directory at 500 kB/s.
Prints the port, then serves until its parent ends it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PIECES_PER_SECOND = 20
FILE_SPEED = 500_000


class SlowFiles(BaseHTTPRequestHandler):
    """Answers with the whole or with one range (aria2c asks for several at once)."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(lambda _data: None)

    def do_GET(self) -> None:
        self._answer(self.wfile.write)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Says nothing: the terminal is the client's."""

    def _answer(self, write: Callable[[bytes], object]) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        path = Path(url.path.lstrip("/"))
        if query:
            data, speed = bytes(int(query["bytes"][0])), int(query["speed"][0])
        elif path.is_file():
            data, speed = path.read_bytes(), FILE_SPEED
        else:
            self.send_error(404)
            return
        data = self._head(data)
        piece = max(1, speed // PIECES_PER_SECOND)
        with contextlib.suppress(ConnectionError):  # a client that splits a file anew hangs up in the middle
            for start in range(0, len(data), piece):
                write(data[start : start + piece])
                time.sleep(1 / PIECES_PER_SECOND)

    def _head(self, data: bytes) -> bytes:
        """Writes the head; what is to follow."""
        first, last, count = 0, len(data) - 1, len(data)
        ranged = self.headers.get("Range", "").removeprefix("bytes=")
        if ranged:
            begin, _, end = ranged.partition("-")
            first, last = int(begin), min(int(end or last), last)
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{last}/{count}")
        self.end_headers()
        return data[first : last + 1]


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowFiles)
    print(server.server_port, flush=True)  # noqa: T201 - the program that starts it reads the port
    server.serve_forever()
