"""A person says that a meter was replaced: when, and what both registers showed then.

The declaration joins two registers, so that the use across the change is known. A rollover or
a reset is confirmed in the same words.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import AwareDatetime, Field

from edge.settings import Settings, nanoseconds
from edge.vendor_name import VendorName

REPLACEMENTS_MAX = 16
"""More than a device sees in its life; a file with more of them is a mistake."""
_M3_MAX = 1e9
_ML_PER_M3 = 1_000_000


class Replacement(Settings):
    """At `at` the old register stood at `last_m3` and the new one at `first_m3`.

    `vendor` is what the vendor's messages call the new meter, where its radio changed with it.
    """

    at: AwareDatetime
    last_m3: float = Field(ge=0, le=_M3_MAX, allow_inf_nan=False)
    first_m3: float = Field(ge=0, le=_M3_MAX, allow_inf_nan=False)
    vendor: VendorName | None = None

    @property
    def at_ns(self) -> int:
        """`at` since the epoch."""
        return nanoseconds(self.at)

    @property
    def last_ml(self) -> int:
        """`last_m3` in millilitres."""
        return round(self.last_m3 * _ML_PER_M3)

    @property
    def first_ml(self) -> int:
        """`first_m3` in millilitres."""
        return round(self.first_m3 * _ML_PER_M3)


def misplaced(
    rows: Iterable[Replacement], from_ns: int, to_ns: int
) -> Iterator[tuple[int, str, str]]:
    """Yield which of a device's rows cannot be, why, and what to do.

    The device hangs in its home from `from_ns` until before `to_ns`.
    """
    rows = list(rows)
    times = Counter(row.at_ns for row in rows)
    for i, row in enumerate(rows):
        if not from_ns <= row.at_ns < to_ns:
            yield i, "is not within the device's from and to", "correct it, or the row it is in"
        if times[row.at_ns] > 1:
            yield i, "occurs twice", "keep one row for each replacement"
