"""What is known of one message owed to one person: a ledger of eight states.

Reports come from our own sends, from the provider and from the person; late, repeated and
in any order. `merge` keeps the strongest, so their order and number do not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from edge.reading import SECOND_NS


class DeliveryState(StrEnum):
    """What is known of a message; a later member outranks an earlier one.

    FAILED outranks ACCEPTED, since a provider that took a message may still report that it
    could not deliver it; no report of failure outranks one of arrival.
    """

    QUEUED = "queued"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    ACKED = "acked"


RANK: Mapping[DeliveryState, int] = MappingProxyType(
    {state: rank for rank, state in enumerate(DeliveryState)}
)


def merge(known: DeliveryState, report: DeliveryState) -> DeliveryState:
    """What is known after `report`: commutative, associative and idempotent."""
    return max(known, report, key=RANK.__getitem__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again: `backoff_s[n]` seconds after try n + 1 failed; then no more.

    From try `fallback_at` on, the person's next channel is used beside this one.
    """

    backoff_s: tuple[float, ...]
    fallback_at: int = 3

    def next_ns(self, attempt: int, now_ns: int, retry_after_s: float | None) -> int | None:
        """When to try after `attempt` tries, not before the provider's own wish; None: never."""
        if attempt > len(self.backoff_s):
            return None
        wait_s = max(self.backoff_s[attempt - 1], retry_after_s or 0.0)
        return now_ns + int(min(wait_s, _WAIT_S_MAX) * SECOND_NS)


# A provider that asks for more patience than this is asked again anyway.
_WAIT_S_MAX = 3600.0

# An outage of two hours is ridden out; the plan's clocks reach other people meanwhile.
RETRY = RetryPolicy((5, 10, 20, 40, 60, 120, 300, 300, 600, 600, 1800, 3600))
