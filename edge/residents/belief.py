"""What is believed of a resident whose door tells who goes out: hour by hour, and how it adds up.

Each hour without a sign of life makes trouble likelier, by how likely somebody well, who lives as
this home has shown so far, would have given one. In hours of odds: times the rate at which
residents alone at home come to need help in an hour, they are the odds that this one does.
"""

import numpy as np
from numpy.typing import NDArray

from edge.reading import DAY_NS, HOUR_NS
from edge.residents.bank import bank
from edge.residents.chain import kinds
from edge.residents.own_use import OwnUse
from edge.residents.passage import Passage
from edge.residents.remembered import Belief
from edge.residents.states import IS_ALONE, STATES

_GAP_NS_MAX = 7 * DAY_NS
"""After a longer hole, nothing is known any more."""
_FORGOTTEN = 5e-4
"""In an hour: a home may come to live like another candidate."""
_STRAY = 1e-10
"""That a state is there, whatever the candidates say: nobody lives quite like one of them."""

Weights = NDArray[np.float32]


def begun(at_ns: int) -> Belief:
    """Nothing is known yet: any candidate, doing anything."""
    return Belief(at_ns, _anything().tobytes())


def lived(belief: Belief, until_ns: int, utc_offset_ns: int, *, used: bool | None) -> None:
    """The hours from `belief.until_ns` to `until_ns` are over: water was used in them, or not.

    None where nobody can know. Without a use the odds grow; else they begin anew. About 70
    microseconds an hour.
    """
    hours = round((until_ns - belief.until_ns) / HOUR_NS)
    weights, own = _remembered(belief), OwnUse(*belief.own_use)
    if until_ns - belief.until_ns > _GAP_NS_MAX:
        weights, hours = _anything(), 0
    known = used if hours == 1 or not used else None  # in one of several hours
    through, leaves = _through(belief)
    odds_h = belief.odds_h
    for number in range(hours):
        at_ns = until_ns - (hours - number) * HOUR_NS + HOUR_NS // 2
        weights, chance = _moved(weights, (at_ns + utc_offset_ns) // HOUR_NS - 1, through)
        if known is not None:
            weights, heard, own = _told(weights, own, used=known)
            chance *= heard
        weights = _open_minded(weights)
        alone = float(weights[:, IS_ALONE].sum())
        odds_h = alone if through else (odds_h + alone) / max(chance, _STRAY)
        through = ()
    belief.odds_h = odds_h if used is False and not belief.passages else 0.0
    belief.until_ns, belief.passages, belief.leaves = until_ns, (), leaves
    belief.weights, belief.own_use = weights.astype(np.float32).tobytes(), (own.offset, own.known)


def _through(belief: Belief) -> tuple[tuple[Passage, ...], bool]:
    """Who went through before the use of these hours, and whether somebody went out after it."""
    through = (Passage.OUT, *belief.passages) if belief.leaves else belief.passages
    leaves = belief.passages[-1:] == (Passage.OUT,)
    return through[:-1] if leaves else through, leaves


def _anything() -> Weights:
    candidates = len(bank().use_odds_log)
    return np.full((candidates, len(STATES)), 1 / (candidates * len(STATES)), np.float32)


def _remembered(belief: Belief) -> Weights:
    """The weights, or those of somebody unknown where they are of other candidates than now."""
    weights = np.frombuffer(belief.weights, np.float32).reshape(-1, len(STATES))
    return weights if len(weights) == len(bank().use_odds_log) else _anything()


def _moved(weights: Weights, before: int, through: tuple[Passage, ...]) -> tuple[Weights, float]:
    """The weights an hour after the hour `before`, and how likely what the door showed was."""
    known, chance = bank(), 1.0
    matrices = known.matrices[:, int(kinds(np.array([before]))[0]), before % 24]
    for passage in through or (Passage.NONE,):
        moved = np.einsum("ci,cij->cj", weights, matrices * known.sights[passage]) + _STRAY
        chance *= float(moved.sum())
        weights = (moved / moved.sum()).astype(np.float32)
    return weights, chance


def _told(weights: Weights, own: OwnUse, *, used: bool) -> tuple[Weights, float, OwnUse]:
    """The weights by whether the hour used water, and how likely that was; the same of its use."""
    uses = own.chances(bank().use_odds_log)
    told = weights * (uses if used else 1 - uses)
    chance = float(told.sum())
    return (told / chance).astype(np.float32), chance, own.learned(uses, weights, used=used)


def _open_minded(weights: Weights) -> Weights:
    """A little of each candidate always, doing what it is believed to do."""
    shares = weights.sum(axis=1, keepdims=True)
    mixed: Weights = weights * (1 - _FORGOTTEN + _FORGOTTEN / len(weights) / shares)
    return mixed
