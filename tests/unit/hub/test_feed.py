from __future__ import annotations

import msgspec
import pytest

from buildwidget.hub.feed import MAX_STEPS, Feed, Need, Position
from buildwidget.hub.reader import News, Opening, Snapshot
from buildwidget.hub.settings import HubSettings
from buildwidget.protocol.frames import Cursor, batch_frame
from buildwidget.store.records import EventRange

SETTINGS = HubSettings(
    max_lag_events=10, max_lag_bytes=1000, ring_events=20, ring_bytes=2000, max_batch_events=4, max_batch_bytes=200
)


def event(seq: int, size: int = 0) -> bytes:
    return b'{"seq":%d,"pad":"%b"}' % (seq, b"x" * size)


def events(first: int, last: int, size: int = 0) -> list[bytes]:
    return [event(seq, size) for seq in range(first, last + 1)]


def news(first: int, last: int, *, head: int | None = None, urgent: bool = False, size: int = 0) -> News:
    return News("e", head or last, first - 1, events(first, last, size), urgent=urgent, at=last)


def open_feed(head: int = 0, *, ended: bool = False) -> Feed:
    feed = Feed("b", SETTINGS)
    feed.opened(Opening("e", head, ended))
    return feed


def at(seq: int, epoch: str = "e", *, answered: bool = False) -> Position:
    return Position(Cursor(epoch, seq), answered=answered)


def batch(first: int, last: int) -> bytes:
    return batch_frame("b", "e", first, events(first, last))


def snapshot(seq: int, epoch: str = "e") -> Snapshot:
    return Snapshot(epoch, seq, b"snapshot %d" % seq, ended=False)


def take(feed: Feed, position: Position, now: float = 0.0) -> bytes | Need:
    return feed.next(position, now, polls_done=0)


