"""From a graph of Python objects to a digest: equal digests mean equal graphs.

Each object becomes a token, made of its kind and the tokens of what it refers to. A value (a number, a text, a tuple,
a date) is known by its content alone. An object that can change or be compared by identity gets a number when it is
first met; its token is the number, and its body follows later, in the order of the numbers. So ``[x, x]`` and
``[x, copy(x)]`` differ, as they do for the code that gets them, cycles end, and a long chain of objects needs no deep
recursion.

Nothing here calls ``__eq__``, ``__hash__``, ``__repr__`` or a property of the objects. ``__reduce_ex__`` is called, as
pickling does right after; what it gives is what the build gets.
"""

from __future__ import annotations

import hashlib
import itertools
import marshal
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

MAX_OBJECTS: Final = 200_000
"""Objects that are looked at, a second or two; numbers and texts in a plain list count for little."""
MAX_BYTES: Final = 256 * 1024 * 1024
"""Bytes of texts and arrays that are looked at."""

ATOMS: Final = frozenset({bool, int, float, complex, str, bytes, type(None), type(...)})
_ATOMS_PER_OBJECT: Final = 16
"""How many atoms in a plain container cost as much as one object."""
_SHORT: Final = 64

Token: TypeAlias = bytes
Handler: TypeAlias = "Callable[[Walker, Any], Token]"


class NotComparable(Exception):  # noqa: N818 - an outcome, which the caller expects
    """Whether an object is equal to another cannot be proved.

    Args:
        reason: a clause for a person, e.g. "argument 'x', a Foo (at .lock, a lock), cannot be pickled".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Place(NamedTuple):
    """Where in the graph an object was met."""

    parent: _Place | None
    label: str | int
    value: Any


class Walker:
    """One walk over the objects of one call.

    Args:
        find_handler: gives the function that makes the token of the objects of a type that is no plain container.
        foreign: the call runs in another Python, whose installed packages are not known here.
        max_objects: see MAX_OBJECTS.
        max_bytes: see MAX_BYTES.
    """

    def __init__(
        self,
        find_handler: Callable[[type], Handler],
        *,
        foreign: bool = False,
        max_objects: int = MAX_OBJECTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.foreign = foreign
        self.units: dict[str, Token] = {}
        """Tokens of the modules met so far, by the first part of their names."""
        self._find_handler = find_handler
        self._handlers = dict(_CONTAINERS)
        self._max_objects = self._objects_left = max_objects
        self._max_bytes = self._bytes_left = max_bytes
        self._numbers: dict[int, int] = {}
        self._order: list[int] = []
        self._alive: list[Any] = []
        self._pure: dict[int, Token] = {}
        self._identities = 0
        self._bodies: deque[tuple[Callable[[], Token], _Place | None]] = deque()
        self._place: _Place | None = None

    def graph(self, visit: Callable[[], Token]) -> Token:
        """The token that ``visit`` makes, and all that it refers to. Raises NotComparable."""
        place, outer, self._bodies = self._place, self._bodies, deque()
        tokens = [visit()]
        while self._bodies:
            make, self._place = self._bodies.popleft()
            tokens.append(make())
        self._place, self._bodies = place, outer
        return self.node("graph", tokens)

    def visit(self, value: Any) -> Token:
        """The token of any object. Raises NotComparable."""
        kind = type(value)
        if kind in ATOMS:
            return self._atom(value)
        self.spend_objects(1)
        handler = self._handlers.get(kind)
        if handler is None:
            handler = self._handlers[kind] = self._find_handler(kind)
        return handler(self, value)

    def at(self, label: str | int, value: Any) -> Token:
        """The token of a part: ``label`` is ".name", an index, "[...]", or a phrase that stands for itself."""
        outer, self._place = self._place, _Place(self._place, label, value)
        token = self.visit(value)
        self._place = outer  # not after an exception: the place then says where it was raised
        return token

    def numbered(self, value: Any, make: Callable[[], Token]) -> Token:
        """The token of an object with an identity; ``make`` gives that of its body."""
        self._identities += 1
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._order)
            self._order.append(id(value))
            self._alive.append(value)  # else another object could get its id
            self._bodies.append((make, self._place))
        return b"r%d" % number

    def value(self, value: Any, make: Callable[[], Token]) -> Token:
        """The token of an object without an identity; one that refers to nothing with an identity is made once."""
        known = self._pure.get(id(value))
        if known is not None:
            return known
        before = self._identities
        token = make()
        if self._identities == before:
            self._pure[id(value)] = token
            self._alive.append(value)
        return token

    def node(self, tag: str, tokens: Iterable[Token]) -> Token:
        """A token of a kind and the tokens of its parts, in this order."""
        digest = hashlib.blake2b(tag.encode() + b"\0", digest_size=32)
        for token in tokens:
            digest.update(len(token).to_bytes(8, "big") + token)
        return b"n" + digest.digest()

    def data(self, tag: str, content: bytes) -> Token:
        """A token of raw bytes, which the caller has counted."""
        return b"d" + hashlib.blake2b(tag.encode() + b"\0" + hashlib.sha256(content).digest(), digest_size=32).digest()

    def text(self, tag: str, content: str) -> Token:
        """A token of a name or another short text of ours."""
        return b"t" + tag.encode() + b"\0" + content.encode("utf-8", "surrogatepass")

    def unordered(self, tag: str, items: Iterable[Any]) -> Token:
        """The token of items whose order means nothing.

        They are put in the order of the tokens that each has by itself, and then visited in it.
        """
        items = list(items)
        types = {type(item) for item in items}
        if len({(kind.__module__, kind.__qualname__) for kind in types}) == len(types):
            # Once for all items, and not again in the token of each.
            tokens = [
                self.visit(kind) for kind in sorted(types, key=lambda kind: f"{kind.__module__} {kind.__qualname__}")
            ]
        else:
            tokens = []
        found = [(*self._alone(item), item) for item in items]
        found.sort(key=lambda each: each[0])
        for (first, _, _), (second, impure, item) in itertools.pairwise(found):
            if impure and first == second:
                self._place = _Place(self._place, "[...]", item)
                raise self.failure("has the same content as another item of its set")
        return self.node(tag, tokens + [self.at("[...]", item) if impure else token for token, impure, item in found])

    def _alone(self, item: Any) -> tuple[Token, bool]:
        """The token of an item and all that it newly refers to; and whether anything of that has an identity."""
        mark, before = len(self._order), self._identities
        token = self.graph(lambda: self.at("[...]", item))
        while len(self._order) > mark:
            del self._numbers[self._order.pop()]
        return token, self._identities > before

    def spend_objects(self, count: int) -> None:
        """Counts objects that are looked at. Raises NotComparable past the limit."""
        self._objects_left -= count
        if self._objects_left < 0:
            raise self.failure(f"belongs to a call of more than {self._max_objects:,} objects")

    def spend_bytes(self, size: int) -> None:
        """Counts bytes that are looked at. Raises NotComparable past the limit."""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise self.failure(f"belongs to a call of more than {self._max_bytes >> 20:,} MiB")

    def failure(self, why: str) -> NotComparable:
        """The error to raise at this place of the graph."""
        place, steps = self._place, []
        while place is not None and not _is_phrase(place.label):
            steps.append(place)
            place = place.parent
        if place is None:
            return NotComparable(f"the call {why}")
        where = f"{place.label}, {_a(place.value)}"
        if steps:
            shown = "".join(f"[{step.label}]" if isinstance(step.label, int) else step.label for step in steps[:-9:-1])
            where += f" (at {shown}{'...' if len(steps) > 8 else ''}, {_a(steps[0].value)})"
        return NotComparable(f"{where}, {why}")

    def _atom(self, value: Any) -> Token:
        if isinstance(value, (str, bytes)):
            self.spend_bytes(len(value))
        dumped = marshal.dumps(value, 2)
        return b"a" + dumped if len(dumped) <= _SHORT else b"A" + hashlib.sha256(dumped).digest()


def _is_phrase(label: str | int) -> bool:
    return isinstance(label, str) and not label.startswith((".", "["))


def _a(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def key_label(key: object) -> str:
    """A dict's key as a label of the path; a long or odd one might be a secret, and is not shown."""
    return f"[{key!r}]" if type(key) is int or (type(key) is str and len(key) <= 40 and key.isidentifier()) else "[...]"


