"""What is agreed about one electric circuit: what it may carry, when it is used, who may charge."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from edge.hours import HOURS
from edge.reading import Kind
from edge.settings import DurationS, Settings


class FeederTerms(Settings):
    """The terms of a feeder, a sub-meter or a plug; each key turns on what needs it.

    `rating_a` is what its breaker is rated for, each phase; `warms` the time constant of what it
    feeds. `hours` are when load is expected; outside them more than `idle_w`, or than is learned,
    is nobody's. `charging` of e-bikes is looked for where it is forbidden, or outside the hours
    in which it is allowed.
    """

    rating_a: float | None = Field(None, gt=0, le=10_000)
    phases: Literal[1, 3] = 1
    volts: float = Field(220.0, ge=50, le=1_000)
    warms_s: DurationS = Field(900.0, alias="warms", ge=60, le=21_600)
    hours: str | None = Field(None, pattern=HOURS)
    idle_w: float | None = Field(None, ge=0, le=100_000)
    charging: Literal["allowed", "forbidden"] = "allowed"
    charging_hours: str | None = Field(None, pattern=HOURS)

    @property
    def looks_for_charging(self) -> bool:
        """Whether charging there may be something to tell."""
        return self.charging == "forbidden" or self.charging_hours is not None

    def misplaced(self, kind: Kind, *, of_home: bool) -> Iterator[tuple[str, str]]:
        """Yield problem and remedy where such a device, perhaps a home's own, cannot keep these."""
        if kind not in {Kind.ELEC, Kind.PLUG}:
            yield "is for kinds elec and plug", "remove it"
        elif kind is Kind.ELEC and of_home and self.looks_for_charging:
            problem = "looks for charging by the meter of a home, which cannot prove it"
            yield problem, "use a sub-meter of a corridor or shed, or a plug"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "FeederTerms":
        if self.charging == "forbidden" and self.charging_hours is not None:
            raise ValueError("charging_hours are given where charging is forbidden")
        if self.idle_w is not None and self.hours is None:
            raise ValueError("idle_w is given without hours")
        return self
