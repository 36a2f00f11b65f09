"""What is generated and committed is what the generator writes now."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildwidget.protocol import schema

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return schema.generate()


def test_generated_files_are_current(generated: dict[Path, str]) -> None:
    stale = [str(path.relative_to(ROOT)) for path, text in generated.items() if not is_current(path, text)]
    assert not stale, f"{', '.join(stale)} differ from what is generated now. Run: {schema.COMMAND}"


def is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def test_no_generated_file_is_forgotten(generated: dict[Path, str]) -> None:
    assert {path for path in generated if path.suffix == ".ts"} == set(schema.GENERATED.glob("*.gen.ts"))
