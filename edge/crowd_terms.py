"""What is agreed about a counter of people at a public place, so that a gathering is told."""

from collections.abc import Iterator

from pydantic import Field

from edge.reading import Kind
from edge.settings import DurationS, Settings

FEW = 5
"""Fewer people than this are never told apart from one another, nor from nobody."""


class CrowdTerms(Settings):
    """The terms of a public place; without them its counts are stored, and nobody looks at them.

    A gathering has `at_least` so many people, and `lasts` so long.
    """

    at_least: int = Field(20, ge=FEW, le=100_000)
    lasts_s: DurationS = Field(900.0, alias="lasts", ge=60, le=86_400)

    def misplaced(self, kind: Kind, *, of_home: bool) -> Iterator[tuple[str, str]]:
        """Yield problem and remedy where such a device cannot keep these terms."""
        if kind not in {Kind.CAM, Kind.ENV}:
            yield "is for kinds cam and env", "remove it"
        elif of_home:
            yield "counts the people of a home", "people are counted at public places only"
