from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.mutate import python, typescript
from tests.mutate.results import Mutant, survivors, table

ROOT = Path(__file__).parents[2]


def test_the_table_counts_per_file_and_in_all() -> None:
    mutants = [Mutant("a", "killed", "1"), Mutant("a", "timeout", "2"), Mutant("a", "survived", "3")]
    mutants += [Mutant("b", "untested", "4"), Mutant("b", "other", "5")]
    rows = [line.split() for line in table(mutants).splitlines()]
    assert rows == [
        ["file", "killed", "timeout", "survived", "untested", "other", "noticed"],
        ["a", "1", "1", "1", "0", "0", "66.7", "%"],
        ["b", "0", "0", "0", "1", "1", "0.0", "%"],
        ["all", "1", "1", "1", "1", "1", "50.0", "%"],
    ]
    assert survivors(mutants) == "a: survived\n3\n\nb: untested\n4\n\n"


def test_a_change_is_shown_as_the_lines_before_and_after_it() -> None:
    mutant: dict[str, Any] = {
        "location": {"start": {"line": 2, "column": 8}, "end": {"line": 3, "column": 2}},
        "replacement": "{}",
        "mutatorName": "BlockStatement",
        "status": "Survived",
    }
    report = {"files": {"core/x.ts": {"source": "const a = 1;\nif (a) {\n} // end\n", "mutants": [mutant]}}}
    [found] = typescript.results(report)
    assert (found.file, found.fate) == ("buildwidget/frontend/core/x.ts", "survived")
    assert found.change.splitlines() == ["line 2, BlockStatement", "- if (a) {", "- } // end", "+ if (a) {} // end"]


@pytest.mark.parametrize("part", [*python.PARTS.values(), *typescript.PARTS.values()], ids=str)
def test_each_part_names_what_is_there(part: python.Part | typescript.Part) -> None:
    below = ROOT if isinstance(part, python.Part) else ROOT / "buildwidget" / "frontend"
    for pattern in (*part.files, *part.tests):
        assert list(below.glob(pattern)), pattern