class TestWhatASubscriberGets:
    def test_nothing_before_the_build_was_found(self) -> None:
        feed = Feed("b", SETTINGS)
        assert take(feed, at(0)) is Need.NOTHING
        assert (feed.open, feed.ended, feed.head, feed.snapshot) == (False, False, 0, None)

    def test_without_a_cursor_a_snapshot(self) -> None:
        feed, position = open_feed(5), Position(None)
        assert take(feed, position) is Need.SNAPSHOT
        assert feed.receive_snapshot(snapshot(5), now=0, cost=0)
        assert take(feed, position) == b"snapshot 5"
        assert position.cursor == Cursor("e", 5)
        assert take(feed, position) is Need.NOTHING

    def test_at_the_head_one_empty_batch_at_once(self) -> None:
        feed, position = open_feed(5), at(5)
        assert take(feed, position) == batch_frame("b", "e", 6, [])
        assert take(feed, position) is Need.NOTHING

    def test_behind_the_head_no_empty_batch_but_the_events_as_soon_as_they_are_read(self) -> None:
        feed, position = open_feed(5), at(5)
        feed.release(now=0)
        feed.receive(news(6, 7))
        assert take(feed, position) == batch(6, 7)  # the first answer does not wait for the interval

    def test_no_empty_batch_where_more_is_known_to_come(self) -> None:
        feed, position = open_feed(5), at(5)
        feed.receive_snapshot(snapshot(8), now=0, cost=0)
        assert take(feed, position) is Need.NOTHING
        feed.receive(news(6, 8))
        assert take(feed, position) == batch(6, 8)

    def test_another_epoch_a_snapshot(self) -> None:
        assert take(open_feed(5), at(5, "other")) is Need.SNAPSHOT

    def test_more_events_behind_than_allowed_a_snapshot(self) -> None:
        assert take(open_feed(30), at(19)) is Need.SNAPSHOT
        assert take(open_feed(30), at(20)) is Need.BACKFILL

    def test_more_bytes_behind_than_allowed_a_snapshot(self) -> None:
        feed = open_feed()
        feed.receive(news(1, 6, size=200))
        assert take(feed, at(0)) is Need.SNAPSHOT
        assert isinstance(take(feed, at(2)), bytes)

    def test_exactly_as_many_bytes_behind_as_allowed_the_events(self) -> None:
        feed = open_feed()
        feed.receive(News("e", 2, 0, [b"x" * 600, b"x" * 400]))
        assert take(feed, at(0)) == batch_frame("b", "e", 1, [b"x" * 600])

    def test_older_than_the_ring_the_events_from_the_database(self) -> None:
        feed, position = open_feed(20), at(17)
        feed.receive(news(21, 22))
        assert take(feed, position) is Need.BACKFILL
        assert feed.receive_older(EventRange("e", 18, 22, 22, events(18, 22)))
        assert take(feed, position) == batch(18, 21)
        assert take(feed, position) is Need.NOTHING  # 22 waits for its release
        feed.release(now=0)
        assert take(feed, position) == batch(22, 22)

    @pytest.mark.parametrize("first", [18, 20])
    def test_older_events_may_end_where_the_ring_begins(self, first: int) -> None:
        feed = open_feed(20)
        assert feed.receive_older(EventRange("e", first, 20, 20, events(first, 20)))
        assert take(feed, at(first - 1)) == batch(first, 20)

    def test_what_a_read_of_older_events_cannot_bridge_is_a_snapshot(self) -> None:
        feed, position = open_feed(20), at(15)
        assert feed.receive_older(EventRange("e", 16, 17, 20, events(16, 17)))
        assert take(feed, position) is Need.SNAPSHOT
        assert take(feed, at(17)) is Need.BACKFILL

    def test_older_events_of_another_epoch_are_refused(self) -> None:
        assert not open_feed(20).receive_older(EventRange("other", 16, 20, 20, events(16, 20)))

    def test_batches_are_cut_by_count_and_bytes(self) -> None:
        feed, position = open_feed(), at(0)
        feed.receive(news(1, 6))
        feed.release(now=0)
        assert take(feed, position) == batch(1, 4)
        assert take(feed, position) == batch(5, 6)
        feed.receive(news(7, 9, size=90))
        feed.release(now=0)
        assert take(feed, position) == batch_frame("b", "e", 7, events(7, 7, size=90))

    def test_subscribers_at_one_cursor_share_one_frame(self) -> None:
        feed = open_feed()
        feed.receive(news(1, 3))
        feed.release(now=0)
        assert take(feed, at(0)) is take(feed, at(0, answered=True))
        assert take(feed, at(1)) is take(feed, at(1))

    def test_the_first_answer_has_all_that_was_read_though_others_wait_for_its_release(self) -> None:
        feed = open_feed()
        feed.receive(news(1, 2))
        feed.release(now=0)
        assert take(feed, at(0, answered=True)) == batch(1, 2)
        feed.receive(news(3, 3))
        assert take(feed, at(0)) == batch(1, 3)

    def test_frames_are_shared_by_the_cursors_that_asked_last(self) -> None:
        feed = open_feed()
        feed.receive(news(1, MAX_STEPS + 1))
        feed.release(now=0)
        frames = [take(feed, at(seq)) for seq in range(MAX_STEPS)]
        assert [take(feed, at(seq)) is frame for seq, frame in enumerate(frames)] == [True] * MAX_STEPS
        take(feed, at(MAX_STEPS))
        assert take(feed, at(1)) is frames[1]
        assert take(feed, at(0)) is not frames[0]

    def test_frames_are_kept_in_bounds(self) -> None:
        feed = open_feed()
        for seq in range(1, 200):
            feed.receive(news(seq, seq))
            feed.release(now=0)
            take(feed, at(seq - 1, answered=True))
        assert feed.memory < 3000


