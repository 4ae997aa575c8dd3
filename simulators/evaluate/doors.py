"""Who went through the door of which home: CSV rows `home,time,direction`, in or out."""

import csv
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from simulators.households import HouseholdsError, moment_ns

_COLUMNS = ["home", "time", "direction"]
_DIRECTIONS = {"in": "in", "out": "out"}


class Passage(NamedTuple):
    """Somebody went `in` or `out` at `at_ns`."""

    at_ns: int
    direction: str


def read_doors(path: Path) -> dict[str, tuple[Passage, ...]]:
    """The passages of every home of the file at `path`, each home's by time.

    Raises:
        HouseholdsError: the header or a row is not `home,time,direction`.
        OSError: the file cannot be opened.
    """
    found: defaultdict[str, list[Passage]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        try:
            if next(reader, None) != _COLUMNS:
                raise HouseholdsError(path, 1, f"the header must be {','.join(_COLUMNS)}")
            for row in reader:
                home, passage = _row(path, reader.line_num, row)
                found[home].append(passage)
        except (UnicodeDecodeError, csv.Error) as error:
            raise HouseholdsError(path, max(1, reader.line_num), f"unreadable: {error}") from error
    return {home: tuple(sorted(passages)) for home, passages in found.items()}


def _row(path: Path, line: int, row: list[str]) -> tuple[str, Passage]:
    try:
        home, at, direction = row
        return home, Passage(moment_ns(at), _DIRECTIONS[direction])
    except (ValueError, OverflowError, KeyError) as error:
        problem = f"not {','.join(_COLUMNS)} with in or out: {row!r} ({error})"
        raise HouseholdsError(path, line, problem) from error
