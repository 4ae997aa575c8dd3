"""How long homes are quiet: spells a home-day by kind, hour of beginning and length.

What is expected of a home that has shown little of its own. The counts are shipped in
`spells/population.csv`; `spells/README.md` says whose they are and how they are made.
"""

import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.spell import Kind

LENGTHS = 97
"""Whole hours from 0; the last stands for all longer ones."""
SHIPPED = Path(__file__).parent / "spells" / "population.csv"


@lru_cache(maxsize=1)
def per_day() -> NDArray[np.float64]:
    """Spells a home-day, by kind, local hour and length in hours."""
    with SHIPPED.open(encoding="ascii", newline="") as text:
        first, *rows = csv.reader(text)
    counts = np.zeros((len(Kind), 24, LENGTHS))
    for kind, hour, *numbers in rows:
        counts[int(kind), int(hour), : len(numbers)] = [int(number) for number in numbers]
    return counts / float(first[1])


def as_csv(counts: NDArray[np.int64], home_days: float) -> str:
    """The text of a file from which `per_day` reads `counts` of so many home-days."""
    lines = [f"home_days,{home_days:.1f}"]
    for kind in Kind:
        rows = ([int(kind), hour, *np.trim_zeros(counts[kind, hour], "b")] for hour in range(24))
        lines += [",".join(map(str, row)) for row in rows]
    return "\n".join(lines) + "\n"
