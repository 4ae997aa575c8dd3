"""Short reply codes: all digits, easy on any phone, and hard to mistype.

The last digit is a Damm check digit: it catches every single wrong digit and every swap of
two neighbours. A code followed by a single digit 1-9 is never itself a code.
"""

from collections.abc import Set as AbstractSet
from typing import Protocol

LENGTHS = (4, 5, 6)

# H. M. Damm's totally anti-symmetric quasigroup of order 10 (2004).
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class Chance(Protocol):
    """The part of `random.Random` that this module draws from."""

    def randrange(self, stop: int, /) -> int:
        """A whole number from 0 up to but not including `stop`."""
        ...


class CodesExhausted(Exception):  # noqa: N818  (a limit reached)
    """Every code of every length is taken for this phone."""


def check_digit(digits: str) -> int:
    """The digit that makes `digits` a code; 0 exactly when `digits` is one already."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def is_code(text: str) -> bool:
    """Whether `text` is a code that `issue` could have given."""
    if len(text) not in LENGTHS or not (text.isascii() and text.isdigit()):
        return False
    return check_digit(text) == 0 and not (text[-1] == "0" and check_digit(text[:-1]) == 0)


def issue(taken: AbstractSet[str], chance: Chance) -> str:
    """A code not in `taken`, of the shortest length that is at most half used up.

    Raises:
        CodesExhausted: half of the codes of every length are taken.
    """
    for length in LENGTHS:
        stems = 10 ** (length - 1)
        if 2 * sum(len(code) == length for code in taken) < stems:
            return _free(taken, length, chance.randrange(stems))
    raise CodesExhausted(f"{len(taken)} codes are out for one phone")


def _free(taken: AbstractSet[str], length: int, start: int) -> str:
    stems = 10 ** (length - 1)
    codes = (_completed(f"{(start + n) % stems:0{length - 1}d}") for n in range(stems))
    return next(code for code in codes if is_code(code) and code not in taken)


def _completed(stem: str) -> str:
    return f"{stem}{check_digit(stem)}"
