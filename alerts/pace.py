"""How much a person is told at once: what goes now, what waits for company, what for the morning.

Urgent messages are never paced. Whatever waits is in the database and is told in the end, or
taken back because it is answered or over.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from alerts.shift import ALWAYS, LocalTime, Pattern, Span, duty
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from edge.settings import DurationS, Settings

DigestTime = Annotated[
    str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):(?:0[1-9]|[12][0-9]|3[1-9]|[45][0-9])$")
]
"""A local time other than the full and the half hour, when everybody's messages go."""
Quiet = tuple[LocalTime, LocalTime]
"""From one local time until another, into the next day when the second is not the later."""

_AFTER_QUIET_NS = 4 * MINUTE_NS
_INTO_SHIFT_NS = 7 * MINUTE_NS
_CROWDED = frozenset({0, 30})


class Pace(Settings):
    """The terms; times are those of the gateway's clock.

    `settle` is how long lesser incidents wait before anybody is told, so that their cause may
    come first. More than `flood` new incidents of one person's areas within `flood_window` are
    a flood: lesser messages go in bundles, at most one every `bundle_every`. `per_hour` bounds
    what one person is told on average, up to `burst` of it at a time. General messages wait
    for the digest: the person's own time, else their shift's beginning, else `digest_at`; none
    sends them one by one. A condition must stay away for `calm` before people hear that it is
    over. One that began `chatter` times within `flap_window`, or returned after people stood
    down, is told when it has stayed for `steady`.
    """

    settle: DurationS = Field(default=15.0, ge=0, le=120)
    flood: int = Field(default=10, ge=1, le=1_000)
    flood_window: DurationS = Field(default=600.0, ge=60, le=3_600)
    bundle_every: DurationS = Field(default=60.0, ge=10, le=3_600)
    per_hour: float = Field(default=6.0, gt=0, le=60)
    burst: int = Field(default=6, ge=1, le=60)
    digest_at: DigestTime | None = "08:10"
    calm: DurationS = Field(default=120.0, ge=0, le=3_600)
    steady: DurationS = Field(default=600.0, ge=60, le=86_400)
    chatter: int = Field(default=3, ge=2, le=100)
    flap_window: DurationS = Field(default=3_600.0, ge=60, le=86_400)

    def settle_ns(self, tier: Tier) -> int:
        """How long an incident of `tier` waits before its first step."""
        return 0 if tier is Tier.URGENT else int(self.settle * SECOND_NS)

    @property
    def spacing_ns(self) -> int:
        """The time between messages to one person on average."""
        return int(HOUR_NS / self.per_hour)


class Wait(StrEnum):
    """Why a message waits."""

    STORM = "storm"  # too much is new: it goes in a bundle
    LOAD = "load"  # the person has been told enough for now
    QUIET = "quiet"  # the person's quiet hours
    DIGEST = "digest"  # general messages go together
    CALM = "calm"  # it must stay over before people stand down
    TOGETHER = "together"  # what people want of each other goes at most once a minute


