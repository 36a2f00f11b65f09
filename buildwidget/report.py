"""What code inside a build calls to show what it is doing.

>>> from buildwidget import report
>>> report.todos(["Load data", "Train", "Evaluate"])
>>> with report.step("Load data"):
...     data = load()
>>> for epoch in report.tqdm(range(10), desc="epoch"):
...     report.metric("loss", train(data), step=epoch)
>>> report.show(figure)

Works in every process of a build, children and forks included. Outside a build the calls do nothing. None of
them ever raises for what it was given: the first that goes wrong warns, and the work goes on.
"""

from __future__ import annotations

import contextlib
import functools
import mimetypes
import os
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, final

from buildwidget.protocol.events import (
    ArtifactEvent,
    MetricEvent,
    ProgressEvent,
    Stream,
    TextEvent,
    TextKind,
    ToolEvent,
    ToolState,
    UsageEvent,
)
from buildwidget.reporting.figures import render
from buildwidget.reporting.messages import (
    DisplayReport,
    LogReport,
    Message,
    StepEnded,
    StepStarted,
    TodoReport,
    TodosReport,
)
from buildwidget.reporting.progress_bar import ProgressBar
from buildwidget.reporting.sinks import current_sink, flush, use_sink
from buildwidget.reporting.values import name_of, number, optional_number

__all__ = [
    "artifact",
    "flush",
    "log",
    "metric",
    "progress",
    "show",
    "step",
    "text",
    "todos",
    "tool",
    "tqdm",
    "usage",
    "use_sink",
]

P = ParamSpec("P")
T = TypeVar("T")

_warned = False
_current_step: ContextVar[str | None] = ContextVar("buildwidget_step", default=None)
_current_tool: ContextVar[str | None] = ContextVar("buildwidget_tool", default=None)


def _never_raises(function: Callable[P, None]) -> Callable[P, None]:
    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        # Whatever a figure's own code or a wrong argument raises: a report is never worth the work it tells of.
        except Exception as error:  # noqa: BLE001
            _warn_once(function.__name__, error)

    return call


def _warn_once(what: str, error: Exception) -> None:
    global _warned  # noqa: PLW0603 - once per process
    if _warned:
        return
    _warned = True
    with contextlib.suppress(Exception):  # a program may have turned warnings into errors
        warnings.warn(
            f"buildwidget.report.{what} could not report: {type(error).__name__}: {error} "
            "(the work goes on; further problems are not told)",
            RuntimeWarning,
            stacklevel=3,
        )


def _now() -> int:
    return time.time_ns() // 1_000_000


def _new_id() -> str:
    return os.urandom(8).hex()


def _send(message: Message) -> None:
    sink = current_sink()
    if sink is not None:
        sink.send(message)


@_never_raises
def todos(items: Iterable[str | Mapping[str, Any]]) -> None:
    """The whole plan, in order.

    A todo is a text, or a dict of ``content`` and optional ``status`` (pending, in_progress, completed,
    cancelled), ``active_form`` and ``id``. One that is already known by its id or content keeps the status it
    has where none is given.
    """
    _send(TodosReport(at=_now(), todos=[_todo(item) for item in items]))


def _todo(item: str | Mapping[str, Any]) -> TodoReport:
    if isinstance(item, str):
        return TodoReport(content=name_of(item))
    status = item.get("status")
    if status not in (None, "pending", "in_progress", "completed", "cancelled"):
        raise ValueError(f"a todo is pending, in_progress, completed or cancelled, not {status!r}")
    return TodoReport(
        content=name_of(item["content"]),
        id=None if item.get("id") is None else name_of(item["id"]),
        status=status,
        active_form=None if item.get("active_form") is None else name_of(item["active_form"]),
    )


