"""What messages cost, and where it ends: a price a segment, a cap a day and a month.

An urgent message is sent whatever it costs; it counts all the same. Money is counted in
millionths of the currency, so that sums are exact.
"""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from alerts.message import SMS_UNITS_MAX
from edge.settings import Settings

MICROS = 1_000_000
_PART_UNITS = 67  # a joined text gives three units of each part to its header
WARN_SHARE = 0.8


class Period(StrEnum):
    """What a cap holds for: local calendar days and months."""

    DAY = "day"
    MONTH = "month"


class Tariff(Settings):
    """What one channel costs: `price` for each segment, in `currency`.

    `added_units` are what the provider puts around a text: its signature, its template.
    Without a cap nothing is ever held back; a channel that counts no segments has one a message.
    """

    price: float = Field(gt=0, le=10_000)
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    added_units: int = Field(default=0, ge=0, le=500)
    per_day: float | None = Field(default=None, gt=0, le=1e9)
    per_month: float | None = Field(default=None, gt=0, le=1e9)

    @model_validator(mode="after")
    def _one_message_fits(self) -> Self:
        if any(cap is not None and cap < self.price for cap in (self.per_day, self.per_month)):
            raise ValueError("a cap below the price of one segment would let nothing through")
        return self

    def micros(self, segments: int) -> int:
        """What that many segments cost."""
        return round(self.price * MICROS) * segments

    def cap_micros(self, period: Period) -> int | None:
        """The cap of a period; None where there is none."""
        cap = self.per_day if period is Period.DAY else self.per_month
        return None if cap is None else round(cap * MICROS)


def segments(units: int) -> int:
    """How many parts a text of so many UTF-16 units is billed as (3GPP TS 23.040, UCS-2)."""
    return 1 if units <= SMS_UNITS_MAX else -(-units // _PART_UNITS)
