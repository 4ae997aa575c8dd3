"""How much a person is told at once: what goes now, what waits for company, what for the morning.

Urgent messages are never paced. Whatever waits is in the database and is told in the end, or
taken back because it is answered or over.
"""

from pydantic import Field

from edge.reading import SECOND_NS, Tier
from edge.settings import DurationS, Settings


class Pace(Settings):
    """The terms; times are those of the gateway's clock.

    `settle` is how long lesser incidents wait before anybody is told, so that their cause may
    come first.
    """

    settle: DurationS = Field(default=15.0, ge=0, le=120)

    def settle_ns(self, tier: Tier) -> int:
        """How long an incident of `tier` waits before its first step."""
        return 0 if tier is Tier.URGENT else int(self.settle * SECOND_NS)
