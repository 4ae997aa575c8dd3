"""What is agreed about one door: how long it may stand open, who may pass, when."""

from pydantic import Field

from edge.hours import HOURS, is_within
from edge.settings import DurationS, Settings


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
    hours: str | None = Field(None, pattern=HOURS)

    def is_odd(self, at_ns: int, utc_offset_h: float) -> bool:
        """Whether nobody has business there at `at_ns`."""
        return self.hours is not None and not is_within(self.hours, at_ns, utc_offset_h)
