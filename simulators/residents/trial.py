"""Simulated homes lived through by the edge's own pipeline and by the optimum, side by side.

Both see the same hours. Every alarm on the untouched life is false, since everybody is well. The
delay runs from a random moment at which the resident was at home alone: from there on the
register stands still and nobody goes through the door.
"""

from collections.abc import Mapping, Sequence
from heapq import merge
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.random import default_rng

from edge.reading import DAY_NS, HOUR_NS, SECOND_NS
from edge.residents.population import shipped
from edge.residents.states import STATES, Doing
from simulators.evaluate.life import HORIZON_NS, Life
from simulators.evaluate.rules import Rule
from simulators.evaluate.trial import WARMUP_DAYS
from simulators.residents.falls import Fall, falls
from simulators.residents.lives import Lives, live
from simulators.residents.loads import Load, loads
from simulators.residents.optimum import odds, peaks_h
from simulators.residents.story import hour_ns, passages, series
from simulators.residents.streams import fallen, told

WARMUP_H = WARMUP_DAYS * 24
_HORIZON_DAYS = HORIZON_NS // DAY_NS
_UP = [n for n, state in enumerate(STATES) if state.doing in (Doing.REST, Doing.BUSY)]
_OF_FALLS = 1
"""A home's moments of need are drawn apart from its life."""


class Plan(NamedTuple):
    """What is lived: by which `seed`, for how many `days`, with so many `falls` in each home.

    `signs` are the streams that the edge hears beside water: the door, and others' names.
    """

    seed: int
    days: int
    falls: int
    signs: tuple[str, ...] = ("door",)


class Outcome(Struct, frozen=True):
    """What came of one home.

    `delays_h` is of the rule, infinity where nothing came within two weeks. Of the optimum,
    `peaks_h` are the greatest odds of each silence after the warm-up; `odds_h`, for each fall, are
    those that stood and those at the end of its hour and of each that followed. A fall is `into`
    its hour. Other streams rose in `risen` hours after the warm-up, `by_nobody` of them hours in
    which nobody was up at home.
    """

    alarms: int
    early_alarms: int
    delays_h: tuple[float, ...]
    into: tuple[float, ...]
    peaks_h: tuple[float, ...]
    odds_h: tuple[tuple[float, ...], ...]
    risen: int = 0
    by_nobody: int = 0


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
        heard = _heard(lives, row, plan, homes[row])
        through = passages(lives, row) if "door" in plan.signs else ()
        beside = [reading for name, load in heard.items() for reading in told(name, load)]
        life = Life(series(lives, row), through, rule, beside)
        delays_h = [_delay_h(life, fall, heard) for fall in each]
        life.until(hour_ns(plan.days * 24))
        risen, by_nobody = _risen(lives, row, life)
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
                risen=risen,
                by_nobody=by_nobody,
            )
        )
    return outcomes


def _heard(lives: Lives, row: int, plan: Plan, home: int) -> Mapping[str, Load]:
    """By name, the loads of this home whose meters the edge hears."""
    names = [name for name in plan.signs if name != "door"]
    every = loads(lives, row, [plan.seed, home]) if names else {}
    return {name: every[name] for name in names}


def _risen(lives: Lives, row: int, life: Life) -> tuple[int, int]:
    """The hours that rose after the warm-up, and those of them with nobody up."""
    up = np.isin(lives.states[row], _UP)
    hours = [(at_ns - hour_ns(0)) // HOUR_NS for at_ns in life.risen_ns]
    late = [hour for hour in hours if hour >= WARMUP_H]
    return len(late), sum(not up[hour - 2 : hour + 1].any() for hour in late)


def _delay_h(life: Life, fall: Fall, heard: Mapping[str, Load]) -> float:
    at_ns = hour_ns(fall.hour) + int(fall.into * HOUR_NS) // SECOND_NS * SECOND_NS
    life.until(at_ns)
    after = (fallen(name, load, fall) for name, load in heard.items())
    return life.delay_h(at_ns, merge(*after, key=attrgetter("at_ns")))
