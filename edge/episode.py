"""The life of a finding: raised once, updated when its data get fresher, cleared once.

An episode is what is raised and not yet cleared. Its id and its beginning stay; each
statement about it has the next revision.
"""

from msgspec import Struct, structs

from edge.detectors.base import Condition, Status
from edge.reading import HOUR_NS, MINUTE_NS, Finding, FindingState, Reading, Timeliness

LATE_NS_MAX = 36 * HOUR_NS
LIVE_GRACE_NS = 15 * MINUTE_NS
_FRESHNESS = {Timeliness.BACKFILL: 0, Timeliness.LATE: 1, Timeliness.LIVE: 2}


class Episode(Struct, frozen=True, array_like=True):
    """What is raised: about whom, since when, what was said last."""

    subject: str
    since_ns: int
    revision: int
    timeliness: Timeliness


class WatchState(Struct, frozen=True, array_like=True):
    """A watch as it goes into a checkpoint; `ended_ns` is where the last episode began."""

    episode: Episode | None
    ended_ns: int


def timeliness(status: Status, reading: Reading) -> Timeliness:
    """How fresh a statement about `status.at_ns` is when `reading` led to it."""
    age_ns = reading.received_ns - status.at_ns
    if not reading.historical and age_ns <= 2 * status.interval_ns + LIVE_GRACE_NS:
        return Timeliness.LIVE
    return Timeliness.LATE if age_ns <= LATE_NS_MAX else Timeliness.BACKFILL


def of_message(reading: Reading) -> Timeliness:
    """How fresh an event is: old ones are late; only what the device calls history may be."""
    age_ns = reading.received_ns - reading.at_ns
    if reading.historical and age_ns > LATE_NS_MAX:
        return Timeliness.BACKFILL
    return Timeliness.LIVE if age_ns <= LIVE_GRACE_NS else Timeliness.LATE


def without_false_urgency(findings: list[Finding]) -> list[Finding]:
    """What begins and ends within one message is history already."""
    raised = {found.id for found in findings if found.state is FindingState.RAISED}
    over = {found.id for found in findings if found.state is FindingState.CLEARED} & raised
    return [
        structs.replace(found, timeliness=Timeliness.BACKFILL) if found.id in over else found
        for found in findings
    ]


def step(
    episode: Episode | None, status: Status, subject: str, fresh: Timeliness
) -> tuple[Episode | None, FindingState | None]:
    """The episode after `status`, and what must be said of it, if anything.

    A cleared episode is still returned, with the revision of its last statement; it is over.
    """
    if episode is None:
        if status.condition is not Condition.HOLDS:
            return None, None
        return Episode(subject, status.since_ns, 0, fresh), FindingState.RAISED
    following = Episode(episode.subject, episode.since_ns, episode.revision + 1, fresh)
    if status.condition is Condition.GONE:
        return following, FindingState.CLEARED
    fresher = _FRESHNESS[fresh] > _FRESHNESS[episode.timeliness]
    if status.condition is Condition.HOLDS and fresher:
        return following, FindingState.UPDATED
    return episode, None
