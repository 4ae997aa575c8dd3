"""What falls due by the clock: the plans' steps, messages, and the timers beside them.

All of it is asked for in one statement, since a gateway with nothing to do asks for it most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from gateway import clockwork, holding, pacing, silencing
from gateway.db import clocks, holds, incidents, outbox, silences, tenures, waiting
from gateway.handover import hand_over
from gateway.work import Work


@dataclass(frozen=True, slots=True)
class Timer:
    """`next_due` is a short indexed read of when, or None; `run` does up to so many.

    It returns how many it did.
    """

    next_due: sa.Select[tuple[int]]
    run: Callable[[Work, int], int]


BEFORE_STEPS = (
    Timer(silences.NEXT_DUE, silencing.turn_due),
    Timer(holds.NEXT_DUE, holding.end_due),
)
"""What may make steps of plans due."""
AFTER_STEPS = (
    Timer(clocks.NEXT_DUE, clockwork.strike_due),
    Timer(tenures.NEXT_DUE, hand_over),
    Timer(waiting.NEXT_DUE, pacing.tell_due),
)
"""What goes by whom the steps that were due have told."""


_NEXT = sa.select(
    incidents.NEXT_DUE.scalar_subquery(),
    outbox.NEXT_FREE.scalar_subquery(),
    outbox.NEXT_WATCH.scalar_subquery(),
    *(timer.next_due.scalar_subquery() for timer in BEFORE_STEPS + AFTER_STEPS),
)


class Dues(NamedTuple):
    """When each sort of work is due next; None where none is."""

    steps_ns: int | None
    sends_ns: int | None
    watches_ns: int | None
    timers_ns: int | None

    def next_ns(self) -> int | None:
        """When any of it is."""
        return min((due_ns for due_ns in self if due_ns is not None), default=None)


def dues(connection: sa.Connection) -> Dues:
    """When there is work, as the database has it."""
    steps_ns, sends_ns, watches_ns, *others = connection.execute(_NEXT).one()
    timers_ns = min((due_ns for due_ns in others if due_ns is not None), default=None)
    return Dues(steps_ns, sends_ns, watches_ns, timers_ns)


def run_due(work: Work, which: tuple[Timer, ...], limit: int) -> int:
    """Everything of `which` due by now is done, up to `limit` of each; returns how many were."""
    return sum([timer.run(work, limit) for timer in which])
