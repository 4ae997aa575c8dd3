"""How much a provider may be asked to carry, and how much of it is kept for urgent messages.

A robot that is written to too often shuts for minutes, and then the one alarm that matters
is refused. So every way to people has budgets: sends counted over a sliding window, a share
of them kept back for tier 1, and whoever finds no room waits until there is some.
"""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from edge.reading import MINUTE_NS, SECOND_NS, Tier
from edge.settings import DurationS, Settings


class Per(StrEnum):
    """What a budget is counted by."""

    ACCOUNT = "account"  # a robot, a phone number: whatever an address stands for
    CHANNEL = "channel"  # everything that goes over one channel


class Budget(Settings):
    """At most `limit` sends within any `window`, of which `kept` is a share for tier 1 only."""

    limit: int = Field(ge=1, le=1_000_000)
    window: DurationS = Field(gt=0, le=31 * 86_400)
    per: Per = Per.ACCOUNT
    kept: float = Field(default=0.3, ge=0, lt=1)

    @property
    def window_ns(self) -> int:
        """The window in nanoseconds."""
        return int(self.window * SECOND_NS)

    def share(self, tier: Tier) -> int:
        """How many of the sends in a window may be of `tier`; at least one."""
        free = self.limit if tier is Tier.URGENT else int(self.limit * (1 - self.kept))
        return max(1, free)

    def room_ns(self, tier: Tier, spent_ns: Sequence[int], now_ns: int) -> int:
        """When one more send of `tier` has room: `now_ns`, or later.

        `spent_ns` are the times of earlier sends of every tier, ascending, of this window at
        least.
        """
        share = self.share(tier)
        recent = [at_ns for at_ns in spent_ns if at_ns > now_ns - self.window_ns]
        if len(recent) < share:
            return now_ns
        return recent[-share] + self.window_ns


def clear_of_rush_ns(tier: Tier, now_ns: int) -> int:
    """When a message keeps clear of everybody's reports at the full and the half hour.

    That is `now_ns` for an urgent one and outside those two minutes, else the minute after.
    """
    minute = now_ns // MINUTE_NS
    if tier is Tier.URGENT or minute % _RUSH_EVERY_MIN:
        return now_ns
    return (minute + 1) * MINUTE_NS


_RUSH_EVERY_MIN = 30
