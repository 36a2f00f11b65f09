"""What a tool call changed in files, in one shape for every agent.

A tool row of a call that changes files holds ``{"changes": [...]}``: Claude Code's in its output, once it succeeded;
Codex's in its input, from its start, because a permission prompt shows it too. A change is

- ``path``: as in the file's artifact row, relative where it lies below the working directory;
- ``kind``: ``add``, ``update`` or ``delete``;
- ``moved_to``: the new path of a file that was moved, which is then its artifact's;
- ``added``, ``removed``: how many lines; before the diff, so that the preview of a cut row has them;
- ``diff``: the hunks of a unified diff, without file headers.

An agent that tells no diff (``codex exec --json``) leaves out the last three.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Final

from buildwidget.runner.paths import below

_MOST_COMPARED: Final = 2_000
"""Lines; of longer texts, which would take seconds to compare, the whole old one is told as replaced by the new."""


def shown_path(path: str, cwd: str) -> str:
    """A path as artifacts and changes tell it."""
    whole = PurePath(cwd, path)
    inside = below(whole, cwd)
    return str(whole if inside is None else inside)


def changes_of_claude(result: Any, cwd: str) -> list[dict[str, Any]] | None:
    """The changes that the result of Write, Edit, MultiEdit or NotebookEdit tells, as data; None if it tells none."""
    if not isinstance(result, Mapping):
        return None
    if isinstance(result.get("notebook_path"), str):
        return [_change(shown_path(result["notebook_path"], cwd), "update", _cell_diff(result))]
    path, hunks = result.get("filePath"), result.get("structuredPatch")
    if not isinstance(path, str) or not isinstance(hunks, list):
        return None
    if result.get("type") == "create":
        return [_change(shown_path(path, cwd), "add", _whole("+", str(result.get("content") or "")))]
    return [_change(shown_path(path, cwd), "update", "".join(map(_hunk, hunks)))]


def changes_of_codex(changes: Iterable[Mapping[str, Any]], cwd: str) -> list[dict[str, Any]]:
    """The changes of a file change item; of a new or deleted file its ``diff`` is the whole text."""
    return [_change_of_codex(change, cwd) for change in changes]


def touched(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every file that changes touch: written, deleted, or moved from or to."""
    return [path for change in changes for path in (change["path"], change.get("moved_to")) if path]


def written(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The files that are there after the changes."""
    return [change.get("moved_to") or change["path"] for change in changes if change["kind"] != "delete"]


def _change_of_codex(change: Mapping[str, Any], cwd: str) -> dict[str, Any]:
    told, diff = change.get("kind"), change.get("diff")
    kind, moved = (told.get("type"), told.get("move_path")) if isinstance(told, Mapping) else (told, None)
    if isinstance(diff, str) and kind in ("add", "delete"):
        diff = _whole("+" if kind == "add" else "-", diff)
    elif isinstance(diff, str) and moved:
        diff = diff.removesuffix(f"\n\nMoved to: {moved}")
    path, moved_to = shown_path(str(change["path"]), cwd), shown_path(str(moved), cwd) if moved else None
    return _change(path, str(kind or "update"), diff if isinstance(diff, str) else None, moved_to)


def _change(path: str, kind: str, diff: str | None, moved_to: str | None = None) -> dict[str, Any]:
    change: dict[str, Any] = {"path": path, "kind": kind}
    if moved_to:
        change["moved_to"] = moved_to
    if diff is None:
        return change
    lines = diff.split("\n")
    counts = {"added": sum(line[:1] == "+" for line in lines), "removed": sum(line[:1] == "-" for line in lines)}
    return {**change, **counts, "diff": diff if diff.endswith("\n") or not diff else f"{diff}\n"}


def _whole(mark: str, text: str) -> str:
    """The diff of a file that is new (+) or gone (-)."""
    lines = text.split("\n")
    ends = lines[-1] == ""
    lines = lines[:-1] if ends else lines
    if not lines:
        return ""
    ranges = f"-0,0 +1,{len(lines)}" if mark == "+" else f"-1,{len(lines)} +0,0"
    rest = "" if ends else "\\ No newline at end of file\n"
    return "".join([f"@@ {ranges} @@\n", *(f"{mark}{line}\n" for line in lines), rest])


def _hunk(hunk: Mapping[str, Any]) -> str:
    old, new = (f"{hunk[f'{side}Start']},{hunk[f'{side}Lines']}" for side in ("old", "new"))
    return "".join([f"@@ -{old} +{new} @@\n", *(f"{line}\n" for line in hunk["lines"])])


def _cell_diff(result: Mapping[str, Any]) -> str:
    """How one cell of a notebook changed."""
    old, new = (str(result.get(name) or "").splitlines() for name in ("old_source", "new_source"))
    mode = result.get("edit_mode")
    old, new = ([] if mode == "insert" else old), ([] if mode == "delete" else new)
    if max(len(old), len(new)) > _MOST_COMPARED:
        lines = [f"@@ -1,{len(old)} +1,{len(new)} @@", *(f"-{line}" for line in old), *(f"+{line}" for line in new)]
    else:
        lines = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    cell = f" cell {result.get('cell_id')}"
    return "".join(f"{line}{cell if line.startswith('@@') else ''}\n" for line in lines)
