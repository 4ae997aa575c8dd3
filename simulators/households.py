"""Real homes from a file: CSV rows `home,time,litres`, one cumulative register reading each.

A file that ends in `.gz` is read through gzip. Rows are streamed; a row that cannot be read
stops the reading with its line number, since a hole made in silence would look like data.
"""

import csv
import gzip
import io
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple, TextIO

from edge.reading import SECOND_NS

LOCAL = timezone(timedelta(hours=8))
"""How times without an offset are read: as the local time of the homes of the demo."""

EXTRACT = Path(__file__).with_name("homes") / "readings.csv.gz"
"""The extract of eight homes and eight weeks that is shipped."""

_COLUMNS = ["home", "time", "litres"]


class Sample(NamedTuple):
    """What a register showed at one moment, and how often its meter had restarted by then."""

    at_ns: int
    litres: int
    restarts: int = 0


Series = tuple[Sample, ...]
"""The samples of one home, times never falling."""


class HouseholdsError(Exception):
    """The file is not what it should be; the message names file, line and problem."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.line = line


def moment_ns(text: str) -> int:
    """The ISO 8601 time `text` in nanoseconds since the epoch, to the second.

    Raises:
        ValueError: `text` is no such time.
    """
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=LOCAL)).timestamp()) * SECOND_NS


def moment_text(at_ns: int) -> str:
    """`at_ns` as local ISO 8601 text without an offset, to the second."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, LOCAL).strftime("%Y-%m-%dT%H:%M:%S")


def rows(path: Path) -> Iterator[tuple[str, Sample]]:
    """Every row of the file at `path`, in its order.

    Raises:
        HouseholdsError: the header or a row is not `home,time,litres`.
        OSError: the file cannot be opened.
    """
    with _opened(path) as text:
        reader = csv.reader(text)
        try:
            if next(reader, None) != _COLUMNS:
                raise HouseholdsError(path, 1, f"the header must be {','.join(_COLUMNS)}")
            for row in reader:
                yield _row(path, reader.line_num, row)
        except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise HouseholdsError(path, max(1, reader.line_num), f"unreadable: {error}") from error


def read(path: Path, homes: Collection[str] | None = None) -> dict[str, Series]:
    """The series of `homes`, or of every home of the file, each sorted by time.

    Raises:
        HouseholdsError: the file is broken, or a home is not in it.
        OSError: the file cannot be opened.
    """
    found: dict[str, list[Sample]] = defaultdict(list)
    for home, sample in rows(path):
        if homes is None or home in homes:
            found[home].append(sample)
    missing = sorted(set(homes or ()) - found.keys())
    if missing:
        raise HouseholdsError(path, 0, f"no such home: {', '.join(missing)}")
    return {home: tuple(sorted(found[home], key=_time)) for home in sorted(found)}


def between(series: Series, start_ns: int, end_ns: int) -> Series:
    """The samples with `start_ns` <= time < `end_ns`."""
    return tuple(sample for sample in series if start_ns <= sample.at_ns < end_ns)


def write(path: Path, homes: dict[str, Series]) -> None:
    """`path` holds `homes` as `read` reads them; equal homes give equal bytes."""
    text = io.StringIO(newline="")
    out = csv.writer(text, lineterminator="\n")
    out.writerow(_COLUMNS)
    for home, series in homes.items():
        out.writerows((home, moment_text(each.at_ns), each.litres) for each in series)
    plain = text.getvalue().encode()
    path.write_bytes(gzip.compress(plain, mtime=0) if path.suffix == ".gz" else plain)


def _time(sample: Sample) -> int:
    return sample.at_ns


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _row(path: Path, line: int, row: list[str]) -> tuple[str, Sample]:
    try:
        home, at, litres = row
        return home, Sample(moment_ns(at), _whole(litres))
    except (ValueError, OverflowError) as error:
        raise HouseholdsError(path, line, f"not home,time,litres: {row!r} ({error})") from error


def _whole(text: str) -> int:
    """A count of litres; the published files write some of them as `4e+05`."""
    number = float(text)
    if number < 0 or not number.is_integer():
        raise ValueError(f"litres must be a whole number from 0, not {text!r}")
    return int(number)
