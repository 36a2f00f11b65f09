from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.events import (
    ArtifactEvent,
    DisplayEvent,
    Error,
    Event,
    LogEvent,
    MetaEvent,
    MetricEvent,
    NotebookRef,
    PermissionEvent,
    ProgressEvent,
    StatusEvent,
    TextEvent,
    Todo,
    TodosEvent,
    ToolEvent,
    UsageEvent,
)
from buildwidget.runner.secrets import (
    Masker,
    secret_values,
    split_environment,
)
from tests.hostile.timing import seconds
from tests.unit.runner.secrets.feeding import fed

SECRET = "hunter2-hunter2"


def test_an_environment_is_split_by_name_and_length_of_the_value() -> None:
    env = {
        "HOME": "/home/me",
        "HF_TOKEN": SECRET,
        "SHORT_TOKEN": "1234567",
        "DATABASE_URL": "postgres://me:s3cret-pw-long@db/x",
        "PLAIN_URL": "https://example.org/a:b@c",
    }
    plain, secret = split_environment(env)
    assert sorted(secret) == ["DATABASE_URL", "HF_TOKEN"]
    assert plain == {name: value for name, value in env.items() if name not in secret}


def test_of_a_url_only_the_password_is_masked() -> None:
    masker = Masker(secret_values({"DATABASE_URL": "postgres://me:s3cr%40t-long@db/x"}))
    assert masker.mask("postgres://me:s3cr%40t-long@db/x s3cr@t-long") == "postgres://me:***@db/x ***"
    assert secret_values({"A_URL": "sqlite:////tmp/builds.db", "B_URL": "postgres://me@db/x"}) == []


def test_a_short_password_of_a_url_is_masked_only_where_it_stands_in_one() -> None:
    masker = Masker(secret_values({"HTTP_PROXY": "http://me:proxy@host:80"}))
    assert masker.mask("http://me:proxy@host:80 the proxy me:proxy@x") == "http://me:***@host:80 the proxy me:proxy@x"


def test_secrets_are_masked_wherever_they_stand_in_json() -> None:
    masker = Masker([SECRET, "two\nlines of it", 'quote"d secret'])
    assert masker.mask_json({"a": [SECRET, 1, None, 1.5, True], SECRET: {"b": f"<{SECRET}>"}}) == {
        "a": ["***", 1, None, 1.5, True],
        "***": {"b": "<***>"},
    }
    assert masker.mask(r'{"k": "quote\"d secret", "l": "two\nlines of it"}') == '{"k": "***", "l": "***"}'
    assert masker.mask("two\r\nlines of it") == "***"


def test_the_longest_secret_wins_and_lines_of_a_long_one_count() -> None:
    assert Masker(["abcdefgh", "abcdefghijkl"]).mask("abcdefghijkl abcdefgh") == "*** ***"
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w\nshort\n-----END KEY-----\n"
    assert Masker([key]).mask(f"> {key}") == "> ***\n"
    assert Masker([key]).mask("3: MIIEvQIBADANBgkqhkiG9w") == "3: ***"
    assert Masker([key]).mask("short") == "short"


S = SECRET


