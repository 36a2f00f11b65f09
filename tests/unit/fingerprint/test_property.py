"""Random nested values: their fingerprints are equal exactly if their structures are, in every process."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.fingerprint.cells import cell, of_value

_CLASSES = cell(
    """
    from dataclasses import dataclass
    @dataclass(frozen=True)
    class Frozen:
        value: object
    class Plain: ...
    """
)
Frozen, Plain = _CLASSES["Frozen"], _CLASSES["Plain"]
"""What sets can hold, and what has attributes and hashes by its identity."""


ATOMS = [None, 0, 1, True, False, 0.0, -0.0, 1.0, float("nan"), "", "1", "a", b"", b"a", 1j]


class Maker:
    """Makes a random value; the same seed makes an equal one, whose sets and frozen items are made in another order."""

    def __init__(self, seed: int, order: int) -> None:
        self.choose = random.Random(seed)
        self.order = random.Random(order)
        self.made: list[Any] = []

    def value(self, depth: int) -> Any:
        kind = self.choose.choice(["atom", "atom", "list", "tuple", "dict", "set", "plain", "frozen", "again"])
        if kind == "atom" or depth == 0:
            return self.choose.choice(ATOMS)
        if kind == "again" and self.made:
            return self.choose.choice(self.made)
        return self.container(kind, depth - 1)

    def container(self, kind: str, depth: int) -> Any:
        count = self.choose.randrange(4)
        if kind == "set":
            items = [self.hashable(2) for _ in range(count)]
            self.order.shuffle(items)
            return set(items) if self.choose.random() < 0.5 else frozenset(items)
        if kind == "frozen":
            return Frozen(self.value(depth))
        if kind == "tuple":
            return tuple(self.value(depth) for _ in range(count))
        made: Any = {"list": list, "dict": dict, "plain": Plain, "again": list}[kind]()
        self.made.append(made)  # before its items: they may refer to it
        for place in range(count):
            item = self.value(depth)
            if isinstance(made, list):
                made.append(item)
            elif isinstance(made, dict):
                made[self.hashable(1)] = item
            else:
                setattr(made, f"a{place}", item)
        return made

    def hashable(self, depth: int) -> Any:
        kind = self.choose.randrange(4) if depth else 0
        if kind == 0:
            return self.choose.choice(ATOMS)
        items = [self.hashable(depth - 1) for _ in range(self.choose.randrange(3))]
        if kind == 1:
            return tuple(items)
        if kind == 2:
            self.order.shuffle(items)
            return frozenset(items)
        return Frozen(tuple(items))


def make(seed: int, order: int = 0) -> Any:
    return Maker(seed, order).value(3)


def same(left: Any, right: Any, pairs: dict[int, int]) -> bool:
    """The oracle: walks both values side by side. ``pairs`` maps the identities of the left to those of the right."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return struct.pack("d", left) == struct.pack("d", right)
    if left is None or isinstance(left, (int, str, bytes, complex)):
        return bool(left == right)
    if not isinstance(left, (tuple, frozenset)):
        if id(left) in pairs or id(right) in pairs.values():
            return pairs.get(id(left)) == id(right)
        pairs[id(left)] = id(right)
    return same_parts(left, right, pairs)


def same_parts(left: Any, right: Any, pairs: dict[int, int]) -> bool:
    if isinstance(left, (set, frozenset)):
        return same_items(list(left), list(right), pairs)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(same(a, b, pairs) for a, b in zip(left, right, strict=True))
    inner = [each if isinstance(each, dict) else vars(each) for each in (left, right)]
    return same_parts(*(list(each.items()) for each in inner), pairs)


def same_items(left: list[Any], right: list[Any], pairs: dict[int, int]) -> bool:
    """Whether some order of the right items matches the left ones."""
    if not left or not right:
        return not left and not right
    for place, item in enumerate(right):
        tried = dict(pairs)
        if same(left[0], item, tried) and same_items(left[1:], right[:place] + right[place + 1 :], tried):
            pairs.clear()
            pairs.update(tried)
            return True
    return False


def equal(left: Any, right: Any) -> bool:
    return same(left, right, {})


def test_equal_structures_have_equal_fingerprints() -> None:
    for seed in range(600):
        one, two = make(seed, 1), make(seed, 2)
        assert equal(one, two), seed
        assert of_value(one) == of_value(two), seed


def test_fingerprints_are_equal_exactly_where_structures_are() -> None:
    values = [make(seed) for seed in range(700)]
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(of_value(value), []).append(value)
    first = [group[0] for group in groups.values()]
    for group in groups.values():
        assert all(equal(group[0], other) for other in group[1:])
    for place, left in enumerate(first):
        for right in first[place + 1 :]:
            assert not equal(left, right)
    assert 100 < len(first) < len(values)


def test_a_change_anywhere_changes_the_fingerprint() -> None:
    changed = 0
    for seed in range(600):
        maker, other = Maker(seed, 0), Maker(seed, 0)
        value, copy = maker.value(3), other.value(3)
        for place, part in enumerate(other.made):
            if isinstance(part, list):
                part.append("changed")
                alike = equal(value, copy)
                assert (of_value(value) == of_value(copy)) == alike, (seed, place)
                changed += not alike
                part.pop()
    assert changed > 100


PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tests.unit.fingerprint.cells import of_value
from tests.unit.fingerprint.test_property import make
print(*(of_value(make(seed)) for seed in range(300)))
"""


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_other_processes_with_other_hash_seeds_agree(seed: str) -> None:
    root = str(Path(__file__).parents[3])
    program = [sys.executable, "-c", PROGRAM.format(root=root)]
    done = subprocess.run(program, env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [of_value(make(each)) for each in range(300)]
