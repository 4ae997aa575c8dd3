"""More went through than were let through: counted for a door and a day, never for a person.

A door with a counter says how many passed. One with a contact alone shows only that it was
opened again on the same pass.
"""

from msgspec import Struct

from edge.reading import DAY_NS

EXTRA_MIN = 6
SHARE_MIN = 0.1
"""So many in a day, and such a part of those let through: less is a parcel carried in twice."""


class Tailgates(Struct, frozen=True, array_like=True):
    """One local day at a door, which is the `day`th since 1970.

    `granted` were let through, `opened_again` counts openings on a pass that had opened it
    before, `passed` is what its counter counted. It was too much from `since_ns` on.
    """

    day: int = 0
    granted: int = 0
    opened_again: int = 0
    passed: int = 0
    since_ns: int | None = None

    @property
    def extra(self) -> int:
        """How many more there were, at least."""
        return max(self.opened_again, self.passed - self.granted)

    def on(self, day: int) -> "Tailgates":
        """The count of that day: itself, or another one that begins."""
        return self if day <= self.day else Tailgates(day)

    def then(
        self, at_ns: int, *, granted: int = 0, opened_again: int = 0, passed: int = 0
    ) -> "Tailgates":
        """The count with these added at `at_ns`."""
        sums = (self.granted + granted, self.opened_again + opened_again, self.passed + passed)
        counted = Tailgates(self.day, *sums, self.since_ns)
        too_many = counted.extra >= max(EXTRA_MIN, SHARE_MIN * counted.granted)
        if self.since_ns is None and too_many:
            return Tailgates(self.day, *sums, at_ns)
        return counted


def local_day(at_ns: int, offset_ns: int) -> int:
    """The day since 1970 that it is locally at `at_ns`."""
    return (at_ns + offset_ns) // DAY_NS


def day_end_ns(day: int, offset_ns: int) -> int:
    """When that local day is over."""
    return (day + 1) * DAY_NS - offset_ns