class TestWhoIsInStep:
    @pytest.fixture
    def feed(self) -> Feed:
        """Three events are released, and nobody has asked for them yet."""
        feed = open_feed()
        feed.receive(news(1, 3))
        feed.release(now=0)
        return feed

    def test_gets_the_frame_of_those_beside_it(self, feed: Feed) -> None:
        frame = take(feed, at(0, answered=True))
        position = at(0, answered=True)
        assert feed.next_in_step(position) is frame
        assert position.cursor == Cursor("e", 3)
        assert feed.next_in_step(position) is Need.NOTHING

    def test_is_nobody_without_a_first_answer_or_a_cursor(self, feed: Feed) -> None:
        take(feed, at(0, answered=True))
        assert feed.next_in_step(at(0)) is None
        assert feed.next_in_step(at(3)) is None
        assert feed.next_in_step(Position(None, answered=True)) is None

    def test_is_nobody_behind_for_whom_no_frame_is_made_yet(self, feed: Feed) -> None:
        assert feed.next_in_step(at(1, answered=True)) is None

    def test_is_nobody_while_more_is_known_than_is_released(self, feed: Feed) -> None:
        feed.receive(news(4, 4))
        assert feed.next_in_step(at(3, answered=True)) is None

    def test_is_nobody_of_another_epoch(self, feed: Feed) -> None:
        assert feed.next_in_step(at(3, "other", answered=True)) is None

    def test_something_is_ahead_of_who_has_less_than_is_released(self, feed: Feed) -> None:
        feed.receive(news(4, 4))
        ahead = [feed.is_ahead_of(position) for position in (Position(None), at(2), at(3))]
        assert ahead == [True, True, False]


class TestACursorBeyondTheHead:
    def test_is_believed_until_a_poll_that_started_after_it_came(self) -> None:
        feed, position = open_feed(5), Position(Cursor("e", 7), believed_until=3)
        assert feed.next(position, 0, polls_done=2) is Need.POLL
        assert feed.next(position, 0, polls_done=3) is Need.SNAPSHOT

    def test_is_served_when_the_poll_confirms_it(self) -> None:
        feed, position = open_feed(5), Position(Cursor("e", 7), believed_until=3)
        assert feed.next(position, 0, polls_done=2) is Need.POLL
        feed.receive(news(6, 7))
        assert feed.next(position, 0, polls_done=3) == batch_frame("b", "e", 8, [])

    def test_gets_a_snapshot_that_is_behind_it(self) -> None:
        feed, position = open_feed(5), Position(Cursor("e", 70), believed_until=0)
        feed.receive_snapshot(snapshot(5), now=0, cost=0)
        assert take(feed, position) == b"snapshot 5"


class TestWhenBatchesLeave:
    def test_the_first_after_a_quiet_time_at_once(self) -> None:
        feed = open_feed()
        assert feed.due(now=100.0) is None
        feed.receive(news(1, 1))
        due = feed.due(now=100.0)
        assert due is not None
        assert due <= 100.0

    def test_the_next_after_the_interval(self) -> None:
        feed = open_feed()
        feed.release(now=100.0)
        feed.receive(news(1, 1))
        assert feed.due(now=100.05) == pytest.approx(100.2)
        position = at(0, answered=True)
        assert take(feed, position) is Need.NOTHING
        assert feed.release(now=100.2) == 1
        assert take(feed, position) == batch(1, 1)
        assert feed.due(now=101.0) is None

    def test_urgent_events_at_once_with_all_before_them(self) -> None:
        feed = open_feed()
        feed.release(now=100.0)
        feed.receive(news(1, 1))
        feed.receive(news(2, 2, urgent=True))
        assert feed.due(now=100.01) == 100.01
        feed.release(now=100.01)
        assert take(feed, at(0, answered=True)) == batch(1, 2)

    def test_urgent_events_at_once_whatever_comes_after_them(self) -> None:
        feed = open_feed()
        feed.release(now=100.0)
        feed.receive(news(1, 1, urgent=True))
        feed.receive(news(2, 2))
        assert feed.due(now=100.01) == 100.01

    def test_urgency_ends_with_its_release(self) -> None:
        feed = open_feed()
        feed.receive(news(1, 1, urgent=True))
        feed.release(now=100.0)
        feed.receive(news(2, 2))
        assert feed.due(now=100.1) == pytest.approx(100.2)

    def test_early_past_the_count(self) -> None:
        feed = open_feed()
        feed.release(now=100.0)
        feed.receive(news(1, 4))
        assert feed.due(now=100.0) == pytest.approx(100.2)
        feed.receive(news(5, 5))
        assert feed.due(now=100.0) == 100.0

    @pytest.mark.parametrize(("size", "due"), [(200, 100.2), (201, 100.0)])
    def test_early_past_the_bytes(self, size: int, due: float) -> None:
        feed = open_feed()
        feed.release(now=100.0)
        feed.receive(News("e", 1, 0, [b"x" * size]))
        assert feed.due(now=100.0) == pytest.approx(due)

    def test_after_a_jump_the_interval_as_ever(self) -> None:
        feed = open_feed(5)
        feed.release(now=100.0)
        feed.receive(News("e", 500, 5))
        feed.receive(news(501, 501))
        assert feed.due(now=100.05) == pytest.approx(100.2)

    def test_the_end_is_known_as_soon_as_it_is_read(self) -> None:
        feed = open_feed()
        assert not feed.ended
        feed.receive(News("e", 1, 0, events(1, 1), ended=True))
        assert feed.ended


