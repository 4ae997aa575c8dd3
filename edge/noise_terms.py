"""What is agreed about a sound level meter that several homes share: the limit of its area."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from edge.crowd_terms import FEW
from edge.hours import HOURS
from edge.reading import Kind
from edge.settings import Settings

NIGHT_DB: Mapping[int, float] = MappingProxyType({0: 40.0, 1: 45.0, 2: 50.0, 3: 55.0, 4: 55.0})
"""The limits by night, dB(A), by the class of the area (GB 22337-2008, as GB 3096-2008)."""


class NoiseTerms(Settings):
    """The terms of a sound level meter in a stair or yard that `homes` homes hear, five or more.

    `area` is the class of the acoustic environment: 1 is for homes, 2 for homes and shops.
    """

    homes: int = Field(ge=FEW, le=10_000)
    area: Literal[0, 1, 2, 3, 4] = 1
    night: str = Field("22:00-06:00", pattern=HOURS)

    @property
    def limit_db(self) -> float:
        """More than this is too loud by night."""
        return NIGHT_DB[self.area]

    def misplaced(self, kind: Kind, *, of_home: bool) -> Iterator[tuple[str, str]]:
        """Yield problem and remedy where such a device cannot keep these terms."""
        if kind is not Kind.ENV:
            yield "is for kind env", "remove it"
        elif of_home:
            yield "listens to a home", "noise is told of stairs and yards only"
