"""The only writer of incidents: each method is one transaction over all that it changes.

Incident, timeline, outbox and ledger change together or not at all, so a process killed
anywhere finds on its next start exactly what it owes. Synchronous; give it `now_ns`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import count

import sqlalchemy as sa

from alerts.channels.base import Inbound, Receipt, Verdict
from alerts.code import Chance
from alerts.incident import Act, Command, Incident
from edge.outbox import Envelope
from edge.reading import MINUTE_NS, Tier
from gateway import delivery, links, replies, timers
from gateway.book import Book
from gateway.db import edges, incidents, outbox
from gateway.db.edges import Letter, Origin
from gateway.db.engine import reading, writing
from gateway.db.incidents import Conflict, NoSuchIncident
from gateway.db.outbox import Claim, Owed
from gateway.links import LinkView
from gateway.taking import take_all
from gateway.work import Work

__all__ = ["Changed", "Conflict", "Engine", "NoSuchIncident"]

log = logging.getLogger(__name__)

LEASE_NS = MINUTE_NS
_ADVANCE_BATCH = 100

Changed = Callable[[frozenset[str]], None]
"""Called after a commit with the ids of the incidents that it changed; may be none."""


class Engine:
    """Findings and people's acts in; incidents and messages owed out.

    `changes` holds the callbacks to tell after each commit; they must not block or raise.
    `counts` counts what happened, by (event, what became of it), since the start. `broke_ns`
    is when a step of a plan last could not be taken for a fault of our own. `node` is this
    gateway's name where several share the database. `working(now_ns)` is one transaction, for
    acts that have no method here.
    """

    def __init__(
        self, database: sa.Engine, book: Book, chance: Chance, *, node: str | None = None
    ) -> None:
        self.database = database
        self.book = book
        self.node = node
        self.changes: list[Changed] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.broke_ns: int | None = None
        self.working: Callable[[int], AbstractContextManager[Work]] = self._work
        self._chance = chance

    def take_finding(self, envelope: Envelope, now_ns: int) -> int:
        """The finding is committed with all that it causes; returns what the edge may forget.

        That is a number in the epoch of the edge's journal: all findings up to it are ours.
        """
        (upto,) = take_all(self, [envelope], now_ns).values()
        return upto

    def refuse(self, letter: Letter, now_ns: int, origin: Origin | None = None) -> int:
        """A message that cannot be used is kept among the dead letters, and counted.

        If it was to bring the finding of `origin`, returns what that edge may forget: it would
        be refused again, and hold up those behind it; else 0.
        """
        with writing(self.database) as connection:
            edges.bury(connection, letter, now_ns)
            upto = edges.move_cursor(connection, [origin], now_ns) if origin else 0
        self.counts["refused", letter.reason] += 1
        return upto

    def hear(self, edge: str, now_ns: int, *, fresh: bool, **told: object) -> None:
        """`told` (columns of `edge_status`) is known of `edge`; if `fresh`, it lives now."""
        with writing(self.database) as connection:
            edges.hear(connection, edge, now_ns, fresh=fresh, **told)

    def act(
        self, incident_id: str, command: Command, *, now_ns: int, version: int | None = None
    ) -> Incident:
        """The incident after the act, committed; `version` makes it compare-and-set.

        Raises:
            NoSuchIncident: no incident has that id, or the one to merge into does not.
            Conflict: `version` is not the incident's any more.
            alerts.incident.IllegalAct: the state does not allow it.
        """
        with self._work(now_ns) as work:
            incident = work.act(incident_id, command, version)
        self.counts["act", command.act.value] += 1
        return incident

    def advance_due(self, now_ns: int, batches: int | None = None) -> int:
        """Every plan step due by `now_ns` is taken, its messages owed; returns how many were.

        Incidents go in batches of one transaction each, the most urgent first, and after so
        many `batches` the rest is left for the next call; when nothing is due, nothing is
        written, and no writer waits for us.
        """
        with reading(self.database) as connection:
            steps_ns, _, watches_ns, timers_ns = timers.dues(connection)
        if _is_due(timers_ns, now_ns):
            self._run_timers(now_ns, timers.BEFORE_STEPS)
            steps_ns = now_ns
        taken = self._take_steps(now_ns, batches) if _is_due(steps_ns, now_ns) else 0
        if _is_due(timers_ns, now_ns):
            self._run_timers(now_ns, timers.AFTER_STEPS)
        return taken + (self._miss_receipts(now_ns) if _is_due(watches_ns, now_ns) else 0)

    def _run_timers(self, now_ns: int, which: tuple[timers.Timer, ...]) -> None:
        done = _ADVANCE_BATCH
        while done >= _ADVANCE_BATCH:
            with self._work(now_ns) as work:
                done = timers.run_due(work, which, _ADVANCE_BATCH)
            self.counts["timer", "run"] += done

    def _take_steps(self, now_ns: int, batches: int | None) -> int:
        taken = 0
        for _ in count() if batches is None else range(batches):
            with self._work(now_ns) as work:
                due = incidents.due(work.connection, now_ns, _ADVANCE_BATCH)
                self._advance_all(work, due)
            taken += len(due)
            if len(due) < _ADVANCE_BATCH:
                break
        return taken

    def _miss_receipts(self, now_ns: int) -> int:
        """Urgent messages without a word of arrival go over a second channel; returns how many."""
        with self._work(now_ns) as work:
            silent = outbox.unreceipted(work.connection, now_ns, _ADVANCE_BATCH)
            missed = sum([self._unheard_of(work, owed) for owed in silent])
        self.counts["receipt", "missed"] += missed
        return missed

    def _unheard_of(self, work: Work, owed: Owed) -> bool:
        """Whether another channel is used too; if that breaks, it is looked at in a minute."""
        try:
            with work.connection.begin_nested():
                return delivery.unheard_of(work, owed)
        except sa.exc.OperationalError:
            raise
        except Exception:
            # This supervises messages: one that breaks us must not hide that others are unheard of.
            log.exception("no other way is found for message %d yet", owed.outbox_id)
            self.counts["receipt", "broke"] += 1
            outbox.watch(work.connection, owed.outbox_id, work.now_ns + MINUTE_NS)
            return False

    def next_due_ns(self) -> int | None:
        """When `advance_due` or `claim` next has work; None when nothing is waiting."""
        with reading(self.database) as connection:
            return timers.dues(connection).next_ns()

    def claim(
        self,
        now_ns: int,
        limit: int,
        *,
        tier_max: Tier = Tier.GENERAL,
        lease_ns: int = LEASE_NS,
    ) -> list[Claim]:
        """Up to `limit` messages to send now, most urgent first, leased to the caller.

        The lease must outlast the slowest send: after it, another sender may try again.
        """
        terms = outbox.Terms(limit, lease_ns, tier_max, self.book.budgets, self.node)
        with reading(self.database) as connection:
            if not outbox.has_due(connection, now_ns, tier_max):
                return []
        with self._work(now_ns) as work:
            claims, waiting = outbox.claim(
                work.connection, now_ns, terms, partial(delivery.is_wanted, work)
            )
            for owed in waiting:
                self._crowded_out(work, owed)
        self.counts["claim", "no_room"] += len(waiting)
        self.counts["claim", "first"] += sum(claim.attempt == 1 for claim in claims)
        self.counts["claim", "again"] += sum(claim.attempt > 1 for claim in claims)
        return claims

    def _crowded_out(self, work: Work, owed: Owed) -> None:
        """It goes elsewhere where it must; if that breaks, it waits for room all the same."""
        try:
            with work.connection.begin_nested():
                delivery.crowded_out(work, owed)
        except sa.exc.OperationalError:
            raise
        except Exception:
            # This supervises messages: one that breaks us must not keep the others from going.
            log.exception("message %d finds no way beside its own", owed.outbox_id)
            self.counts["claim", "broke"] += 1

    def record(self, claim: Claim, verdict: Verdict, now_ns: int) -> None:
        """The outcome of one try is in the ledger; what follows from it is owed."""
        with self._work(now_ns) as work:
            delivery.record(work, claim, verdict)
        self.counts["verdict", verdict.outcome.value] += 1

    def receipt(self, receipt: Receipt, now_ns: int) -> None:
        """A provider's later word is in the ledger; repeats and old news change nothing."""
        with self._work(now_ns) as work:
            ours = delivery.receipt(work, receipt)
        self.counts["receipt", receipt.outcome.value if ours else "not_ours"] += 1

    def reply(self, channel: str, inbound: Inbound, now_ns: int) -> str:
        """A person's text is stored and acted on, once; returns what became of it."""
        with self._work(now_ns) as work:
            result = replies.take(work, channel, inbound)
        self.counts["reply", result] += 1
        return result

    def read_link(self, token: str, now_ns: int) -> LinkView:
        """What a one-time link would acknowledge; changes nothing.

        Raises:
            alerts.link.LinkError: forged, expired, used or unknown, or whose person has left.
        """
        with reading(self.database) as connection:
            return links.read(connection, self.book, token, now_ns)

    def use_link(self, token: str, now_ns: int) -> Incident:
        """The link's person has acknowledged its incident and the link is spent.

        Raises:
            alerts.link.LinkError: forged, expired, used or unknown, or whose person has left.
            alerts.incident.IllegalAct: the incident is past acknowledging; nothing changed.
        """
        with self._work(now_ns) as work:
            view = links.read(work.connection, self.book, token, now_ns)
            links.spend(work.connection, view, now_ns)
            command = Command(Act.ACKNOWLEDGE, by=view.person_id)
            incident = work.act(view.incident.id, command)
        self.counts["act", "link"] += 1
        return incident

    def _advance_all(self, work: Work, due: Sequence[Incident]) -> None:
        """Their due steps are taken; when one breaks, each is taken by itself."""
        try:
            with work.connection.begin_nested():
                for incident in due:
                    work.advance(incident)
        except sa.exc.OperationalError:
            raise
        except Exception:
            log.warning("a step breaks; %d are taken one by one", len(due), exc_info=True)
            for incident in due:
                self._advance(work, incident)

    def _advance(self, work: Work, incident: Incident) -> None:
        """Its due steps are taken; if that breaks, it waits a minute and the others go on."""
        try:
            with work.connection.begin_nested():
                work.advance(incident)
        except sa.exc.OperationalError:
            raise
        except Exception:
            # This supervises incidents: one that breaks us must not silence all the others.
            log.exception("incident %s cannot be advanced; it is tried again", incident.id)
            self.counts["advance", "broke"] += 1
            self.broke_ns = work.now_ns
            incidents.postpone(work.connection, incident.id, work.now_ns + MINUTE_NS)

    @contextmanager
    def _work(self, now_ns: int) -> Iterator[Work]:
        with writing(self.database) as connection:
            work = Work(connection, self.book, self._chance, now_ns)
            yield work
        if work.changed or work.owes:
            announce(self, frozenset(work.changed))


def announce(engine: Engine, changed: frozenset[str]) -> None:
    """Everybody in this process hears that these incidents changed, and that there may be work."""
    for tell in engine.changes:
        tell(changed)


def _is_due(due_ns: int | None, now_ns: int) -> bool:
    return due_ns is not None and due_ns <= now_ns
