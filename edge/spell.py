"""A time without use that is over: how long it was, and what sort of time it began in."""

from array import array
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

SPELLS_MAX = 600
"""More than a year of nights, four bytes each; the oldest is forgotten."""
SPELL_H_MAX = 127
_WEEKDAY_OF_DAY_0 = 3  # a Thursday, and weeks begin on Monday here
_LAST_NIGHTS = (4, 5)  # Friday and Saturday


class Kind(IntEnum):
    """What sort of time a spell began in; each has its own habits.

    RETURN: the resident had just come back after a day or more, and may only have looked in.
    """

    WEEK = 0
    WEEKEND = 1
    RETURN = 2


class Spell(NamedTuple):
    """Quiet for `length_h` hours, to the nearest and proven, from the local `hour` of a `day` on.

    `day` counts local days since the epoch.
    """

    day: int
    hour: int
    kind: Kind
    length_h: int


def usual_kind(day: int) -> Kind:
    """The sort of spell that begins on `day` in a home that nobody has just come back to."""
    weekday = (day + _WEEKDAY_OF_DAY_0) % 7
    return Kind.WEEKEND if weekday in _LAST_NIGHTS else Kind.WEEK


def with_spell(packed: bytes, spell: Spell) -> bytes:
    """`packed` spells and one more, at most 600."""
    word = spell.day << 14 | spell.hour << 9 | spell.kind << 7 | min(spell.length_h, SPELL_H_MAX)
    return (packed + array("I", [word]).tobytes())[-4 * SPELLS_MAX :]


def unpacked(packed: bytes) -> Iterator[Spell]:
    """Yield the spells in `packed`, oldest first."""
    for word in array("I", packed):
        yield Spell(word >> 14, word >> 9 & 31, Kind(word >> 7 & 3), word & 127)
