"""Several builds, as a notebook shows them."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from buildwidget.build import Build
from buildwidget.protocol.events import Status
from buildwidget.protocol.limits import MAX_SAFE_INTEGER

STATUSES: Final[tuple[str, ...]] = get_args(Status)


class Builds(list[Build]):
    """A list of builds that displays as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(build) for build in self)
        heads = "".join(f"<th>{head}</th>" for head in ("Name", "Project", "Kind", "Status", "%", "Id"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True, slots=True)
class BuildFilters:
    """Which builds a list has; None: whatever they are."""

    statuses: tuple[str, ...] | None
    project: str | None
    q: str | None
    limit: int

    @classmethod
    def checked(cls, status: object, project: object, q: object, limit: object) -> BuildFilters:
        """The filters that a user gave.

        Raises:
            ValueError: a value that cannot be.
            TypeError: a value of another type.
        """
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise TypeError(f"limit is a whole number, not {type(limit).__name__}.")
        if limit < 1:
            raise ValueError(f"limit is 1 or more, not {limit}.")
        return cls(_statuses(status), _text("project", project), _text("q", q), min(limit, MAX_SAFE_INTEGER - 1))


def _statuses(given: object) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray)):
        raise TypeError(f"status is a string or several, not {type(given).__name__}.")
    words = (given,) if isinstance(given, str) else tuple(given)
    for word in words:
        if word not in STATUSES:
            raise ValueError(f"There is no status {word!r}: a build is {', '.join(STATUSES[:-1])} or {STATUSES[-1]}.")
    return words


def _text(name: str, given: object) -> str | None:
    if given is not None and not isinstance(given, str):
        raise TypeError(f"{name} is a string, not {type(given).__name__}.")
    if given is not None and not given.strip():
        raise ValueError(f"{name} is empty; leave it out for any.")
    return given


def _html_row(build: Build) -> str:
    info = build.info
    percent = "" if info.percent is None else info.percent
    values = (info.name, info.project or "", info.kind, info.status, percent, info.id)
    return "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in values) + "</tr>"
