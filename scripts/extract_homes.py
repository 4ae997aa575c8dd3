"""Make simulators/homes/readings.csv.gz again from the full file of DAIAD trial A.

Usage: python scripts/extract_homes.py FULL_READINGS_CSV [OUTPUT]
"""

import sys
from pathlib import Path

from simulators.households import EXTRACT, between, moment_ns, read, write

HOMES = (
    "home-001",  # one person
    "home-002",  # two people
    "home-010",  # one person
    "home-015",  # two people
    "home-025",  # one person
    "home-031",  # one person
    "home-039",  # one person
    "home-048",  # one person
)
START = "2016-08-29T00:00:00"
END = "2016-10-24T00:00:00"


def main(arguments: list[str]) -> int:
    """Write the extract and say how large it is; 2 when no file is named."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    output = Path(arguments[1]) if len(arguments) > 1 else EXTRACT
    full = read(Path(arguments[0]), HOMES)
    homes = {
        home: between(series, moment_ns(START), moment_ns(END)) for home, series in full.items()
    }
    write(output, homes)
    rows = sum(len(series) for series in homes.values())
    print(f"{output}: {len(homes)} homes, {rows} rows, {output.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
