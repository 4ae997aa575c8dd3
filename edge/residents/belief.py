"""What is believed of a resident whose door tells who goes out: hour by hour, and how it adds up.

Each hour without a sign of life makes trouble likelier, by how likely somebody well, who lives as
this home has shown so far, would have given one. In hours of odds: times the rate at which
residents alone at home come to need help in an hour, they are the odds that this one does.
"""

import numpy as np

from edge.reading import DAY_NS, HOUR_NS
from edge.residents.bank import bank
from edge.residents.likeness import STRAY, Likeness, anybody
from edge.residents.own_paces import unpacked
from edge.residents.own_use import OwnUse
from edge.residents.passage import Passage
from edge.residents.remembered import Belief
from edge.residents.states import IS_ALONE, STATES

_GAP_NS_MAX = 7 * DAY_NS
"""After a longer hole, nothing is known any more."""


def begun(at_ns: int) -> Belief:
    """Nothing is known yet: any candidate, doing anything."""
    return Belief(at_ns, anybody().tobytes())


def lived(belief: Belief, until_ns: int, utc_offset_ns: int, *, used: bool | None) -> None:
    """The hours from `belief.until_ns` to `until_ns` are over: water was used in them, or not.

    None where nobody can know. Without a use the odds grow; else they begin anew. About 110
    microseconds an hour.
    """
    hours = round((until_ns - belief.until_ns) / HOUR_NS)
    likeness = _remembered(belief)
    if until_ns - belief.until_ns > _GAP_NS_MAX:
        likeness, hours = likeness._replace(weights=anybody()), 0
    known = used if hours == 1 or not used else None  # in one of several hours
    through, leaves = _through(belief)
    odds_h = belief.odds_h
    for number in range(hours):
        at_ns = until_ns - (hours - number) * HOUR_NS + HOUR_NS // 2
        before = (at_ns + utc_offset_ns) // HOUR_NS - 1
        likeness, chance = likeness.after(before, through, known)
        alone = float(likeness.weights[:, IS_ALONE].sum())
        odds_h = alone if through else (odds_h + alone) / max(chance, STRAY)
        through = ()
    belief.odds_h = odds_h if used is False and not belief.passages else 0.0
    belief.until_ns, belief.passages, belief.leaves = until_ns, (), leaves
    belief.weights = likeness.weights.astype(np.float32).tobytes()
    belief.own_use = (likeness.use.offset, likeness.use.known)
    belief.own_paces = likeness.paces.packed()


def _through(belief: Belief) -> tuple[tuple[Passage, ...], bool]:
    """Who went through before the use of these hours, and whether somebody went out after it."""
    through = (Passage.OUT, *belief.passages) if belief.leaves else belief.passages
    leaves = belief.passages[-1:] == (Passage.OUT,)
    return through[:-1] if leaves else through, leaves


def _remembered(belief: Belief) -> Likeness:
    """Whom the resident is like; anybody, where the weights are of other candidates than now."""
    weights = np.frombuffer(belief.weights, np.float32).reshape(-1, len(STATES))
    if len(weights) != len(bank().use_odds_log):
        weights = anybody()
    return Likeness(weights, OwnUse(*belief.own_use), unpacked(belief.own_paces))
