"""Make edge/spells/population.csv again: how long homes of several people are quiet.

Usage: python scripts/learn_population.py READINGS_CSV HOMES_CSV [OUTPUT]

One-person homes are left out, so that they can judge what was learned from the others.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.completeness import Home
from edge.population import LENGTHS, SHIPPED, as_csv
from edge.quiet import Quiet
from edge.reading import DAY_NS
from edge.spell import Kind
from simulators.evaluate.life import water
from simulators.evaluate.members import read_members
from simulators.evaluate.rules import RULES
from simulators.households import LOCAL, Series, read


def main(arguments: list[str]) -> int:
    """Write the counts and say of how many home-days they are; 2 when a file is missing."""
    if len(arguments) < 2:  # noqa: PLR2004  (two files)
        print(__doc__, file=sys.stderr)
        return 2
    members = read_members(Path(arguments[1]))
    homes = [
        series for name, series in read(Path(arguments[0])).items() if (members[name] or 0) > 1
    ]
    counts = sum((counted(series) for series in homes), np.zeros((len(Kind), 24, LENGTHS), int))
    days = sum(series[-1].at_ns - series[0].at_ns for series in homes) / DAY_NS
    output = Path(arguments[2]) if len(arguments) > 2 else SHIPPED  # noqa: PLR2004  (the third)
    output.write_text(as_csv(counts, days), "ascii")
    print(f"{output}: {len(homes)} homes, {days:.0f} home-days, {counts.sum()} spells")
    return 0


def counted(series: Series) -> NDArray[np.int64]:
    """The spells of one home, by kind, local hour of beginning and length in hours."""
    counts = np.zeros((len(Kind), 24, LENGTHS), int)
    home = Home(RULES["24h-10l"].registry().bindings("meter"))
    offset = LOCAL.utcoffset(None)
    quiet = Quiet(offset.total_seconds() / 3600)
    ((_, meter),) = home.named()
    for seq, sample in enumerate(series):
        reading = water(seq, sample.at_ns, sample.litres)
        meter.observe(reading)
        for spell in quiet.observe(reading.device, meter, reading.at_ns, home.excused):
            counts[spell.kind, spell.hour, min(spell.length_h, LENGTHS - 1)] += 1
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
