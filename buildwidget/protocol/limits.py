"""The bounds of the protocol: sizes are UTF-8 bytes, counts are rows.

Both reducers, the writer and the server read these numbers; the TypeScript side gets them generated
(``core/protocol/limits.gen.ts``), so no number is typed twice.
"""

from __future__ import annotations

from typing import Final

PROTOCOL_VERSION: Final = 1
"""The version ``welcome`` tells; it changes only when an old client would misread a frame."""

REDUCER_VERSION: Final = 4
"""Goes up whenever the same events would fold to another state; saved states of another version are folded anew."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The greatest integer JavaScript keeps exactly; integers on the wire stay at or below it."""

# What a state keeps (protocol.md, "State is bounded"). What falls out is counted in ``dropped``.
MAX_TODOS: Final = 500
MAX_TOOLS: Final = 2_000
MAX_TOOL_PREVIEWS: Final = 200
MAX_TEXTS: Final = 50
MAX_TEXT_BYTES: Final = 64 * 1024
MAX_LOG_LINES: Final = 1_000
MAX_LOG_BYTES: Final = 256 * 1024
MAX_OPEN_ROWS: Final = 50
MAX_OPEN_BYTES: Final = 16 * 1024
"""The open rows of a log, those of all streams together: the newest are kept."""
MAX_METRICS: Final = 100
MAX_METRIC_POINTS: Final = 500
MAX_PROGRESS: Final = 100
MAX_DISPLAYS: Final = 100
MAX_ARTIFACTS: Final = 500
MAX_PERMISSIONS: Final = 100
MAX_TAGS: Final = 50
MAX_OPTIONS: Final = 50
"""Choices of one permission prompt."""
MAX_LABEL_BYTES: Final = 4 * 1024
"""Every short text of a state (ids, names, labels, paths, titles, a todo's content): its start is kept."""
MAX_SUMMARY_BYTES: Final = 16 * 1024
"""A build's summary and its error's message: the start is kept."""
MAX_TRACEBACK_BYTES: Final = 64 * 1024
"""An error's traceback: the end is kept."""
MAX_TOOL_CONTENT_WEIGHT: Final = 4 * 1024
"""A tool's input or output in a state, weighed by ``text.weight``; a heavier one is left out and named in
``truncated``. Writers cut at PREVIEW_BYTES, so only a faulty writer meets it."""
MAX_PERMISSION_INPUT_WEIGHT: Final = 64 * 1024
"""A prompt's input in a state, weighed alike; a heavier one becomes null."""
MAX_JSON_DEPTH: Final = 64
"""Arrays and objects within each other in one event, the event itself counted; a deeper event is malformed."""

# What an event carries.
PREVIEW_BYTES: Final = 1024
"""A tool's input or output over this is cut to its first bytes of text and named in ``truncated``."""
MAX_PAYLOAD_BYTES: Final = 8 * 1024 * 1024
"""What is kept whole beside the log; longer content is cut here and marked as cut."""
MAX_LOG_LINE_BYTES: Final = 4 * 1024
"""A log line on the wire; the whole line is on the log route."""

# What a subscriber may lag behind before it gets a snapshot instead of batches.
MAX_LAG_EVENTS: Final = 1_000
MAX_LAG_BYTES: Final = 256 * 1024

# When a batch leaves early.
MAX_BATCH_EVENTS: Final = 500
MAX_BATCH_BYTES: Final = 64 * 1024

MAX_CLIENT_FRAME_BYTES: Final = 64 * 1024
