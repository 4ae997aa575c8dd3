"""What is agreed about one door: how long it may stand open, who may pass, when."""

from pydantic import Field

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from edge.settings import DurationS, Settings

_HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"


class DoorTerms(Settings):
    """The terms of a door; without them only denials and tampering are looked at.

    `reported` says that every proper way through is reported, by a reader or an exit button:
    only then is an opening without one forced. `reader` is the device that reports it, where
    that is not the door's own. `hours` makes a door restricted: local times ("07:00-21:00", also
    over midnight) outside which nobody has business there. `at_m` is where the door is, metres
    east and north of any one point of the site, as in the gateway's places.
    """

    held_open_s: DurationS | None = Field(None, alias="held_open", ge=30, le=86_400)
    reported: bool = False
    reader: str | None = None
    at_m: tuple[float, float] | None = None
    hours: str | None = Field(None, pattern=_HOURS)

    def is_odd(self, at_ns: int, utc_offset_h: float) -> bool:
        """Whether nobody has business there at `at_ns`."""
        if self.hours is None:
            return False
        of_day_ns = (at_ns + int(utc_offset_h * HOUR_NS)) % DAY_NS
        from_ns, to_ns = (_of_day_ns(time) for time in self.hours.split("-"))
        if from_ns <= to_ns:
            return not from_ns <= of_day_ns < to_ns
        return to_ns <= of_day_ns < from_ns


def _of_day_ns(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * HOUR_NS + int(minute) * MINUTE_NS
