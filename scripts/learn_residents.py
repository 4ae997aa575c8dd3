"""Make edge/residents/population.csv again: how people in homes of one and two live.

Usage: python scripts/learn_residents.py READINGS_CSV HOMES_CSV [OUTPUT]

The homes that judge the residents are left out, and those of which too little is known.
"""

import sys
from pathlib import Path

import numpy as np

from edge.residents.population import SHIPPED, Habits, Population, as_csv
from simulators.evaluate.members import read_members
from simulators.households import Series, read
from simulators.residents.hours import UNKNOWN, USED, litres, uses
from simulators.residents.learn import learn

HELD_OUT = frozenset({"home-002", "home-015", "home-025", "home-039", "home-048"})
"""They judge: tests/unit/simulators/test_residents_real.py."""
_MEMBERS = (1, 2)
_KNOWN_MIN, _USED_MIN = 0.5, 0.05


def main(arguments: list[str]) -> int:
    """Write the population and say whose it is; 2 when a file is missing."""
    if len(arguments) < 2:  # noqa: PLR2004  (two files)
        print(__doc__, file=sys.stderr)
        return 2
    members = read_members(Path(arguments[1]))
    asked = [name for name, count in members.items() if count in _MEMBERS]
    every = read(Path(arguments[0]), asked)
    chosen = [name for name in asked if name not in HELD_OUT and is_lived_in(every[name])]
    learned = learn([uses(every[name]) for name in chosen])
    homes = [
        Habits(paces, use, spread_l(every[name]), int(shift_h))
        for name, paces, use, shift_h in zip(
            chosen, learned.paces, learned.uses, learned.shifts_h, strict=True
        )
    ]
    output = Path(arguments[2]) if len(arguments) > 2 else SHIPPED  # noqa: PLR2004  (the third)
    output.write_text(as_csv(Population(learned.curves, tuple(homes))), "ascii")
    print(f"{output}: learned from {', '.join(chosen)}")
    return 0


def is_lived_in(series: Series) -> bool:
    """Whether enough of the home is known, and somebody lives there."""
    _, used = uses(series)
    known = (used != UNKNOWN).sum()
    return bool(known > _KNOWN_MIN * len(used) and (used == USED).sum() > _USED_MIN * known)


def spread_l(series: Series) -> tuple[float, float]:
    """The mean and the spread of the logarithm of what an hour with a use takes."""
    logs = np.log(litres(series))
    return float(logs.mean()), float(logs.std())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
