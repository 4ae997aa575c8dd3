"""Simulated homes lived through by the edge's own pipeline and by the optimum, side by side.

Both see the same hours. Every alarm on the untouched life is false, since everybody is well. The
delay runs from a random moment at which the resident was at home alone: from there on the
register stands still and nobody goes through the door.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from numpy.random import default_rng

from edge.reading import DAY_NS, HOUR_NS, SECOND_NS
from edge.residents.population import shipped
from simulators.evaluate.life import HORIZON_NS, Life
from simulators.evaluate.rules import Rule
from simulators.evaluate.trial import WARMUP_DAYS
from simulators.residents.falls import Fall, falls
from simulators.residents.lives import live
from simulators.residents.optimum import odds, peaks_h
from simulators.residents.story import hour_ns, passages, series

WARMUP_H = WARMUP_DAYS * 24
_HORIZON_DAYS = HORIZON_NS // DAY_NS
_OF_FALLS = 1
"""A home's moments of need are drawn apart from its life."""


class Plan(NamedTuple):
    """What is lived: by which `seed`, for how many `days`, with so many `falls` in each home."""

    seed: int
    days: int
    falls: int


class Outcome(Struct, frozen=True):
    """What came of one home.

    `delays_h` is of the rule, infinity where nothing came within two weeks. Of the optimum,
    `peaks_h` are the greatest odds of each silence after the warm-up; `odds_h`, for each fall, are
    those that stood and those at the end of its hour and of each that followed. A fall is `into`
    its hour.
    """

    alarms: int
    early_alarms: int
    delays_h: tuple[float, ...]
    into: tuple[float, ...]
    peaks_h: tuple[float, ...]
    odds_h: tuple[tuple[float, ...], ...]


def judged(plan: Plan, rule: Rule, homes: Sequence[int]) -> list[Outcome]:
    """What comes of the homes of these numbers; a home is the same whichever others there are.

    About a second a home of half a year.
    """
    lives = live(shipped(), plan.seed, homes, plan.days)
    within = range(WARMUP_H, (plan.days - _HORIZON_DAYS) * 24)
    fallen = [
        falls(lives, row, within, plan.falls, default_rng([plan.seed, home, _OF_FALLS]))
        for row, home in enumerate(homes)
    ]
    every = [fall for each in fallen for fall in each]
    known = odds(lives, every)
    outcomes = []
    for row, each in enumerate(fallen):
        life = Life(series(lives, row), passages(lives, row), rule)
        delays_h = [_delay_h(life, fall) for fall in each]
        life.until(hour_ns(plan.days * 24))
        late = sum(found.at_ns >= hour_ns(WARMUP_H) for found in life.raised)
        outcomes.append(
            Outcome(
                alarms=late,
                early_alarms=len(life.raised) - late,
                delays_h=tuple(delays_h),
                into=tuple(fall.into for fall in each),
                peaks_h=tuple(peaks_h(known.lived_h[row, WARMUP_H:]).tolist()),
                odds_h=tuple(
                    tuple(odds_h)
                    for fall, odds_h in zip(every, known.fallen_h.tolist(), strict=True)
                    if fall.row == row
                ),
            )
        )
    return outcomes


def _delay_h(life: Life, fall: Fall) -> float:
    at_ns = hour_ns(fall.hour) + int(fall.into * HOUR_NS) // SECOND_NS * SECOND_NS
    life.until(at_ns)
    return life.delay_h(at_ns)
