from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwidget.protocol.text import byte_length, clean_json, clean_text, is_deeper, keep_end, keep_start, weight

any_text = st.text(st.characters(exclude_categories=()), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(any_text, st.integers(0, 20))
def test_a_cut_keeps_the_most_that_fits_and_no_half_of_a_character(text: str, limit: int) -> None:
    start, end = keep_start(text, limit), keep_end(text, limit)
    assert text.startswith(start)
    assert text.endswith(end)
    assert byte_length(start) <= limit
    assert byte_length(end) <= limit
    assert start == text or byte_length(text[: len(start) + 1]) > limit
    assert end == text or byte_length(text[len(text) - len(end) - 1 :]) > limit


@pytest.mark.parametrize(("text", "size"), [("", 0), ("a", 1), ("é", 2), ("€", 3), ("😀", 4), ("\ud800", 3), ("a€", 4)])
def test_sizes_are_utf8_bytes(text: str, size: int) -> None:
    assert byte_length(text) == size


@given(any_text)
def test_clean_text_is_encodable_and_otherwise_the_same(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode().decode() == cleaned
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert cleaned is text


@settings(max_examples=50)
@given(json_values)
def test_a_value_weighs_no_more_than_its_json(value: Any) -> None:
    assert weight(value) <= len(json.dumps(value, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("value", "weighs"), [("é", 2), (None, 1), (12345, 1), (True, 1), ([], 2), ({"ab": [1, "x"]}, 2 + 2 + 2 + 1 + 1)]
)
def test_weights_are_alike_in_both_languages(value: Any, weighs: int) -> None:
    assert weight(value) == weighs


@settings(max_examples=50)
@given(json_values)
def test_clean_json_gives_json(value: Any) -> None:
    cleaned = clean_json(value)
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned


@pytest.mark.parametrize(("value", "depth"), [(1, 0), ([], 1), ([[1], {"a": []}], 3), ({"a": {"b": 1}}, 2)])
def test_depth_counts_arrays_and_objects(value: Any, depth: int) -> None:
    assert not is_deeper(value, depth)
    assert depth == 0 or is_deeper(value, depth - 1)
