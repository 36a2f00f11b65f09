"""Imports flow one way: protocol <- store <- runner, protocol <- hub -> store; the package never knows the server."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAY_IMPORT = {
    "buildwidget/protocol": ("buildwidget.protocol",),
    "buildwidget/store": ("buildwidget.protocol", "buildwidget.store", "buildwidget.errors"),
    "buildwidget/hub": ("buildwidget.protocol", "buildwidget.store", "buildwidget.hub", "buildwidget.errors"),
    "buildwidget/runner": (
        "buildwidget.protocol",
        "buildwidget.store",
        "buildwidget.runner",
        "buildwidget.errors",
        "buildwidget.reporting",
        "buildwidget.report",
        "buildwidget.habits",
    ),
    "buildwidget/habits": ("buildwidget.protocol", "buildwidget.reporting", "buildwidget.report", "buildwidget.habits"),
    "buildwidget/reporting": ("buildwidget.protocol", "buildwidget.reporting"),
}
"""For each room, the rooms of ours that it may import."""


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


def is_in(module: str, room: str) -> bool:
    return module == room or module.startswith(room + ".")


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        for module in imported_by(path):
            if is_in(module, "buildwidget") and module != "buildwidget":
                assert any(is_in(module, allowed) for allowed in MAY_IMPORT[room]), f"{path} imports {module}"


def test_the_package_never_imports_the_server() -> None:
    for path in (ROOT / "buildwidget").rglob("*.py"):
        if "node_modules" in path.parts:
            continue
        for module in imported_by(path):
            assert not is_in(module, "jupyter_extension"), f"{path} imports {module}"
            assert not is_in(module, "jupyter_server"), f"{path} imports {module}"
            assert not is_in(module, "tornado"), f"{path} imports {module}"


def modules_after(statement: str) -> set[str]:
    printing = f"{statement}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", printing], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        ("import buildwidget; buildwidget.report", ("sqlalchemy", "psutil", "ipywidgets")),
        # Every Python inside a build does this at its start.
        ("import buildwidget.habits.startup as s; s.install()", ("typing", "msgspec", "contextlib", "re", "json")),
        (
            "import buildwidget.runner.supervisor",
            ("alembic", "ipywidgets", "sqlalchemy.orm", "cloudpickle", "buildwidget.runner.agents.session"),
        ),
        ("import buildwidget; buildwidget.launch", ("alembic", "sqlalchemy.orm", "jupyter_server", "tornado")),
    ],
)
def test_what_is_waited_for_imports_only_what_it_needs(statement: str, never: tuple[str, ...]) -> None:
    loaded = modules_after(statement) - modules_after("pass")
    assert "buildwidget" in loaded
    assert loaded.isdisjoint(never), loaded.intersection(never)
