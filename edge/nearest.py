"""Whole numbers from floats, as `round` gives them and without asking it by name."""

from typing import Final

_HALF: Final = 0.5


def nearest(value: float) -> int:
    """`round(value)` of a finite value: a half goes to the even neighbour."""
    whole = int(value)
    rest = value - whole
    if rest > _HALF or (rest == _HALF and whole % 2):
        return whole + 1
    if rest < -_HALF or (rest == -_HALF and whole % 2):
        return whole - 1
    return whole
