from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from buildwidget.runner.logging_setup import describe_logging, set_logging_up


@pytest.fixture(autouse=True)
def loggers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No logger is set up but what the test does."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    before = root.level, dict(logging.Logger.manager.loggerDict)
    logging.Logger.manager.loggerDict.clear()
    yield
    root.setLevel(before[0])
    logging.Logger.manager.loggerDict.clear()
    logging.Logger.manager.loggerDict.update(before[1])


def fresh(described: list[dict[str, object]]) -> None:
    """As in another process."""
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(logging.WARNING)
    logging.Logger.manager.loggerDict.clear()
    set_logging_up(json.loads(json.dumps(described)))


def test_what_basic_config_set_up_is_set_up_again(capsys: pytest.CaptureFixture[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="{levelname}/{name}: {message}", style="{", force=True)
    logging.getLogger("quiet").setLevel(logging.ERROR)
    fresh(describe_logging())
    logging.getLogger().info("said")
    logging.getLogger().debug("not said")
    logging.getLogger("quiet").warning("not said")
    logging.getLogger("other").info("too")
    assert capsys.readouterr().err == "INFO/root: said\nINFO/other: too\n"


def test_a_logger_with_a_handler_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("train")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s at %(asctime)s", "%Y"))
    logger.addHandler(handler)
    logger.addHandler(logging.NullHandler())
    fresh(describe_logging())
    logging.getLogger("train").debug("step")
    text, year = capsys.readouterr().err.split(" at ")
    assert (text, len(year)) == ("step", 5)
    assert not logging.getLogger("train").propagate
    assert len(logging.getLogger("train").handlers) == 1


def test_nothing_is_set_up_where_nothing_was(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("library").setLevel(logging.DEBUG)
    logging.getLogger("library").addHandler(logging.StreamHandler(io.StringIO()))
    assert describe_logging() == []
