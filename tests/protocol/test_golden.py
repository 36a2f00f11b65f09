"""The golden files: what some events fold to, written down (core/reducer.test.ts reads them too)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildwidget.protocol.codec import decode_event, encode_state
from buildwidget.protocol.reducer import fold, reduce
from buildwidget.protocol.state import initial_state

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_events_of_a_golden_file_fold_to_its_state(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    start = initial_state(**case["initial"])
    events = [decode_event(json.dumps(event)) for event in case["events"]]
    state = fold(start, events)
    assert json.loads(encode_state(state)) == case["state"]
    one_by_one, percents = start, []
    for event in events:
        one_by_one = reduce(one_by_one, event)
        percents.append(one_by_one.percent)
    assert one_by_one == state
    assert percents == case.get("percents", percents)


def test_there_are_golden_files() -> None:
    assert len(GOLDEN) >= 15