def _all_atoms(walker: Walker, items: Iterable[Any], count: int) -> bool:
    if not ATOMS.issuperset(map(type, items)):
        walker.spend_objects(count // 4)
        return False
    walker.spend_objects(count // _ATOMS_PER_OBJECT)
    walker.spend_bytes(sum(len(item) for item in items if isinstance(item, (str, bytes))))
    return True


def _list(walker: Walker, value: list[Any]) -> Token:
    return walker.numbered(value, lambda: _sequence(walker, "list", value))


def _tuple(walker: Walker, value: tuple[Any, ...]) -> Token:
    return walker.value(value, lambda: _sequence(walker, "tuple", value))


def _sequence(walker: Walker, tag: str, value: Any) -> Token:
    if _all_atoms(walker, value, len(value)):
        return walker.data(f"{tag} of atoms", marshal.dumps(value, 2))
    return walker.node(tag, [walker.at(place, item) for place, item in enumerate(value)])


def _dict(walker: Walker, value: dict[Any, Any]) -> Token:
    return walker.numbered(value, lambda: _items(walker, value))


def _items(walker: Walker, value: dict[Any, Any]) -> Token:
    if _all_atoms(walker, value, len(value)) and _all_atoms(walker, value.values(), len(value)):
        return walker.data("dict of atoms", marshal.dumps(value, 2))
    tokens = []
    for key, item in value.items():
        tokens.append(walker.at("[...]", key))
        tokens.append(walker.at(key_label(key), item))
    return walker.node("dict", tokens)


def _set(walker: Walker, value: set[Any]) -> Token:
    return walker.numbered(value, lambda: _members(walker, "set", value))


def _frozenset(walker: Walker, value: frozenset[Any]) -> Token:
    return walker.value(value, lambda: _members(walker, "frozenset", value))


def _members(walker: Walker, tag: str, value: Iterable[Any]) -> Token:
    items = list(value)
    if _all_atoms(walker, items, len(items)):
        return walker.data(f"{tag} of atoms", marshal.dumps(sorted(marshal.dumps(item, 2) for item in items), 2))
    return walker.unordered(tag, items)


def _bytearray(walker: Walker, value: bytearray) -> Token:
    return walker.numbered(value, lambda: _bytes(walker, value))


def _bytes(walker: Walker, value: bytearray) -> Token:
    walker.spend_bytes(len(value))
    return walker.data("bytearray", bytes(value))


_CONTAINERS: Final[dict[type, Handler]] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _frozenset,
    bytearray: _bytearray,
}