@dataclass(frozen=True, slots=True)
class Habits:
    """When a person wants to be told what: see `alerts.roster.Person`."""

    quiet: Quiet | None = None
    digest_at: DigestTime | None = None
    pattern: Pattern = ALWAYS


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one person has been told lately.

    `told_ns` is their last message; `full_ns` is until when their hourly share is used up, as
    if it had been spread evenly.
    """

    flooded: bool = False
    told_ns: int | None = None
    full_ns: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """When a message has its turn, and why not now."""

    why: Wait
    due_ns: int


def turn(tier: Tier, habits: Habits, traffic: Traffic, pace: Pace, clock: "Civil") -> Turn | None:
    """When a message of `tier` may go to a person; None: now, by itself."""
    if tier is Tier.URGENT:
        return None
    if tier is Tier.GENERAL and (digest_ns := next_digest_ns(habits, pace, clock)) is not None:
        return Turn(Wait.DIGEST, digest_ns)
    first = earliest(habits, traffic, pace, clock)
    if traffic.flooded:
        gathered_ns = clock.now_ns + int(pace.settle * SECOND_NS)
        return Turn(Wait.STORM, max(gathered_ns, first.due_ns if first else 0))
    return first


def earliest(habits: Habits, traffic: Traffic, pace: Pace, clock: "Civil") -> Turn | None:
    """When a person may next be told of anything that is not urgent; None: now."""
    turns = [Turn(Wait.LOAD, traffic.full_ns - (pace.burst - 1) * pace.spacing_ns)]
    if traffic.flooded and traffic.told_ns is not None:
        turns.append(Turn(Wait.STORM, traffic.told_ns + int(pace.bundle_every * SECOND_NS)))
    if habits.quiet and (over_ns := _quiet_until_ns(habits.quiet, clock)) is not None:
        turns.append(Turn(Wait.QUIET, over_ns))
    last = max(turns, key=lambda each: each.due_ns)
    return last if last.due_ns > clock.now_ns else None


def turn_between_people(tier: Tier, traffic: Traffic, pace: Pace, now_ns: int) -> Turn | None:
    """When a message may go by which people need each other: hand-overs, calls, cries for help.

    None: now. Somebody waits for it, so it waits for no digest, quiet hours or share; but what
    comes within `bundle_every` of the person's last message goes together at its end.
    """
    if tier is Tier.URGENT or traffic.told_ns is None:
        return None
    due_ns = traffic.told_ns + int(pace.bundle_every * SECOND_NS)
    return Turn(Wait.TOGETHER, due_ns) if due_ns > now_ns else None


def told(traffic: Traffic, pace: Pace, now_ns: int) -> Traffic:
    """The traffic after one more message now; two at the same moment count as one.

    Urgent messages count too, but never fill more than the whole share.
    """
    if traffic.told_ns == now_ns:
        return traffic
    full_ns = max(traffic.full_ns, now_ns) + pace.spacing_ns
    most_ns = now_ns + pace.burst * pace.spacing_ns
    return Traffic(traffic.flooded, now_ns, min(full_ns, most_ns))


def next_digest_ns(habits: Habits, pace: Pace, clock: "Civil") -> int | None:
    """When the person's next digest goes; None when general messages go one by one."""
    if pace.digest_at is None:
        return None
    if habits.digest_at is None and (start_ns := _next_shift_ns(habits.pattern, clock)):
        return clock.uncrowded(start_ns + _INTO_SHIFT_NS)
    return clock.next_ns(habits.digest_at or pace.digest_at)


@dataclass(frozen=True, slots=True)
class Civil:
    """One moment, and the zone in which people live it."""

    now_ns: int
    zone: tzinfo

    @property
    def minute(self) -> int:
        """Minutes since local midnight."""
        at = datetime.fromtimestamp(self.now_ns // SECOND_NS, self.zone)
        return at.hour * 60 + at.minute

    def next_ns(self, local: str) -> int:
        """When the clock next shows `local`; never now."""
        at = datetime.fromtimestamp(self.now_ns // SECOND_NS, self.zone)
        day, of_day = at.date(), _of_day(local)
        while True:
            found = int(datetime.combine(day, of_day, self.zone).timestamp()) * SECOND_NS
            if found > self.now_ns:
                return found
            day += timedelta(days=1)

    def uncrowded(self, at_ns: int) -> int:
        """`at_ns`, or a minute later where that is a full or half hour."""
        at = datetime.fromtimestamp(at_ns // SECOND_NS, self.zone)
        return at_ns + MINUTE_NS if at.minute in _CROWDED else at_ns


def _quiet_until_ns(quiet: Quiet, clock: Civil) -> int | None:
    start, end = (_minutes(local) for local in quiet)
    now = clock.minute
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return None
    return clock.uncrowded(clock.next_ns(quiet[1]) + _AFTER_QUIET_NS)


def _next_shift_ns(pattern: Pattern, clock: Civil) -> int | None:
    if not pattern.shifts:
        return None
    ahead = Span(clock.now_ns - _INTO_SHIFT_NS, clock.now_ns + 8 * DAY_NS)
    spans = duty(pattern, ahead, clock.zone)
    # One that is cut off by the window began before it.
    starts = (span.start_ns for span in spans if span.start_ns > ahead.start_ns)
    return next(starts, None)


def _of_day(local: str) -> time:
    hours, minutes = divmod(_minutes(local) % (24 * 60), 60)
    return time(hours, minutes)


def _minutes(local: str) -> int:
    hours, minutes = local.split(":")
    return int(hours) * 60 + int(minutes)
