"""The cover of the homes that a gateway looks after, checked again when anything of it changes."""

from alerts.cover import COVER_NS, Cover, cover, without
from alerts.shift import Span
from edge.reading import HOUR_NS
from edge.registry import Registry
from gateway.book import Book

_FRESH_NS = HOUR_NS


def cover_of(
    book: Book, registry: Registry, window: Span, failing: frozenset[str] = frozenset()
) -> Cover:
    """The gaps within `window` in every building; people who are `failing` do not count."""
    buildings = {f"{registry.site}/{unit.building}" for unit in registry.units()}
    roster = without(book.roster, failing)
    return cover(book.plans.plan, roster, buildings or {registry.site}, window, book.zone)


class Covering:
    """Remembers the last answer; after an hour or a change the next question finds a new one."""

    def __init__(self) -> None:
        self._found: Cover | None = None
        self._asked: tuple[Book, Registry, frozenset[str]] | None = None

    def now(
        self, book: Book, registry: Registry, now_ns: int, failing: frozenset[str] = frozenset()
    ) -> Cover:
        """The gaps of the next 90 days."""
        asked = (book, registry, failing)
        if self._found is None or self._is_old(now_ns) or not _same(self._asked, asked):
            window = Span(now_ns, now_ns + COVER_NS)
            self._found, self._asked = cover_of(book, registry, window, failing), asked
        return self._found

    def _is_old(self, now_ns: int) -> bool:
        return self._found is None or now_ns > self._found.until_ns - COVER_NS + _FRESH_NS


def _same(
    one: tuple[Book, Registry, frozenset[str]] | None, other: tuple[Book, Registry, frozenset[str]]
) -> bool:
    """Whether both are the same objects; a book is swapped as a whole."""
    return one is not None and one[0] is other[0] and one[1] is other[1] and one[2] == other[2]
