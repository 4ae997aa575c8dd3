"""What a registry says of one home, one device, one adapter; `edge.registry` puts it together."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass as checked

from edge.bulk_terms import BulkTerms
from edge.crowd_terms import CrowdTerms
from edge.door_terms import DoorTerms
from edge.feeder_terms import FeederTerms
from edge.leak_terms import LeakTerms
from edge.noise_terms import NoiseTerms
from edge.reading import Kind
from edge.replacement import REPLACEMENTS_MAX, Replacement
from edge.row import ROW, Shared, Text, Word
from edge.settings import DurationS
from edge.vendor_name import VendorName
from edge.welfare_terms import AWAYS_MAX, Away, RoutineTerms, WelfareTerms

_USUAL = (WelfareTerms(),)


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, dict) else value


_FixedTerms = Annotated[
    tuple[WelfareTerms, ...], Field(min_length=1, max_length=4), BeforeValidator(_one_or_several)
]


@checked(frozen=True, slots=True, kw_only=True, config=ROW)
class Unit:
    """One dwelling: opaque codes, care flags, and its own welfare terms if it has any.

    `riser` is the pipe of its building that brings it water, where that is known; of a unit with
    `bulk`, which is no dwelling, the pipe that its meter measures. With a
    `routine`, fixed terms hold only where they are written down as well; `away` is for both.
    """

    code: Word
    building: Word
    riser: Word | None = None
    care: Shared[tuple[Literal["alone"], ...]] = ()
    welfare: Shared[_FixedTerms] | None = None
    routine: Shared[RoutineTerms] | None = None
    leaks: Shared[LeakTerms] | None = None
    bulk: Shared[BulkTerms] | None = None
    away: tuple[Away, ...] = Field(default=(), max_length=AWAYS_MAX)

    @model_validator(mode="after")
    def _nobody_lives_at_a_bulk_meter(self) -> "Unit":
        if self.bulk is not None and (self.care or self.leaks):
            raise ValueError("bulk is for a unit in which nobody lives: without care and leaks")
        return self

    def fixed_terms(self) -> tuple[WelfareTerms, ...]:
        """The fixed terms that hold here: none beside a routine, unless they are written down."""
        if self.welfare is None:
            return () if self.routine else _USUAL
        return self.welfare

    def under(self, routine: RoutineTerms | None) -> "Unit":
        """The same home under the site's `routine`, unless it has terms of its own."""
        has_own = self.welfare is not None or self.routine is not None
        return self if has_own or routine is None else replace(self, routine=routine)


@checked(frozen=True, slots=True, kw_only=True, config=ROW)
class Adapter:
    """What stands between devices and the broker: a vendor's gateway, a bridge, a DTU.

    `vendor` is the name under which its vendor's messages tell whether it is up.
    """

    id: Text
    vendor: VendorName | None = None


@checked(frozen=True, slots=True, kw_only=True, config=ROW)
class Device:
    """One device in one home, from a time on and until another.

    `vendor` is the name under which its vendor's messages know it ("chirpstack:0102...");
    `adapter` is what it speaks through, if that can fail by itself.
    """

    id: Text
    kind: Kind
    unit: Word
    vendor: VendorName | None = None
    adapter: Word | None = None
    start: AwareDatetime | None = Field(default=None, alias="from")
    end: AwareDatetime | None = Field(default=None, alias="to")
    resolution_m3: float | None = Field(default=None, ge=1e-6, le=1.0)
    interval_s: Shared[DurationS] | None = Field(default=None, alias="interval", gt=0)
    q_max_m3h: float = Field(default=3.125, gt=0, le=1_000)
    door: Shared[DoorTerms] | None = None
    feeder: Shared[FeederTerms] | None = None
    crowd: Shared[CrowdTerms] | None = None
    noise: Shared[NoiseTerms] | None = None
    replacements: tuple[Replacement, ...] = Field(
        default=(), alias="replacement", max_length=REPLACEMENTS_MAX
    )

    def vendors(self) -> tuple[str, ...]:
        """Every name under which its vendors know it, through all replacements."""
        names = (self.vendor, *(row.vendor for row in self.replacements))
        return tuple(name for name in names if name)
