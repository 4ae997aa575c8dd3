"""Many findings in one transaction: each as if it had come alone, all on disk with one commit.

A storm is thousands of findings within seconds, and to wait for the disk costs more than all
that one of them causes. What breaks a transaction is for the caller to find: nothing of it
was written.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from alerts.group import may_be_told_ahead
from edge.outbox import Envelope
from edge.reading import Finding
from edge.session import Delivery
from gateway.db import edges
from gateway.db.edges import Origin
from gateway.opening import Opening
from gateway.work import Work

if TYPE_CHECKING:
    from gateway.engine import Engine

TOGETHER_MAX = 200
"""Findings of one transaction; it holds the writer's lock for some tenths of a second."""


class Journal(NamedTuple):
    """Whose numbers findings are counted by."""

    edge: str
    epoch: str


class Statement(NamedTuple):
    """What one finding says at one time."""

    finding_id: str
    revision: int

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """The statement that a finding is."""
        return cls(finding.id, finding.revision)


class Arrival(NamedTuple):
    """A delivery, and the finding that it brings; None if it is anything else, or unsound."""

    delivery: Delivery
    envelope: Envelope | None


def take_all(
    engine: "Engine",
    envelopes: Sequence[Envelope],
    now_ns: int,
    taken: AbstractSet[Statement] = frozenset(),
) -> dict[Journal, int]:
    """All findings are committed with all that they cause, in their order, or none of them is.

    Of those that are `taken` already only the numbers count. Returns up to where each edge may
    forget what it has told.
    """
    fresh = [each for each in envelopes if Statement.of(each.finding) not in taken]
    with engine.working(now_ns) as whole:
        # A nanosecond apart, since what is told to somebody at one moment counts as one message.
        first_ns = now_ns + 1 - len(fresh)
        news = _take(whole, fresh, first_ns)
        upto = {
            journal: edges.move_cursor(whole.connection, origins, now_ns)
            for journal, origins in _by_journal(envelopes).items()
        }
    for new in news:
        engine.counts["finding", "new" if new else "repeated"] += 1
    return upto


def ahead(arrivals: Sequence[Arrival]) -> list[Envelope]:
    """The urgent findings of a backlog that is more than one transaction: these go first.

    Not those that another finding may explain, which must be asked in their order.
    """
    if len(arrivals) <= TOGETHER_MAX:
        return []
    found = [each.envelope for each in arrivals if each.envelope]
    return [each for each in found if may_be_told_ahead(each.finding)]


def portions(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """`arrivals` in their order: neighbouring findings together, anything else alone."""
    for are_findings, run in groupby(arrivals, lambda each: each.envelope is not None):
        some = list(run)
        most = TOGETHER_MAX if are_findings else 1
        yield from (some[first : first + most] for first in range(0, len(some), most))


def _take(whole: Work, fresh: Sequence[Envelope], first_ns: int) -> list[bool]:
    """Whether each finding is new."""
    if len(fresh) == 1:  # what several share would only cost this one
        (one,) = fresh
        return [whole.take(one.finding, (one.edge, one.epoch, one.seq))]
    opening = Opening(whole, fresh)
    news = [opening.take(each, first_ns + n) for n, each in enumerate(fresh)]
    opening.write()
    return news


def _by_journal(envelopes: Sequence[Envelope]) -> dict[Journal, list[Origin]]:
    found: dict[Journal, list[Origin]] = {}
    for each in envelopes:
        origin = msgspec.convert(each, Origin, from_attributes=True)
        found.setdefault(Journal(each.edge, each.epoch), []).append(origin)
    return found
