"""How long to wait before a quiet home is a finding: what costs least, by past spells.

Waiting costs hours to somebody who needs help; not waiting costs an alarm whenever the home
would have stirred after all. Both follow from how many spells that began at such a time lasted
how long: the home's own, and those of many homes while it has few. What an alarm may cost, in
hours of delay, is set by how many a site can bear.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from edge.population import LENGTHS, per_day
from edge.quiet import BRIEF_H, WAIT_H_MIN, Quiet, fading
from edge.reading import HOUR_NS
from edge.spell import Kind, Spell

_WAIT_H_MAX = {Kind.WEEK: 48, Kind.WEEKEND: 48, Kind.RETURN: 96}
_PRIOR_DAYS = 60.0
"""For so many days' worth the spells of other homes count."""
_LONG_H, _LONG_WEIGHT = 20, 6.0
"""Each hour of delay beyond so many counts as much."""
_WIDTH_H = {Kind.WEEK: 1.5, Kind.WEEKEND: 1.5, Kind.RETURN: 4.0}
"""Spells that begin about so many hours apart are alike."""
_ALIKE = np.array([[1.0, 0.2, 0.0], [0.2, 1.0, 0.0], [0.0, 0.0, 1.0]])
"""What a spell says of those of another kind."""
_STRANGE_DAYS, _STRANGE_WEIGHT, _STRANGE_H = 28, 3.0, 20_000.0
"""Other homes say less about a home than its own spells will: at first an alarm is dearer by so
many times, and costs so many hours at least; that is what counts where alarms are cheap."""

Counts = NDArray[np.float64]


def wait_h(quiet: Quiet, since_ns: int, alarm_h: float) -> int:
    """For how many hours a home that has been quiet since `since_ns` is not yet a finding.

    `alarm_h` is the price of an alarm. The wait is from 6 to 95.
    """
    state, place = quiet.state, quiet.place(since_ns)
    asked = (since_ns, state.begun_ns, place, state.spells, state.brief_h)
    known = quiet.waits_h.get(alarm_h)
    if known is not None and known[0] == asked:
        return known[1]
    dear_h = _dear_h(alarm_h, quiet.days_known(since_ns))
    waited_h = cheapest_h(_counts(quiet, place), place.kind, dear_h)
    quiet.waits_h[alarm_h] = asked, waited_h
    return waited_h


def longest_h(quiet: Quiet, since_ns: int, alarm_h: float) -> int:
    """The longest wait of this home: for the hour of a whole day at which it is longest."""
    places = [quiet.place(since_ns - hours * HOUR_NS) for hours in range(24)]
    dear_h = _dear_h(alarm_h, quiet.days_known(since_ns))
    return max(cheapest_h(_counts(quiet, each), each.kind, dear_h) for each in places)


def typical_h(quiet: Quiet, since_ns: int) -> int:
    """Within how many hours nine of ten spells end that begin like one at `since_ns`."""
    counts = _counts(quiet, quiet.place(since_ns))
    return int(np.searchsorted(counts.cumsum(), 0.9 * counts.sum())) + 1


def cheapest_h(counts: Counts, kind: Kind, alarm_h: float) -> int:
    """The wait that costs least when `counts` spells last each number of hours."""
    lasting = counts[::-1].cumsum()[::-1]
    waits = slice(WAIT_H_MIN, _WAIT_H_MAX[kind])
    costs = alarm_h * lasting[waits] + _delay_costs()[waits] @ lasting
    return WAIT_H_MIN + int(costs.argmin())


def smoothed(counts: Counts) -> Counts:
    """`counts` by kind, hour and length, with what spells of other hours and kinds say."""
    mixed = np.tensordot(_ALIKE, counts, 1)
    spread: Counts = np.stack([_spread(mixed[kind], _WIDTH_H[kind]) for kind in Kind])
    return spread


def _dear_h(alarm_h: float, days: int) -> float:
    """What an alarm costs in a home that has been known for so many days."""
    strange = max(0.0, 1 - days / _STRANGE_DAYS)
    return max((1 + strange * _STRANGE_WEIGHT) * alarm_h, strange * _STRANGE_H)


def _counts(quiet: Quiet, place: Spell) -> Counts:
    counts: Counts = _own(quiet, place) + _others()[place.kind, place.hour]
    return counts


def _own(quiet: Quiet, place: Spell) -> Counts:
    """The spells of this home that are like one at `place`, by their length."""
    counts = np.zeros(LENGTHS)
    own = np.array(list(quiet.spells()), dtype=np.int64).reshape(-1, 4)
    apart = (own[:, 1] - place.hour + 12) % 24 - 12
    weights = _near(apart, _WIDTH_H[place.kind]) * _ALIKE[place.kind][own[:, 2]] / 2
    weights *= fading(1) ** np.maximum(0, place.day - own[:, 0])
    for lengths in (own[:, 3], own[:, 3] + apart):
        counts += np.bincount(lengths.clip(0, LENGTHS - 1), weights, LENGTHS)
    hours = np.arange(24)
    near = _near((hours - place.hour + 12) % 24 - 12, _WIDTH_H[place.kind])
    brief_h = np.array(quiet.brief_h(place.day)).reshape(len(Kind), 24)
    counts[BRIEF_H // 2 - 1] += (_ALIKE[place.kind] @ brief_h) @ near / (BRIEF_H // 2)
    return counts


@lru_cache(maxsize=1)
def _others() -> Counts:
    return smoothed(per_day()) * _PRIOR_DAYS


@lru_cache(maxsize=1)
def _delay_costs() -> Counts:
    """What a wait costs whoever comes to need help in each hour of a spell."""
    hours = np.arange(LENGTHS)
    delays = np.maximum(0.0, hours[:, None] - hours)
    costs: Counts = delays + (_LONG_WEIGHT - 1) * np.maximum(0.0, delays - _LONG_H)
    return costs


def _spread(counts: Counts, width_h: float) -> Counts:
    """`counts` by hour and length, each spread over the hours near its own.

    A spell that began an hour later would have lasted as long, or have ended at the same time.
    """
    spread = np.zeros_like(counts)
    for apart in range(-12, 12):
        there = np.roll(counts, -apart, axis=0)
        ended = np.roll(there, apart, axis=1)
        if apart > 0:
            ended[:, -1] += ended[:, :apart].sum(axis=1)
            ended[:, :apart] = 0
        elif apart < 0:
            ended[:, 0] += ended[:, apart:].sum(axis=1)
            ended[:, apart:] = 0
        spread += _near(np.array(apart), width_h) * (there + ended) / 2
    return spread


def _near(apart_h: NDArray[np.int64], width_h: float) -> Counts:
    """The weights of spells that begin so many hours apart; all 24 add up to 1."""
    every = np.exp(-0.5 * (np.arange(-12, 12) / width_h) ** 2).sum()
    near: Counts = np.exp(-0.5 * (apart_h / width_h) ** 2) / every
    return near
