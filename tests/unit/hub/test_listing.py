from __future__ import annotations

from typing import Any

import msgspec

from buildwidget.hub.listing import KEPT_VERSIONS, Listing
from buildwidget.hub.reader import ListRead
from buildwidget.protocol.state import Summary


def row(
    name: str, status: Any = "running", *, head: int = 1, created_at: int = 1, percent: int | None = None
) -> Summary:
    return Summary(
        id=name, owner="o", kind="command", name=name, project=None, tags=[], status=status, cancelling=False,
        percent=percent, created_at=created_at, head=head,
    )  # fmt: skip


def read(*window: Summary, changed: tuple[Summary, ...] = (), removed: tuple[str, ...] = ()) -> ListRead:
    return ListRead(window, changed, removed)


def told(listing: Listing, since: int) -> tuple[list[str], list[str], bool]:
    frame = msgspec.json.decode(listing.frame(since))
    assert frame["type"] == "builds"
    return [build["id"] for build in frame["builds"]], frame["removed"], frame["reset"]


def test_the_first_frame_is_the_whole_list_newest_first() -> None:
    listing = Listing(10)
    assert listing.update(read(row("a", created_at=1), row("b", created_at=2)))
    assert told(listing, 0) == (["b", "a"], [], True)


def test_even_an_empty_list_is_told() -> None:
    listing = Listing(10)
    assert listing.update(read())
    assert not listing.update(read())
    assert told(listing, 0) == ([], [], True)


def test_then_only_what_changed() -> None:
    listing = Listing(10)
    listing.update(read(row("a"), row("b")))
    assert listing.update(read(row("a"), row("b", percent=5), row("c")))
    assert told(listing, 1) == (["b", "c"], [], False)


def test_a_log_that_only_grew_is_no_change() -> None:
    listing = Listing(10)
    listing.update(read(row("a", head=1)))
    assert not listing.update(read(row("a", head=2)))
    assert listing.rows["a"].head == 1


def test_a_build_that_ended_outside_the_window_is_told_and_stays() -> None:
    listing = Listing(10)
    listing.update(read(row("a"), row("b")))
    assert listing.update(read(row("b"), changed=(row("a", "succeeded"),)))
    assert told(listing, 1) == (["a"], [], False)
    assert set(listing.rows) == {"a", "b"}


def test_a_deleted_build_is_removed() -> None:
    listing = Listing(10)
    listing.update(read(row("a"), row("b")))
    assert listing.update(read(row("b"), removed=("a",)))
    assert told(listing, 1) == ([], ["a"], False)


def test_the_oldest_ended_rows_fall_out_of_a_long_list() -> None:
    listing = Listing(2)
    listing.update(read(row("active", created_at=1), row("old", "failed", created_at=2)))
    listing.update(read(row("active", created_at=1), row("new", "failed", created_at=3)))
    assert told(listing, 1) == (["new"], ["old"], False)


def test_who_is_far_behind_gets_the_whole_list_again() -> None:
    listing = Listing(10)
    for percent in range(KEPT_VERSIONS + 1):
        listing.update(read(row("a", percent=percent)))
    assert told(listing, 2)[2] is False
    assert told(listing, 1)[2] is True


def test_watchers_at_one_version_share_one_frame() -> None:
    listing = Listing(10)
    listing.update(read(row("a")))
    assert listing.frame(0) is listing.frame(0)
    listing.update(read(row("a", percent=1)))
    assert listing.frame(1) is listing.frame(1)
