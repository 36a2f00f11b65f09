from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwidget.runner.terminal.bar_nesting import MAX_RUNS, Nesting

Sight = tuple[str, float, float | None]


def levels(*sights: Sight) -> dict[str, int | None]:
    """The levels after sights of bars, each over at its total."""
    nesting = Nesting()
    for name, current, total in sights:
        nesting.see(name, current, total, over=total is not None and current >= total)
    return {name: nesting.level(name) for name, _, _ in sights}


def test_bars_that_move_in_turns_within_each_other_s_run_stand_side_by_side() -> None:
    sights: list[Sight] = [("a", 0, 9), ("b", 0, 9), ("a", 2, 9), ("b", 1, 9)]
    assert levels(*sights) == {"a": 0, "b": 0}
    assert levels(*sights[:3]) == {"a": None, "b": None}


def test_an_outer_bar_moves_when_its_inner_one_has_ended() -> None:
    run: list[Sight] = [("inner", n, 3) for n in range(4)]
    assert set(levels(("outer", 0, 9), *run, ("outer", 1, 9), *run, ("outer", 2, 9), *run).values()) == {None}


def test_an_outer_bar_may_be_drawn_late_within_the_next_run() -> None:
    run: list[Sight] = [("inner", 0, 3), ("inner", 3, 3)]
    late: list[Sight] = [("inner", 0, 3), ("outer", 2, 9), ("inner", 1, 3), ("inner", 2, 3)]
    assert set(levels(("outer", 0, 9), *run, *run, *late).values()) == {None}


def test_an_inner_bar_need_not_be_seen_at_its_end() -> None:
    unfinished: list[Sight] = [("inner", 0, 30), ("inner", 28, 30)]
    assert set(levels(("outer", 0, 9), *unfinished, ("outer", 1, 9), *unfinished, ("outer", 2, 9)).values()) == {None}


def test_a_bar_that_counts_others_as_they_end_holds_them() -> None:
    sights: list[Sight] = [("all", 0, 9), ("a", 0, 90), ("b", 0, 90), ("a", 5, 90), ("b", 4, 90), ("a", 40, 90)]
    sights += [("b", 90, 90), ("all", 1, 9), ("c", 0, 50), ("a", 70, 90), ("c", 20, 50), ("a", 80, 90), ("c", 30, 50)]
    assert levels(*sights) == {"all": None, "a": 1, "b": 1, "c": 1}


def test_a_big_step_while_small_bars_end_is_no_counting() -> None:
    sights: list[Sight] = [("big", 0, 900)]
    for n in range(3):
        sights += [(f"s{n}", 0, 5), (f"s{n}", 5, 5), (f"t{n}", 0, 9), ("big", 100 * n + 50, 900), (f"t{n}", 3, 9)]
    assert levels(*sights)["big"] == 0


def test_a_new_run_is_judged_anew() -> None:
    sights: list[Sight] = [("a", 0, 9), ("b", 0, 9), ("a", 2, 9), ("b", 1, 9), ("b", 0, 9)]
    assert levels(*sights)["b"] is None


def test_what_goes_on_within_a_bar_that_has_ended_is_not_the_whole() -> None:
    assert levels(("outer", 0, 2), ("inner", 0, 9), ("inner", 4, 9), ("outer", 2, 2))["inner"] == 1
    assert levels(("first", 0, 2), ("waiting", 0, 9), ("first", 2, 2))["waiting"] is None


def test_a_counter_without_a_total_stands_beside_nothing() -> None:
    assert set(levels(("a", 0, 9), ("n", 0, None), ("a", 2, 9), ("n", 1, None)).values()) == {None}


names = st.sampled_from("abcd")
counts = st.integers(0, 9)


@given(st.lists(st.tuples(names, counts, st.sampled_from([None, 5, 9]), st.booleans())))
def test_levels_are_shared_or_none_and_changes_are_told(
    sights: list[tuple[str, int, float | None, bool]],
) -> None:
    nesting, known = Nesting(), {}
    for name, current, total, over in sights:
        changed = nesting.see(name, current, total, over=over)
        assert name not in changed
        known[name] = nesting.level(name)
        known.update({other: nesting.level(other) for other in changed})
        assert known == {other: nesting.level(other) for other in known}
        assert all(level is None or 0 <= level < 4 for level in known.values())


def test_what_is_remembered_is_bounded() -> None:
    nesting = Nesting()
    for n in range(1_000):
        for current in (0, 1, 2):
            nesting.see(f"{n}", current, 9, over=False)
            nesting.see("beside", n + current, 10_000, over=False)
    assert len(nesting._runs) <= MAX_RUNS
    assert len(nesting._levels) <= 2 * MAX_RUNS + 1
    assert all(len(run.suspects) <= MAX_RUNS for run in nesting._runs.values())
    assert all(run.group is None or len(run.group.runs) <= MAX_RUNS for run in nesting._runs.values())