class TestTwoReaders:
    def test_what_is_here_already_is_passed_over(self) -> None:
        feed, position = open_feed(2), at(2, answered=True)
        assert feed.receive(news(3, 4))
        assert not feed.receive(news(3, 4))
        assert feed.receive(news(4, 5))
        feed.release(now=0)
        assert take(feed, position) == batch(3, 5)

    def test_what_does_not_follow_is_refused(self) -> None:
        feed = open_feed(2)
        assert not feed.receive(news(4, 5))
        assert feed.have == 2

    def test_a_jump_read_before_what_is_here_is_passed_over(self) -> None:
        feed = open_feed(5)
        assert feed.receive(news(6, 9))
        assert not feed.receive(News("e", 9, 5))
        assert feed.have == 9


class TestJumps:
    def test_too_many_new_events_are_not_read_but_skipped_with_a_snapshot(self) -> None:
        feed, position = open_feed(5), at(5, answered=True)
        feed.receive(News("e", 500, 5))
        assert take(feed, position) is Need.SNAPSHOT
        feed.receive_snapshot(snapshot(510), now=0, cost=0)
        assert take(feed, position) == b"snapshot 510"
        feed.receive(news(501, 512))
        feed.release(now=0)
        assert take(feed, position) == batch(511, 512)

    def test_events_that_were_too_big_to_read_are_skipped_though_they_are_few(self) -> None:
        feed, position = open_feed(5), at(5, answered=True)
        feed.receive(News("e", 7, 5))
        assert take(feed, position) is Need.SNAPSHOT
        assert take(feed, at(6)) is Need.BACKFILL  # it has what was skipped

    def test_a_new_epoch_replaces_everything(self) -> None:
        feed, position = open_feed(5), at(5, answered=True)
        feed.receive_snapshot(snapshot(5), now=0, cost=0)
        feed.receive(News("new", 3, 5))
        assert take(feed, position) is Need.SNAPSHOT
        feed.receive_snapshot(snapshot(3, "new"), now=0, cost=0)
        assert take(feed, position) == b"snapshot 3"
        assert position.cursor == Cursor("new", 3)

    def test_a_frame_of_the_old_epoch_is_never_sent_again(self) -> None:
        feed = open_feed(4)
        feed.receive(news(5, 5))
        feed.release(now=0)
        assert take(feed, at(4)) == batch(5, 5)
        feed.receive(News("new", 4, 5))
        feed.receive(News("new", 5, 4, events(5, 5)))
        assert take(feed, at(4, "new")) == batch_frame("b", "new", 5, events(5, 5))

    def test_a_snapshot_of_another_epoch_is_refused(self) -> None:
        feed = open_feed(5)
        assert not feed.receive_snapshot(snapshot(5, "old"), now=0, cost=0)
        assert feed.snapshot is None


