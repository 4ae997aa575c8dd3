"""What falls due by the clock beside the plans' steps: each with when, and what is done then."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import clockwork, holding, pacing, silencing
from gateway.db import clocks, holds, silences, tenures, waiting
from gateway.handover import hand_over
from gateway.work import Work


@dataclass(frozen=True, slots=True)
class Timer:
    """`next_ns` is a short indexed read; `run` does up to so many and returns how many it did."""

    next_ns: Callable[[sa.Connection], int | None]
    run: Callable[[Work, int], int]


BEFORE_STEPS = (
    Timer(silences.next_ns, silencing.turn_due),
    Timer(holds.next_ns, holding.end_due),
)
"""What may make steps of plans due."""
AFTER_STEPS = (
    Timer(clocks.next_due_ns, clockwork.strike_due),
    Timer(tenures.next_due_ns, hand_over),
    Timer(waiting.next_ns, pacing.tell_due),
)
"""What goes by whom the steps that were due have told."""


def next_ns(connection: sa.Connection) -> int | None:
    """When the next of all of them is due; None when none is."""
    found = [timer.next_ns(connection) for timer in BEFORE_STEPS + AFTER_STEPS]
    return min((at_ns for at_ns in found if at_ns is not None), default=None)


def run_due(work: Work, which: tuple[Timer, ...], limit: int) -> int:
    """Everything of `which` due by now is done, up to `limit` of each; returns how many were."""
    return sum([timer.run(work, limit) for timer in which])
