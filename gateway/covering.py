"""The cover of the homes that a gateway looks after, checked again when anything of it changes."""

from typing import NamedTuple

from alerts.cover import COVER_NS, Cover, cover, without
from alerts.plan import Plans
from alerts.shift import Span
from edge.reading import HOUR_NS
from edge.registry import Registry
from gateway.book import Book

_FRESH_NS = HOUR_NS


class Asked(NamedTuple):
    """All that cover rests on: the plans in force, people and places, homes, failing phones."""

    plans: Plans
    book: Book
    registry: Registry
    failing: frozenset[str] = frozenset()

    def is_still(self, other: "Asked") -> bool:
        """Whether nothing has changed; each of these is swapped as a whole."""
        same = all(one is two for one, two in zip(self[:3], other[:3], strict=True))
        return same and self.failing == other.failing


def cover_of(asked: Asked, window: Span) -> Cover:
    """The gaps within `window` in every building; people whose phone fails do not count."""
    book, registry = asked.book, asked.registry
    buildings = {f"{registry.site}/{unit.building}" for unit in registry.units()}
    areas = {place: book.places.estate_of(place) for place in buildings or {registry.site}}
    roster = without(book.roster, asked.failing)
    return cover(asked.plans.plan, roster, areas, window, book.zone)


class Covering:
    """Remembers the last answer; after an hour or a change the next question finds a new one."""

    def __init__(self) -> None:
        self._last: tuple[Asked, int, Cover] | None = None

    def now(self, asked: Asked, now_ns: int) -> Cover:
        """The gaps of the next 90 days."""
        if self._last is not None:
            before, at_ns, found = self._last
            if before.is_still(asked) and now_ns - at_ns <= _FRESH_NS:
                return found
        found = cover_of(asked, Span(now_ns, now_ns + COVER_NS))
        self._last = asked, now_ns, found
        return found
