"""What came before the time was known: kept on the disk as it came, until it can be admitted.

A row bears the steady count of its machine's start, not a time. Once the time is known a shift
is fixed for each start: exact for this one; for an earlier one, whose count ended with it, the
latest possible, as if the machine had been started again at once. Order and distances stay.
"""

from collections.abc import Sequence
from typing import NamedTuple

from edge.journal import Journal
from edge.session import Delivery
from edge.topic import PREFIX, Verb

ROW_BYTES = 64
"""What a row costs beside its topic and payload, roughly."""


class Page(NamedTuple):
    """Rows up to number `upto`, in true time; of `late` of them it is the latest possible."""

    upto: int
    deliveries: list[Delivery]
    late: int


class Held:
    """The `held` table of one journal; `boot` names the present start of the machine."""

    def __init__(self, journal: Journal, boot: str) -> None:
        self._journal = journal
        self._boot = boot
        self.bytes: int
        self.count: int
        ((self.bytes, self.count),) = journal.read(
            "SELECT coalesce(sum(length(CAST(topic AS BLOB)) + length(payload) + ?), 0), count(*)"
            " FROM held",
            (ROW_BYTES,),
        )

    def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Commit `deliveries`, whose stamps are steady: with this they are ours."""
        with self._journal.transaction() as connection:
            connection.executemany(
                "INSERT INTO held (boot, steady_ns, topic, payload, retain) VALUES (?, ?, ?, ?, ?)",
                [(self._boot, d.received_ns, d.topic, d.payload, d.retain) for d in deliveries],
            )
        self.count += len(deliveries)
        self.bytes += _bytes(deliveries)

    def released(self, page: Page) -> None:
        """The rows of `page` are gone, with the commit that admitted them."""
        self.count -= len(page.deliveries)
        self.bytes = max(0, self.bytes - _bytes(page.deliveries)) if self.count else 0

    def place(self, start_ns: int, began_ns: int) -> None:
        """Fix the true time of every row: the machine started at `start_ns`, we at `began_ns`.

        What an interrupted release had fixed for earlier starts stays as it is.
        """
        rows = self._journal.read(
            "SELECT held.boot, min(steady_ns), max(steady_ns), shift_ns FROM held"
            " LEFT JOIN placed ON placed.boot = held.boot"
            " GROUP BY held.boot ORDER BY max(id) DESC",
            (),
        )
        placed = [(self._boot, start_ns, True)]
        before_ns = began_ns  # when the start in hand was over at the latest
        for boot, first_ns, last_ns, known_ns in rows:
            shift_ns = start_ns if boot == self._boot else known_ns
            if shift_ns is None:
                shift_ns = before_ns - last_ns
                placed.append((boot, shift_ns, False))
            before_ns = shift_ns + first_ns
        with self._journal.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO placed VALUES (?, ?, ?)", placed)

    def clear(self) -> None:
        """Forget the times of rows that are all gone."""
        with self._journal.transaction() as connection:
            connection.execute("DELETE FROM placed WHERE boot NOT IN (SELECT boot FROM held)")

    def page(self, limit: int) -> Page | None:
        """The oldest rows, `limit` at most; None when there are none. Every row is placed."""
        rows = self._journal.read(
            "SELECT id, topic, CAST(payload AS BLOB), retain, steady_ns + shift_ns, exact FROM held"
            " CROSS JOIN placed ON placed.boot = held.boot ORDER BY id LIMIT ?",
            (limit,),
        )
        if not rows:
            return None
        deliveries = [
            Delivery(_told(to, exact=exact), payload, bool(retain), at_ns, mid=0, link=0)
            for _, to, payload, retain, at_ns, exact in rows
        ]
        return Page(rows[-1][0], deliveries, sum(not row[5] for row in rows))


def _told(topic: str, *, exact: bool) -> str:
    """An observation whose time of receipt is not known tells nothing of its device's clock."""
    is_live = not exact and topic.startswith(PREFIX) and topic.endswith(Verb.OBS.value)
    return topic.removesuffix(Verb.OBS.value) + Verb.HIST.value if is_live else topic


def _bytes(deliveries: Sequence[Delivery]) -> int:
    return sum(ROW_BYTES + len(d.topic.encode()) + len(d.payload) for d in deliveries)
