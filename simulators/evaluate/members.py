"""How many people each home declares: CSV rows `home,members`, empty where it declares none."""

import csv
from collections.abc import Collection
from pathlib import Path

from simulators.households import HouseholdsError

_COLUMNS = ["home", "members"]


def read_members(path: Path) -> dict[str, int | None]:
    """The declared members of every home of the file at `path`.

    Raises:
        HouseholdsError: the header or a row is not `home,members`, or a home occurs twice.
        OSError: the file cannot be opened.
    """
    found: dict[str, int | None] = {}
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.reader(text)
        try:
            if next(reader, None) != _COLUMNS:
                raise HouseholdsError(path, 1, f"the header must be {','.join(_COLUMNS)}")
            for row in reader:
                home, members = _row(row, found)
                found[home] = members
        except (UnicodeDecodeError, csv.Error, ValueError) as error:
            raise HouseholdsError(path, max(1, reader.line_num), str(error)) from error
    return found


def _row(row: list[str], known: Collection[str]) -> tuple[str, int | None]:
    home, members = row if len(row) == len(_COLUMNS) else ("", "")
    if home in known:
        raise ValueError(f"{home!r} occurs twice")
    declared = int(members) if members.isdecimal() else None
    if not home or (members and not declared):
        raise ValueError(f"not home,members: {row!r}")
    return home, declared
