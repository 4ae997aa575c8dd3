"""Whether the gateway can do its duty now, judged by what it has done and left undone.

Not "the process runs" but: messages come in, nothing owed is overdue, sends succeed, and
every open incident has somebody or a next step. Most of it is read from the
database, so that a stuck part cannot report itself well.
"""

import json
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from alerts.calendar import unknown_year
from alerts.outbox import DeliveryState
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS
from gateway.db import clocks, faults
from gateway.db.engine import reading
from gateway.db.tables import dead_letter, edge_status, incident, outbox

OVERDUE_NS = MINUTE_NS
BEAT_NS = 2 * MINUTE_NS
CLOCK_NS = 10 * MINUTE_NS
AUDITED_NS = 3 * MINUTE_NS
BROKE_NS = 5 * MINUTE_NS
EDGE_STALE_NS = 5 * MINUTE_NS
DEAF_NS = 5 * MINUTE_NS
_CHINA = timezone(timedelta(hours=8))  # whose working days the calendar has
_RECENT_NS = 30 * MINUTE_NS
_FAILURES_MIN = 3
_EDGES_MAX = 500
_LETTERS_MAX = 500

_REACHED = (
    DeliveryState.ACCEPTED.value,
    DeliveryState.DELIVERED.value,
    DeliveryState.READ.value,
    DeliveryState.ACKED.value,
)


class Link(StrEnum):
    """What is known of an edge."""

    UP = "up"
    DOWN = "down"  # it or the broker said so
    STALE = "stale"  # it said up, and then nothing for `EDGE_STALE_NS`


class EdgeView(Struct, frozen=True):
    """One edge; `health` is its own last report."""

    edge: str
    state: Link
    boot: int
    at_ns: int
    health: dict[str, Any]

    @property
    def is_waiting_for_time(self) -> bool:
        """Whether it last said that it does not know the time: it keeps data and judges none."""
        return self.state is not Link.DOWN and self.health.get("clock_trusted") == 0

    @property
    def is_clock_wrong(self) -> bool:
        """Whether its last report, read while it is up, bears another time than ours."""
        told_ns = self.health.get("at_ns")
        if self.state is not Link.UP or not isinstance(told_ns, int) or self.is_waiting_for_time:
            return False
        return abs(told_ns - self.at_ns) > CLOCK_NS


class Pulse(Struct, frozen=True):
    """What the running parts say of themselves; the defaults are for a process without them.

    `beat_ns` is when the dispatcher last came round; `dead` are the channels whose provider
    shows no sign of life; `broke_ns` is when a step of a plan last broke the engine;
    `audited_ns` and `mended` tell of the last self-audit and what it had to set going again;
    over those in `capped` only urgent messages go, since they have cost as much as they may;
    `unreached` people have failing phones, `uncovered` are gaps in the roster of 90 days.
    There is no link to the broker since `link_lost_ns`; the first certificate that the link
    rests on ends at `certificate_until_ns`, None where that is not known.
    `speed` is how many seconds of the clock pass in a real one.
    """

    beat_ns: int | None = None
    dead: tuple[str, ...] = ()
    broke_ns: int | None = None
    audited_ns: int | None = None
    mended: int = 0
    capped: tuple[str, ...] = ()
    unreached: int = 0
    uncovered: int = 0
    link_lost_ns: int | None = None
    certificate_until_ns: int | None = None
    speed: float = 1.0