class TestSnapshots:
    def test_one_that_is_near_serves_who_comes_later(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=0, cost=0)
        feed.receive(news(6, 9))
        feed.release(now=0)
        position = Position(None)
        assert take(feed, position, now=100) == b"snapshot 5"
        assert take(feed, position, now=100) == batch(6, 9)

    def test_one_that_is_far_behind_serves_only_until_the_next_may_be_made(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=50.0, cost=0.05)
        feed.receive(News("e", 500, 5))
        assert feed.snapshot_allowed_at() == 50.5
        assert take(feed, Position(None), now=50.4) == b"snapshot 5"
        assert take(feed, Position(None), now=50.5) is Need.SNAPSHOT

    @pytest.mark.parametrize(("head", "near"), [(15, True), (16, False)])
    def test_near_is_what_events_may_follow(self, head: int, near: bool) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=0, cost=0)
        feed.receive(news(6, head))
        assert take(feed, Position(None), now=100) == (b"snapshot 5" if near else Need.SNAPSHOT)

    @pytest.mark.parametrize(("seq", "near"), [(5, False), (6, True)])
    def test_one_from_before_a_jump_is_not_near(self, seq: int, near: bool) -> None:
        feed = open_feed(5)
        feed.receive(News("e", 7, 5))
        feed.receive_snapshot(snapshot(seq), now=0, cost=0)
        assert take(feed, Position(None), now=100) == (b"snapshot %d" % seq if near else Need.SNAPSHOT)

    def test_after_a_cheap_one_the_next_waits_for_the_interval(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=50.0, cost=0)
        assert feed.snapshot_allowed_at() == 50.2

    def test_one_that_is_forgotten_is_sent_no_more(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=0, cost=0)
        feed.forget_snapshot()
        assert feed.snapshot is None
        assert take(feed, Position(None)) is Need.SNAPSHOT

    def test_a_dear_one_is_not_waited_for_long(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=50.0, cost=30)
        assert feed.snapshot_allowed_at() == 51.0

    def test_it_never_takes_a_subscriber_back(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(snapshot(5), now=0.0, cost=0)
        feed.receive(News("e", 500, 5))
        assert take(feed, at(6, answered=True), now=0.0) is Need.SNAPSHOT
        assert take(feed, at(5, answered=True), now=0.0) is Need.SNAPSHOT

    def test_one_newer_than_what_was_polled_is_followed_by_what_comes_after_it(self) -> None:
        feed, position = open_feed(5), Position(None)
        feed.receive_snapshot(snapshot(8), now=0, cost=0)
        assert take(feed, position) == b"snapshot 8"
        feed.receive(news(6, 9))
        feed.release(now=0)
        assert take(feed, position) == batch(9, 9)

    def test_one_that_shows_an_end_ends_the_feed(self) -> None:
        feed = open_feed(5)
        feed.receive_snapshot(Snapshot("e", 6, b"", ended=True), now=0, cost=0)
        assert feed.ended

    def test_one_from_before_the_end_does_not_take_it_back(self) -> None:
        feed = open_feed(5, ended=True)
        feed.receive_snapshot(snapshot(4), now=0, cost=0)
        assert feed.ended


def test_the_frames_are_json() -> None:
    feed = open_feed()
    feed.receive(news(1, 2))
    frame = take(feed, at(0))
    assert isinstance(frame, bytes)
    assert msgspec.json.decode(frame) == {
        "type": "batch", "build": "b", "epoch": "e", "from": 1, "to": 2,
        "events": [{"seq": 1, "pad": ""}, {"seq": 2, "pad": ""}],
    }  # fmt: skip