@pytest.mark.parametrize(
    "event",
    [
        StatusEvent(at=1, status="failed", summary=S, error=Error(kind=S, message=S, traceback=S), host=S, pid=3),
        MetaEvent(at=1, name=S, project=S, tags=[S], notebook=NotebookRef(path=S)),
        TodosEvent(at=1, todos=[Todo(id="1", content=S, status="pending", active_form=S)]),
        ToolEvent(at=1, id="t", name=S, state="running", input={S: [S]}, output=S, truncated=["input"]),
        TextEvent(at=1, id="t", kind="answer", delta=S),
        LogEvent(
            at=1, first=1, lines=[("stdout", S), ("system", "x")], partial={"stderr": S}, open={"stdout": ["a", S]}
        ),
        ProgressEvent(at=1, id=S, label=S, current=1, total=2.5, unit=S, done=False),
        MetricEvent(at=1, name=S, points=[(1, "NaN", 3)]),
        DisplayEvent(at=1, id="d", mime="text/plain", size=3, title=S),
        ArtifactEvent(at=1, name=S, path=S),
        UsageEvent(at=1, input_tokens=4),
        PermissionEvent(at=1, request_id="r", tool=S, input=S, options=[S], decision="allow"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_every_type_of_event_is_masked_and_nothing_else_changes(event: Event) -> None:
    masked = Masker([SECRET]).mask_event(event)
    assert type(masked) is type(event)
    assert repr(masked) == repr(event).replace(SECRET, "***")


def test_the_protocols_own_words_are_no_secrets() -> None:
    words = ["succeeded", "running", "completed", "reasoning", "stdout", "system", "in_progress"]
    masker = Masker(words)
    events: list[Event] = [
        StatusEvent(at=1, status="succeeded"),
        TodosEvent(at=1, todos=[Todo(id="1", content="x", status="in_progress")]),
        ToolEvent(at=1, id="t", state="running"),
        TextEvent(at=1, id="t", kind="reasoning"),
        LogEvent(at=1, first=1, lines=[("stdout", "x")], partial={"system": "y"}, open={"system": ["y", "", "z"]}),
    ]
    assert [masker.mask_event(event) for event in events] == events


def test_without_secrets_everything_passes() -> None:
    masker = Masker([])
    event = TextEvent(at=1, id="t", kind="answer", delta=S)
    assert not masker
    assert masker.mask_event(event) is event
    assert masker.stream().feed(b"any") == b"any"
    assert masker.stream().finish() == b""


def test_a_secret_cut_by_two_reads_is_masked() -> None:
    stream = Masker([SECRET]).stream()
    assert stream.feed(b"token: hunter2-") == b"token: "
    assert stream.feed(b"hunter2 end\n") == b"*** end\n"
    assert stream.feed(b"hunt it") == b"hunt it"
    assert stream.feed(b" hu") == b" "
    assert stream.finish() == b"hu"


secrets = st.lists(st.text("ab\n", min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(secrets, st.text("ab\nc", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_masking_a_stream_does_not_depend_on_how_reads_cut_it(values: list[str], text: str, cuts: list[int]) -> None:
    masker, data = Masker(values), text.encode()
    assert fed(masker, data, cuts) == masker.mask(text).encode()


def test_masking_costs_little() -> None:
    """Less than to look for pairs of letters in the same bytes."""
    stream = Masker([f"{index}-secret-{index * 7919}" for index in range(20)]).stream()
    data = b"the quick brown fox jumps over the lazy dog 0123456789\n" * 75
    letters = re.compile(b"[a-z][a-z]")

    def masked(times: int) -> None:
        for _ in range(times):
            stream.feed(data)

    def searched(times: int) -> None:
        for _ in range(times):
            letters.findall(data)

    assert min(seconds(masked, 200) for _ in range(5)) < min(seconds(searched, 200) for _ in range(5))


def test_a_secret_over_lines_leaves_less_than_four_characters_at_the_end_of_a_line() -> None:
    stream = Masker([SECRET]).stream()
    assert stream.feed(b"it is hun\n") == b"it is hun\n"  # a line is not held back for three letters
    assert stream.feed(b"ter2-hun") == b""
    assert stream.feed(b"ter2 end") == b"*** end"
    assert Masker([SECRET]).mask("it is hun\nter2-hunter2 end") == "it is hun\n*** end"
    assert Masker([SECRET]).mask("hunt\r\n   er2-hunter2") == "***"


def test_a_secret_in_what_stays_of_another_one_is_masked() -> None:
    assert Masker(["a", "aaa"]).mask("aa\na") == "***\n***"


def test_colours_stay_where_a_secret_goes() -> None:
    masker = Masker([SECRET])
    assert masker.mask("\x1b[1mhunter2\x1b[0m-hunter2 x") == "\x1b[1m***\x1b[0m x"


def test_most_of_a_secret_at_the_end_is_masked_but_no_ordinary_word() -> None:
    masker = Masker(["production-database-password-7"])
    assert masker.mask("the production") == "the production"
    assert masker.mask("the production-databa") == "the ***"
    stream = masker.stream()
    assert stream.feed(b"the production-databa") == b"the "
    assert stream.finish() == b"***"


def test_blanks_within_a_secret_are_its_own() -> None:
    masker = Masker(["correct horse battery"])
    assert masker.mask("correct horse\nbattery") == "***"
    assert masker.mask("correct  horse battery") == "***"
    assert masker.mask("correcthorsebattery") == "correcthorsebattery"
    assert Masker(["productionkey"]).mask("production key") == "production key"


def test_long_numbers_in_json_are_masked() -> None:
    masker = Masker(["1234567890"])
    assert masker.mask_json({"pin": 1234567890, "at": 1234567, "n": 10**5000}) == {
        "pin": "***",
        "at": 1234567,
        "n": 10**5000,
    }


def test_patterns_of_values_are_masked_line_by_line() -> None:
    masker = Masker([], ["sk-[A-Za-z0-9]{20,}"])
    text = f"key sk-{'a1' * 12}, sk-short\nsk-{'b' * 30}"
    assert masker.mask(text) == "key ***, sk-short\n***"
    for cut in range(len(text)):
        assert fed(masker, text.encode(), [cut]) == masker.mask(text).encode()
    assert fed(masker, b"x" * 10_000, [1, 5_000]) == b"x" * 10_000


def test_a_path_keeps_its_parts() -> None:
    masker = Masker(["ab/cd/efghij", SECRET])
    assert masker.mask_path("out/ab/cd/efghij.pt") == "out/***/***/***.pt"
    assert masker.mask_path(f"out/{SECRET}.pt") == "out/***.pt"
    assert masker.mask_path("out/model.pt") == "out/model.pt"


def test_a_secret_that_two_open_rows_share_is_masked() -> None:
    rows = ["above", f"is {SECRET[:6]}", f"{SECRET[6:]}.", "", "below"]
    event = LogEvent(at=1, first=1, lines=[], open={"stdout": rows, "stderr": ["x"]})
    masked = Masker([SECRET]).mask_event(event)
    assert masked.open == {"stdout": ["above", "is ***.", "", "below"], "stderr": ["x"]}
    assert event.open == {"stdout": rows, "stderr": ["x"]}


def test_open_rows_without_a_secret_stay_as_they_are() -> None:
    masker = Masker([SECRET])
    for rows in ([], [""], ["", ""], ["a", "", "b", ""]):
        assert masker.mask_rows(rows) == rows
