"""Thousands of updates as fast as a kernel can make them: do all arrive, and when does the page show the last one?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure, Samples, Scale, Side
from tests.bench.kernel_channel import Channel, Message, kernel, values
from tests.bench.one_server import running
from tests.bench.viewer import Viewer
from tests.server.jupyter_process import JupyterServer

QUIET: Final = (2.0, 0.5)
"""Seconds without a message after which nothing more is expected of a kernel that has answered: full size, and toy."""

_TRACK: Final = """
import time
import buildwidget as bw
from buildwidget import report
_tracked = bw.track("updates")
_build = _tracked.__enter__()
_id = _build.id
"""
_METRICS: Final = """
for _number in range(1, {count} + 1):
    report.metric("loss", 1 / _number, step=_number)
_end = time.time()
"""
_BARS: Final = """
for _number in range(1, {count} + 1):
    report.progress(_number, {count}, label="epoch")
_end = time.time()
"""
_WIDGET: Final = """
import time
import ipywidgets
from IPython.display import display
_bar = ipywidgets.IntProgress(max={count})
display(_bar)
for _number in range(1, {count} + 1):
    _bar.value = _number
_end = time.time()
"""
_PRINT: Final = """
import time
for _number in range(1, {count} + 1):
    print(_number, flush=True)
_end = time.time()
"""
_TQDM: Final = """
import time
from tqdm.notebook import tqdm
for _number in tqdm(range({count})):
    pass
_end = time.time()
"""


@dataclass(frozen=True)
class Shown:
    """What a page saw.

    Attributes:
        share: of the updates, those that arrived.
        last_ms: from the end of the last call to the last update being shown; None if it never was.
        messages: that came for it.
    """

    share: float
    last_ms: float | None
    messages: int


def measure(scale: Scale, directory: Path) -> list[Figure]:
    """What part of the updates arrives, and how long after the last call the last one is shown."""
    count, rounds = scale.of(6_000, 300), scale.of(3, 1)
    quiet = QUIET[scale.toy]
    with running(scale, directory) as server, kernel(server) as identity, Channel(server, identity) as channel:
        sides: dict[str, Callable[[], Shown]] = {
            "metrics": lambda: _ours(server, channel, _METRICS.format(count=count), _metrics_until, count),
            "bar": lambda: _ours(server, channel, _BARS.format(count=count), _bar_until, count),
            "IntProgress": lambda: _theirs(channel, _WIDGET.format(count=count), _widget_values, count, quiet),
            "print": lambda: _theirs(channel, _PRINT.format(count=count), _printed, count, quiet),
            "tqdm.notebook": lambda: _theirs(channel, _TQDM.format(count=count), _widget_values, count, quiet),
        }
        found: dict[str, list[Shown]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                found[name].append(side())
    return [_arrived(count, found), _last(count, found)]


def _arrived(count: int, found: dict[str, list[Shown]]) -> Figure:
    share = {name: Samples(tuple(each.share for each in shown)) for name, shown in found.items()}
    return Figure(
        what=f"{count:,} updates flat out from a kernel: the part that arrives",
        unit="",
        ours=Side.of("report.metric in a tracked kernel, folded", share["metrics"]),
        peer=Side.of("ipywidgets.IntProgress", share["IntProgress"]),
        judged=share["metrics"].median,
        judged_as="ours",
        bound=1.0,
        at_least=True,
        note="; ".join(f"{name}: {_part(shown)}" for name, shown in found.items())
        + ". tqdm.notebook and our bar show the newest of what they are told, and need not show each.",
        extra={name: samples.median for name, samples in share.items()},
    )


def _last(count: int, found: dict[str, list[Shown]]) -> Figure:
    ours = _times(found["metrics"] + found["bar"])
    assert ours is not None, "the last one is always shown"
    peer = _times(found["IntProgress"])
    told = [f"{name}: {_told(shown)}" for name, shown in found.items()]
    return Figure(
        what=f"{count:,} updates flat out from a kernel: from the last call to the last one shown",
        unit="ms",
        ours=Side.of("report.metric, report.progress", ours),
        peer=None if peer is None else Side.of("ipywidgets.IntProgress", peer),
        judged=ours.median,
        judged_as="ours",
        bound=400.0,
        note="; ".join(told),
    )


def _part(shown: list[Shown]) -> str:
    messages = Samples(tuple(float(each.messages) for each in shown)).median
    return f"{Samples(tuple(each.share for each in shown)).median:.0%} in {messages:.0f} messages"


def _times(shown: list[Shown]) -> Samples | None:
    times = [each.last_ms for each in shown if each.last_ms is not None]
    return Samples(tuple(times)) if len(times) == len(shown) else None


def _told(shown: list[Shown]) -> str:
    times = _times(shown)
    return "the last one never" if times is None else f"{times.median:.0f} ms, at most {max(times.values):.0f}"


# Ours


def _ours(
    server: JupyterServer, channel: Channel, code: str, until: Callable[[Viewer, int], float], count: int
) -> Shown:
    build = channel.run(_TRACK, id="_id")["id"]
    # The reply comes when the kernel is done, and is read afterwards: the page is another socket.
    with Viewer(server.with_token(), build) as viewer:
        viewer.until(lambda it: it.snapshots == 1)
        request = channel.execute(code, end="_end")
        shown_at = until(viewer, count)
        end = values(channel.reply(request))["end"]
        batches = viewer.batches
        channel.run("_ = _tracked.__exit__(None, None, None)")
        viewer.until(lambda it: it.state.status == "succeeded")
        state = viewer.state
    folded = state.metrics[0].count if state.metrics else float(state.progress[0].current)
    assert folded == count, "every one is folded"
    return Shown(folded / count, max(0.0, shown_at - end) * 1000, batches)


def _metrics_until(viewer: Viewer, count: int) -> float:
    return viewer.until(lambda it: bool(it.state.metrics) and it.state.metrics[0].count == count)


def _bar_until(viewer: Viewer, count: int) -> float:
    return viewer.until(lambda it: bool(it.state.progress) and it.state.progress[0].current == count)


# What a user would pick instead


def _theirs(channel: Channel, code: str, numbers: Callable[[Message], list[int]], count: int, quiet: float) -> Shown:
    heard: list[Message] = []
    # What is published may come after the answer: only then can quiet mean that all is here.
    end = values(channel.reply(channel.execute(code, end="_end"), heard.append))["end"]
    heard.extend(channel.messages(quiet))
    seen: set[int] = set()
    last_at: float | None = None
    messages = 0
    for message in heard:
        found = numbers(message)
        messages += bool(found)
        seen.update(found)
        if count in found and last_at is None:
            last_at = message.at
    return Shown(len(seen - {0}) / count, None if last_at is None else max(0.0, last_at - end) * 1000, messages)


def _widget_values(message: Message) -> list[int]:
    if message.kind != "comm_msg":
        return []
    value = message.content["data"].get("state", {}).get("value")
    return [int(value)] if isinstance(value, (int, float)) else []


def _printed(message: Message) -> list[int]:
    if message.kind != "stream" or message.content["name"] != "stdout":
        return []
    return [int(number) for number in re.findall(r"^\d+$", message.content["text"], re.MULTILINE)]
