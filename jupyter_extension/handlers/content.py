"""What a build made: whole tool calls, displays and artifacts. Nothing of it is trusted."""

from __future__ import annotations

import mimetypes
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO, Final

from buildwidget.protocol.limits import MAX_SAFE_INTEGER
from buildwidget.protocol.state import ArtifactRow
from buildwidget.runner.artifact_paths import find_artifact
from buildwidget.runner.hidden import whole_places
from buildwidget.store.errors import NotFound
from buildwidget.store.store import Store
from jupyter_extension.handlers.base import RestHandler, allowed
from jupyter_extension.handlers.builds import owned
from jupyter_extension.handlers.errors import ApiError
from jupyter_extension.handlers.requests import Query

SANDBOX: Final = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:"
)
"""A page of its own in nobody's origin: no script, no form, no request to anywhere."""

_SHOWN: Final = frozenset({"application/json", "text/html", "text/markdown", "text/plain"})
"""Besides images, what a browser may show itself; all else is downloaded."""

_MIME: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", re.IGNORECASE)


def safe_mime(mime: str | None, name: str = "") -> str:
    """The mime type to serve something with; what a page could run as its own script goes as plain text."""
    essence = (mime or mimetypes.guess_type(name)[0] or "").partition(";")[0].strip().lower()
    if not _MIME.fullmatch(essence):
        return "application/octet-stream"
    if re.search(r"(java|ecma|j|live|type)script|/css$|manifest|wasm", essence):
        return "text/plain; charset=utf-8"
    return f"{essence}; charset=utf-8" if essence.startswith("text/") else essence


class _ContentHandler(RestHandler):
    async def prepare(self) -> None:  # type: ignore[override] # Jupyter's own base does the same
        """Content can be included by a foreign page (as an image, say), so GET needs the XSRF token, or our Referer."""
        await super().prepare()
        if self.request.method == "GET":
            self.check_xsrf_cookie()

    def _announce(self, mime: str, name: str, *, download: bool) -> None:
        self.set_header("Content-Type", mime)
        self.set_header("Content-Security-Policy", SANDBOX)
        self.set_header("X-Content-Type-Options", "nosniff")
        essence = mime.partition(";")[0]
        if download or not (essence.startswith("image/") or essence in _SHOWN):
            self.set_attachment_header(name)


class ToolHandler(RestHandler):
    """``builds/{id}/tools/{tool_id}``."""

    @allowed("read")
    async def get(self, build_id: str, tool_id: str) -> None:
        """The tool row with whole input and output."""
        services = await self.services()
        self.send_json(await services.run(_tool, services.store, services.config.owner, build_id, tool_id))


def _tool(store: Store, owner: str, build_id: str, tool_id: str) -> dict[str, object]:
    owned(store, owner, build_id)
    return store.tool(build_id, tool_id)


class DisplayHandler(_ContentHandler):
    """``builds/{id}/displays/{display_id}``."""

    @allowed("read")
    async def get(self, build_id: str, display_id: str) -> None:
        """A figure or table."""
        services = await self.services()
        mime, content = await services.run(_display, services.store, services.config.owner, build_id, display_id)
        self._announce(safe_mime(mime), display_id, download=Query(self).flag("download"))
        self.finish(content, set_content_type=safe_mime(mime))


def _display(store: Store, owner: str, build_id: str, display_id: str) -> tuple[str, bytes]:
    owned(store, owner, build_id)
    return store.display(build_id, display_id)


class ArtifactHandler(_ContentHandler):
    """``builds/{id}/artifacts/{index}``."""

    @allowed("read")
    async def get(self, build_id: str, index: str) -> None:
        """A file of the build, as it is now."""
        services = await self.services()
        row, file = await services.run(open_artifact, services.store, services.config.owner, build_id, index)
        try:
            name = Path(row.path).name
            mime = safe_mime(row.mime, name)
            self._announce(mime, name, download=Query(self).flag("download"))
            while chunk := await services.run(file.read, services.config.chunk_bytes):
                self.write(chunk)
                await self.flush()  # waits until the client took it: memory holds one chunk
        finally:
            await services.run(file.close)
        self.finish(set_content_type=mime)


def open_artifact(store: Store, owner: str, build_id: str, index: str) -> tuple[ArtifactRow, BinaryIO]:
    """The artifact and its file.

    Raises:
        NotFound: there is no such artifact.
        ApiError: its file is gone, no plain file, or lies outside of the build's working directory.
    """
    record = owned(store, owner, build_id)
    if not re.fullmatch(r"[0-9]{1,16}", index) or int(index) > MAX_SAFE_INTEGER:
        raise NotFound(build_id, "artifact", index)
    row = store.artifact(build_id, int(index))
    directory = whole_places(record.spec).get("cwd")
    try:
        return row, open_below(directory, row.path)
    except ApiError as error:
        hidden = find_artifact(build_id, directory, row.path) if error.status_code == 404 and directory else None
        if hidden is None:
            raise
        return row, open_below(directory, hidden)


def open_below(directory: str | None, path: str) -> BinaryIO:
    """A plain file below a directory, symbolic links resolved.

    Raises:
        ApiError: 403 where it lies elsewhere, 404 where there is none.
    """
    if directory is None:
        raise ApiError(404, "no_file", "The build has no working directory to take files from.")
    try:
        root = Path(directory).resolve(strict=True)
        target = (root / path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # gone; a NUL in the path; a loop of links
        raise ApiError(404, "no_file", "The file is gone.") from None
    if not target.is_relative_to(root):
        raise ApiError(403, "outside", "The file lies outside of the build's working directory.")
    return _open_plain(target)


def _open_plain(target: Path) -> BinaryIO:
    # The path is resolved: a link that stands there now was put there since. A pipe must not block the thread.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(target, flags)
    except OSError:
        raise ApiError(404, "no_file", "The file cannot be read.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ApiError(404, "no_file", "It is not a plain file.")
    return os.fdopen(descriptor, "rb")
