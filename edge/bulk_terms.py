"""What is agreed about a bulk meter: the one before all homes of a building, or of one riser."""

from pydantic import Field, field_validator

from edge.hours import HOURS, length_ns
from edge.reading import HOUR_NS
from edge.settings import Settings

_NIGHT_NS = (2 * HOUR_NS, 8 * HOUR_NS)


class BulkTerms(Settings):
    """The terms of a unit in which nobody lives but a bulk meter hangs.

    `night` is when least is used. `complete` says that all that it feeds goes through meters of
    homes in this registry: only then more than `unaccounted_l_per_h` between them is a loss.
    `tolerance` is the part of the bulk by which meters may differ without one.
    """

    night: str = Field("02:00-05:00", pattern=HOURS)
    complete: bool = False
    unaccounted_l_per_h: float = Field(20.0, gt=0, le=100_000)
    tolerance: float = Field(0.05, ge=0, le=0.5)

    @field_validator("night")
    @classmethod
    def _is_a_night(cls, night: str) -> str:
        if not _NIGHT_NS[0] <= length_ns(night) <= _NIGHT_NS[1]:
            raise ValueError("night is shorter than two hours or longer than eight")
        return night
