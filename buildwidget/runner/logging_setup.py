"""How a notebook's cells set logging up, on its way into the build.

A function that logs says so in the notebook because another cell called ``logging.basicConfig`` or gave a logger a
handler; in a fresh process its messages would be lost.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Any, Final

MAX_LOGGERS: Final = 1_000
"""More are not carried over."""


def describe_logging() -> list[dict[str, Any]]:
    """The loggers with a level, or with handlers that write to this process's output, fit for JSON.

    Handlers of other kinds (files, sockets) stay behind: the build has to make those by itself.
    """
    found = []
    # Levels matter where somebody listens: by itself the root logger passes on warnings alone.
    listening = any(type(handler) is logging.StreamHandler for handler in logging.getLogger().handlers)
    for name, logger in _loggers():
        handlers = [_describe(handler) for handler in logger.handlers if type(handler) is logging.StreamHandler]
        streams = [handler for handler in handlers if handler is not None]
        if streams or (logger.level and listening):
            found.append({"name": name, "level": logger.level, "propagate": logger.propagate, "handlers": streams})
    return found[:MAX_LOGGERS]


def _loggers() -> Iterator[tuple[str, logging.Logger]]:
    yield "", logging.getLogger()
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger):
            yield name, logger


def _describe(handler: logging.StreamHandler[Any]) -> dict[str, Any] | None:
    names = {id(sys.stdout): "stdout", id(sys.stderr): "stderr"}
    stream = names.get(id(handler.stream))
    formatter = handler.formatter
    if stream is None or type(formatter) not in (logging.Formatter, type(None)):
        return None
    described: dict[str, Any] = {"stream": stream, "level": handler.level}
    if formatter is not None:
        described["format"] = formatter._fmt  # noqa: SLF001 - there is no other way to learn it
        described["dates"] = formatter.datefmt
        described["style"] = _style_of(formatter)
    return described


def _style_of(formatter: logging.Formatter) -> str:
    kind = type(formatter._style).__name__  # noqa: SLF001 - as above
    return {"StrFormatStyle": "{", "StringTemplateStyle": "$"}.get(kind, "%")


def set_logging_up(described: list[dict[str, Any]]) -> None:
    """Set the loggers of this process up as ``describe_logging`` found them."""
    for each in described:
        logger = logging.getLogger(each["name"])
        logger.propagate = each["propagate"]
        # A level of a later version of Python, or of a library that is not imported yet.
        with contextlib.suppress(ValueError, TypeError):
            logger.setLevel(each["level"])
        for handler in each["handlers"]:
            logger.addHandler(_handler(handler))


def _handler(described: dict[str, Any]) -> logging.Handler:
    handler = logging.StreamHandler(getattr(sys, described["stream"]))
    handler.setLevel(described["level"])
    if "format" in described:
        handler.setFormatter(logging.Formatter(described["format"], described["dates"], described["style"]))
    return handler
