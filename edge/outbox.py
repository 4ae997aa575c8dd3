"""The findings that the gateway has not yet said it holds.

A finding leaves this table only when the gateway has acked its number and InfluxDB, where
one is fed, has it too; no limit of age or size ever takes one.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from edge.journal import ACKED, INFLUX_FINDINGS, Journal
from edge.reading import Finding


class Envelope(msgspec.Struct, frozen=True):
    """A finding on its way to the gateway; `seq` counts within `epoch`, with holes.

    `after` is the number of the finding before it, and `acked` up to where the gateway has
    acked: so the gateway knows of one that the broker has lost, and does not ack past it.
    """

    v: int
    edge: str
    epoch: str
    seq: int
    finding: Finding
    after: int = 0
    acked: int = 0


class Ack(msgspec.Struct, frozen=True):
    """The gateway's word that it has committed every finding of `epoch` up to `upto`."""

    v: int
    epoch: str
    upto: int


class Owed(NamedTuple):
    """A finding with its number, and whether the broker has ever confirmed it."""

    seq: int
    finding: Finding
    published_ns: int | None


class Outbox:
    """The `finding` table of one journal.

    With `forwarded` a finding is also kept until the cursor of InfluxDB has passed it.
    """

    def __init__(self, journal: Journal, *, forwarded: bool) -> None:
        self._journal = journal
        self._forwarded = forwarded
        self._acked = journal.position(ACKED)
        self._offered = 0

    def before(self, seq: int) -> int:
        """Number of the last finding before the unacked `seq`; 0 when it is the first ever."""
        rows = self._journal.read("SELECT max(seq) FROM finding WHERE seq < ?", (seq,))
        return max(self._acked, rows[0][0] or 0)

    @property
    def acked(self) -> int:
        """Number up to which the gateway holds everything."""
        return self._acked

    def after(self, seq: int, limit: int) -> list[Owed]:
        """Up to `limit` findings numbered above `seq`, in order."""
        rows = self._journal.read(
            "SELECT seq, body, published_ns FROM finding WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [
            Owed(number, msgspec.json.decode(body, type=Finding), published_ns)
            for number, body, published_ns in rows
        ]

    def unacked(self, limit: int) -> list[Owed]:
        """The oldest `limit` findings that the gateway does not hold."""
        return self.after(self._acked, limit)

    def count_sent(self, upto: int) -> int:
        """How many findings up to `upto` the gateway does not hold."""
        rows = self._journal.read(
            "SELECT count(*) FROM finding WHERE seq > ? AND seq <= ?", (self._acked, upto)
        )
        return int(rows[0][0])

    def count_unacked(self) -> int:
        """How many findings the gateway does not hold."""
        rows = self._journal.read("SELECT count(*) FROM finding WHERE seq > ?", (self._acked,))
        return int(rows[0][0])

    def offer(self, seq: int) -> None:
        """Finding `seq` is about to be published: an ack may overtake the broker's own."""
        self._offered = max(self._offered, seq)

    def mark_sent(self, seqs: Sequence[int], now_ns: int) -> None:
        """Record that the broker has confirmed the findings `seqs`, unless it had before."""
        with self._journal.transaction() as connection:
            connection.executemany(
                "UPDATE finding SET published_ns = ? WHERE seq = ? AND published_ns IS NULL",
                [(now_ns, seq) for seq in seqs],
            )

    def gave_out(self, upto: int) -> bool:
        """Whether findings up to `upto` were ever published, so that an ack makes sense."""
        if upto <= max(self._acked, self._offered):
            return True
        (published,) = self._journal.read(
            "SELECT coalesce(max(seq), 0) FROM finding WHERE published_ns IS NOT NULL", ()
        )[0]
        return upto <= int(published)

    def renewed(self, upto: int) -> str | None:
        """Another epoch, on the disk now, if the gateway holds up to `upto` and we never gave that.

        Then this journal was put back to an older copy, and what it numbers now was numbered
        before. A copy that is put back twice begins the same epoch twice, and finds that used up in
        its turn. None if `upto` is a number of ours.
        """
        rows = self._journal.read("SELECT seq FROM sqlite_sequence WHERE name = 'finding'", ())
        if upto <= max(self._acked, rows[0][0] if rows else 0):
            return None
        known = f"{self._journal.epoch} {upto}"
        epoch = blake2b(known.encode(), digest_size=16).hexdigest()
        with self._journal.transaction() as connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (epoch,))
        self._journal.epoch = epoch
        return epoch

    def forget(self, upto: int) -> None:
        """Take the gateway's ack up to `upto`, which was given out."""
        self._acked = max(self._acked, upto)
        self._journal.advance(ACKED, upto)
        self.drop_passed()

    def drop_passed(self) -> None:
        """Delete the findings that everybody has."""
        passed = self._acked
        if self._forwarded:
            passed = min(passed, self._journal.position(INFLUX_FINDINGS))
        with self._journal.transaction() as connection:
            connection.execute("DELETE FROM finding WHERE seq <= ?", (passed,))
