"""Several builds, as a notebook shows them."""

from __future__ import annotations

import html

from buildwidget.build import Build


class Builds(list[Build]):
    """A list of builds that displays as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(build) for build in self)
        heads = "".join(f"<th>{head}</th>" for head in ("Name", "Project", "Kind", "Status", "%", "Id"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _html_row(build: Build) -> str:
    info = build.info
    percent = "" if info.percent is None else info.percent
    values = (info.name, info.project or "", info.kind, info.status, percent, info.id)
    return "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in values) + "</tr>"