@final
class step(contextlib.ContextDecorator):  # noqa: N801 - reads as the function it is used as
    """A todo that is in progress within the block and completed after it.

    >>> with report.step("Load data"):
    ...     data = load()

    A todo of this content that is not completed is taken; else a new one is added, within another step right
    behind it. A block left by an exception leaves its todo in progress, until it is tried again or another
    step begins. Also a decorator.
    """

    def __init__(self, content: str, *, active_form: str | None = None) -> None:
        self._content = content
        self._active_form = active_form
        self._open: list[tuple[str, Token[str | None]]] = []

    def _recreate_cm(self) -> step:
        return step(self._content, active_form=self._active_form)

    def __enter__(self) -> step:
        identity, parent = _new_id(), _current_step.get()
        self._open.append((identity, _current_step.set(identity)))
        _step_started(identity, self._content, self._active_form, parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        identity, token = self._open.pop()
        with contextlib.suppress(ValueError):  # left in another context than it was entered in
            _current_step.reset(token)
        _step_ended(identity, failed=kind is not None)


@_never_raises
def _step_started(identity: str, content: str, active_form: str | None, parent: str | None) -> None:
    active_form = None if active_form is None else name_of(active_form)
    _send(StepStarted(at=_now(), step=identity, content=name_of(content), active_form=active_form, parent=parent))


@_never_raises
def _step_ended(identity: str, *, failed: bool) -> None:
    _send(StepEnded(at=_now(), step=identity, failed=failed))


def progress(
    current: float,
    total: float | None = None,
    *,
    label: str = "",
    id: str | None = None,
    unit: str | None = None,
    done: bool | None = None,
    closed: bool = False,
) -> None:
    """A bar: ``current`` of ``total`` (None: unknown) ``unit``s.

    Calls of one ``id`` (default: the label) are one bar. It is over when it is ``done`` (default: when it reaches its
    total) or ``closed`` (given up before that, or no longer to be shown). A bar that starts over is the same bar.

    The build's percent is that of the first bar that is open: bars are taken as nested in the order in which they
    began. Bars that turn out to run side by side give no percent.
    """
    _bar(current, total, label=label, id=id, unit=unit, done=done, closed=closed)


@_never_raises
def _bar(
    current: float,
    total: float | None,
    *,
    label: str,
    id: str | None,
    unit: str | None,
    done: bool | None,
    **more: Any,
) -> None:
    """``more``: ``closed`` and ``level``, as ``ProgressEvent`` has them."""
    current, whole = number(current), optional_number(total)
    finished = (whole is not None and current >= whole) if done is None else bool(done)
    name = name_of(label)
    _send(
        ProgressEvent(
            at=_now(),
            id=name_of(id) if id is not None else name or "progress",
            label=name,
            current=current,
            total=whole,
            unit=None if unit is None else name_of(unit),
            done=finished,
            closed=True if more.get("closed") else None,
            level=more.get("level"),
        )
    )


@_never_raises
def metric(name: str, value: float, step: float | None = None) -> None:
    """One point of a metric; ``step`` is its place on the x axis (default: time)."""
    sink = current_sink()
    if sink is not None:
        at = _now()
        sink.send(MetricEvent(at=at, name=name_of(name), points=[(optional_number(step), number(value), at)]))


@_never_raises
def artifact(path: str | os.PathLike[str], name: str | None = None) -> None:
    """A file that the build made; ``name`` is what it is called (default: the file's name)."""
    file = Path(path).expanduser().absolute()
    size = file.stat().st_size if file.is_file() else None
    called = name_of(file.name if name is None else name)
    mime = mimetypes.guess_type(file.name)[0]
    _send(ArtifactEvent(at=_now(), name=called, path=name_of(os.path.normpath(file), 4096), mime=mime, size=size))


@_never_raises
def show(value: Any, *, title: str | None = None, id: str | None = None, mime: str | None = None) -> None:
    """A figure, table, image, text or anything with a rich representation, as it looks now.

    ``mime`` says what a text or bytes are, e.g. ``text/markdown``; the same ``id`` again replaces what was shown.
    """
    if current_sink() is None:
        return  # drawing a figure takes time
    chosen, content = render(value, mime)
    called = None if title is None else name_of(title)
    identity = _new_id() if id is None else name_of(id)
    _send(DisplayReport(at=_now(), id=identity, mime=chosen, content=content, title=called))


@_never_raises
def log(text: str, *, stream: Stream = "stdout") -> None:
    """Lines for the build's log; where the build captures output, ``print`` does the same."""
    if stream not in ("stdout", "stderr", "system"):
        raise ValueError(f"a stream is stdout, stderr or system, not {stream!r}")
    _send(LogReport(at=_now(), text=str(text), stream=stream))


@_never_raises
def text(content: str, *, id: str = "answer", kind: TextKind = "answer", append: bool = False) -> None:
    """What an agent says: ``content`` replaces the text ``id``, or goes on with it (``append``)."""
    if kind not in ("answer", "reasoning", "plan"):
        raise ValueError(f"a text is an answer, reasoning or a plan, not {kind!r}")
    if append:
        _send(TextEvent(at=_now(), id=name_of(id), kind=kind, delta=str(content)))
    else:
        _send(TextEvent(at=_now(), id=name_of(id), kind=kind, text=str(content)))


@_never_raises
def usage(
    *,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cache_read_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    cost_usd: float | None = None,
    turns: int | None = None,
) -> None:
    """What the build has used so far: totals, not increments."""
    counts = {
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": cache_read_tokens,
        "cache_write_tokens": cache_write_tokens,
        "reasoning_tokens": reasoning_tokens,
        "turns": turns,
    }
    given = {name: int(value) for name, value in counts.items() if value is not None}
    _send(UsageEvent(at=_now(), cost_usd=optional_number(cost_usd), **given))


@final
class tool:  # noqa: N801 - reads as the function it is used as
    """One tool call: running within the block, then succeeded, or failed with the exception that left it.

    >>> with report.tool("pytest", input={"args": "-q"}) as call:
    ...     call.output = run()

    A call within another is its child. ``output`` is anything JSON has a form for; ``fail()`` marks it as failed.
    """

    def __init__(self, name: str, input: Any = None, *, id: str | None = None) -> None:
        self.id = _new_id() if id is None else str(id)
        self.output: Any = None
        self._name = name
        self._input = input
        self._state: Literal["succeeded", "failed"] = "succeeded"
        self._token: Token[str | None] | None = None

    def __enter__(self) -> tool:
        parent = _current_tool.get()
        self._token = _current_tool.set(self.id)
        _tool(self.id, "running", name=self._name, parent=parent, input=self._input)
        return self

    def fail(self, output: Any = None) -> None:
        """The call failed, though no exception says so."""
        self._state = "failed"
        self.output = self.output if output is None else output

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            with contextlib.suppress(ValueError):  # left in another context than it was entered in
                _current_tool.reset(self._token)
        if kind is not None:
            self.fail(f"{kind.__name__}: {error}" if self.output is None else None)
        _tool(self.id, self._state, output=self.output)


@_never_raises
def _tool(
    identity: str,
    state: ToolState,
    *,
    name: str | None = None,
    parent: str | None = None,
    input: Any = None,
    output: Any = None,
) -> None:
    _send(
        ToolEvent(
            at=_now(),
            id=name_of(identity),
            name=None if name is None else name_of(name),
            parent=parent,
            state=state,
            input=input,
            output=output,
        )
    )


def tqdm(
    iterable: Iterable[T] | None = None,
    desc: str | None = None,
    total: float | None = None,
    *,
    unit: str = "it",
    id: str | None = None,
    leave: bool | None = True,
    **_terminal_only: Any,
) -> ProgressBar[T]:
    """A bar over an iterable, in place of ``tqdm.tqdm``; without an iterable, ``update(n)`` counts.

    ``leave=False``: the bar is not shown after its end.
    """
    bar = ProgressBar(iterable, report=_bar, desc=desc, total=total, unit=unit, id=id)
    bar.leave = leave
    return bar
