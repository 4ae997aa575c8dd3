"""What a routine is worth in homes that its price was not chosen on: leave one home out.

For each home judged, the price of an alarm is chosen on others alone, as the least at which they
keep to a budget of false alarms. The homes left out, each at its own price, are added up.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from simulators.evaluate.rules import routine
from simulators.evaluate.score import Score, score
from simulators.evaluate.trial import Past, Plan, Trial, trial

SETTINGS = (0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.3, 2.6, 3.0)
"""Values of `alarms_per_month` to choose from; each is a price, whatever rate it promises."""
BUDGETS = (1.0, 2.0)
"""False alarms a home-month that the homes chosen on may have together."""

Lived = Mapping[str, Mapping[float, Trial]]
"""What happened in each home under each setting."""


class Left(NamedTuple):
    """The left-out homes together, and the setting chosen without each of them."""

    score: Score
    settings: dict[str, float]


def lived(pasts: Sequence[Past], plan: Plan, tell: Callable[[str], None]) -> Lived:
    """Every home of `pasts` under every setting; a second a home and setting, and `tell` hears."""
    found: dict[str, dict[float, Trial]] = {}
    for number, known in enumerate(pasts, 1):
        tell(f"leave one out: home {number} of {len(pasts)}")
        found[known.home] = {each: trial(known, routine(each), plan) for each in SETTINGS}
    tell("")
    return found


def left_out(judged: Lived, beside: Lived, budget: float) -> Left:
    """Each home of `judged` at what keeps `budget` in the rest of them and all of `beside`."""
    chosen = {
        home: _chosen([*_but(judged, home).values(), *beside.values()], budget) for home in judged
    }
    trials = [judged[home][setting] for home, setting in chosen.items()]
    return Left(score(f"welfare at {budget:g}", trials), chosen)


def _but(judged: Lived, home: str) -> Lived:
    return {name: trials for name, trials in judged.items() if name != home}


def _chosen(others: Sequence[Mapping[float, Trial]], budget: float) -> float:
    """The setting at which `others` have most of the `budget`; the most cautious if none keeps it.

    A home at its own budget is no evidence for another: only the sum over homes is held.
    """
    kept = [each for each in SETTINGS if _rate(others, each) <= budget]
    return max(kept, default=SETTINGS[0])


def _rate(others: Sequence[Mapping[float, Trial]], setting: float) -> float:
    return score("", [trials[setting] for trials in others]).fa_per_home_month
