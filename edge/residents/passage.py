"""What a door shows about an hour."""

from enum import IntEnum


class Passage(IntEnum):
    """Who went through, if anybody; IN was at the hour's beginning, OUT at its end."""

    NONE = 0
    IN = 1
    OUT = 2