class Vitals(Struct, frozen=True):
    """The gateway's own state.

    `intake_ns` is when an edge was last heard; `dispatcher_ns` when the dispatcher last came
    round; `overdue_ns` for how long the longest-due
    step or message has waited; `failing` the channels on which nothing has got through
    lately; `orphans` the active incidents with neither an owner nor a next step; `refused`
    the messages meant to bring findings that could not be read in the last day; `broke_ns`
    is when a step of a plan last broke the engine; `calendar_year` is the year, near or
    begun, whose working days are not published as far as we know; `capped` the channels that
    only urgent messages go over, since they have cost as much as they may; `unreached` people
    have failing phones, `uncovered` are gaps in the roster of the next 90 days; there is no link
    to the broker since `link_lost_ns`, None while there is one or nobody looks; the first
    certificate that the link rests on ends at `certificate_until_ns`. Where the clock has a
    `speed` above 1, a machine may take as many times as long by it.
    """

    at_ns: int
    intake_ns: int | None
    dispatcher_ns: int | None
    overdue_ns: int
    failing: tuple[str, ...]
    orphans: int
    edges: tuple[EdgeView, ...]
    refused: int = 0
    broke_ns: int | None = None
    audited_ns: int | None = None
    mended: int = 0
    calendar_year: int | None = None
    capped: tuple[str, ...] = ()
    unreached: int = 0
    uncovered: int = 0
    link_lost_ns: int | None = None
    certificate_until_ns: int | None = None
    speed: float = 1.0

    @property
    def is_overdue(self) -> bool:
        """Whether something that is owed waits for longer than it may."""
        return self.overdue_ns > OVERDUE_NS * self.speed

    @property
    def can_notify(self) -> bool:
        """Whether what is owed to people goes out."""
        stuck = (
            self.dispatcher_ns is not None
            and self.at_ns - self.dispatcher_ns > BEAT_NS * self.speed
        )
        broke = self.broke_ns is not None and self.at_ns - self.broke_ns <= BROKE_NS
        return not (self.is_overdue or self.failing or stuck or broke)

    @property
    def hears(self) -> bool:
        """Whether the edges are heard; false until the first one reports."""
        return self.intake_ns is not None and self.at_ns - self.intake_ns <= EDGE_STALE_NS

    @property
    def is_deaf(self) -> bool:
        """Whether edges are known and none can be heard, for want of a link to the broker."""
        if self.link_lost_ns is None or self.hears or not self.edges:
            return False
        return self.at_ns - self.link_lost_ns >= DEAF_NS * self.speed

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the gateway itself."""
        trouble = self.orphans or self.refused or self.mended or not self.is_audited
        return self.can_notify and self.hears and not trouble

    @property
    def is_audited(self) -> bool:
        """Whether the last self-audit is fresh; true where there has been none yet."""
        return self.audited_ns is None or self.at_ns - self.audited_ns <= AUDITED_NS * self.speed


def check(db: sa.Engine, pulse: Pulse, now_ns: int) -> Vitals:
    """The vitals now; a handful of short indexed reads."""
    with reading(db) as connection:
        edges = edges_of(connection, now_ns)
        return Vitals(
            at_ns=now_ns,
            intake_ns=max((edge.at_ns for edge in edges), default=None),
            dispatcher_ns=pulse.beat_ns,
            overdue_ns=_overdue_ns(connection, now_ns),
            failing=tuple(sorted({*_failing(connection, now_ns), *pulse.dead})),
            orphans=_orphans(connection),
            edges=edges,
            refused=_refused(connection, now_ns),
            broke_ns=pulse.broke_ns,
            audited_ns=pulse.audited_ns,
            mended=pulse.mended,
            calendar_year=_calendar_year(now_ns),
            capped=pulse.capped,
            unreached=pulse.unreached,
            uncovered=pulse.uncovered,
            link_lost_ns=pulse.link_lost_ns,
            certificate_until_ns=pulse.certificate_until_ns,
            speed=pulse.speed,
        )


def edges_of(connection: sa.Connection, now_ns: int) -> tuple[EdgeView, ...]:
    """Every edge that was ever heard of, at most 500, as it stands at `now_ns`."""
    rows = connection.execute(sa.select(edge_status).order_by(edge_status.c.edge).limit(_EDGES_MAX))
    return tuple(
        EdgeView(row.edge, _link(row, now_ns), row.boot, row.at_ns, json.loads(row.health))
        for row in rows
    )


def _link(row: sa.Row[Any], now_ns: int) -> Link:
    if not row.up:
        return Link.DOWN
    return Link.STALE if now_ns - row.at_ns > EDGE_STALE_NS else Link.UP


def _calendar_year(now_ns: int) -> int | None:
    return unknown_year(datetime.fromtimestamp(now_ns // SECOND_NS, _CHINA).date())


def _overdue_ns(connection: sa.Connection, now_ns: int) -> int:
    step = connection.execute(sa.select(sa.func.min(incident.c.next_due_ns))).scalar()
    unleased = sa.or_(outbox.c.lease_until_ns.is_(None), outbox.c.lease_until_ns <= now_ns)
    clock = clocks.next_due_ns(connection)
    send = connection.execute(sa.select(sa.func.min(outbox.c.due_ns)).where(unleased)).scalar()
    return max((now_ns - due_ns for due_ns in (step, clock, send) if due_ns is not None), default=0)


def _failing(connection: sa.Connection, now_ns: int) -> tuple[str, ...]:
    got_through = sa.func.sum(sa.case((outbox.c.state.in_(_REACHED), 1), else_=0))
    rows = connection.execute(
        sa.select(outbox.c.channel)
        .where(outbox.c.created_ns > now_ns - _RECENT_NS, outbox.c.attempt > 0)
        .where(outbox.c.state != DeliveryState.SUBMITTED.value)
        .group_by(outbox.c.channel)
        .having(sa.and_(sa.func.count() >= _FAILURES_MIN, got_through == 0)),
    )
    return tuple(sorted(row.channel for row in rows))


def _refused(connection: sa.Connection, now_ns: int) -> int:
    """Of the newest 500 dead letters: those of the last day that were to bring a finding."""
    newest = sa.select(dead_letter.c.topic, dead_letter.c.at_ns).order_by(dead_letter.c.id.desc())
    letters = newest.limit(_LETTERS_MAX).subquery()
    query = (
        sa.select(sa.func.count())
        .select_from(letters)
        .where(
            letters.c.at_ns > now_ns - DAY_NS,
            letters.c.topic.contains("/_finding/", autoescape=True),
        )
    )
    return int(connection.execute(query).scalar_one())


def _orphans(connection: sa.Connection) -> int:
    """Those found by the self-audit's own query, so that both mean the same."""
    query = sa.select(sa.func.count()).select_from(faults.nobodys().subquery())
    return int(connection.execute(query).scalar_one())
