"""A door opened, and nobody had been let through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.door import BEFORE_NS, EVENT_NS, RIPE_NS, Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class DoorForced(PointRule[Door]):
    """An opening with neither a pass nor an exit button in the 15 s before it.

    Only for doors at which every proper way through is reported. It is told 20 s later, since
    the reader's word may be on its way, and ends half an hour after the last such opening.
    """

    watches: ClassVar[type] = Door
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "door_forced"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "门于 {since} 打开，此前 {before_s:g} 秒内无刷卡、开门按钮或远程开门记录，疑似强行开门",
            "The door opened at {since}; nobody had been let through in the {before_s:g} s before",
        ),
        Condition.GONE: (
            "门自 {since} 起的异常开启已过去；现场情况以核查为准",
            "No such opening since; it began at {since}, and only a look at the door tells more",
        ),
    }

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["DoorForced", ...]:
        """One rule for a door at which every way through is reported."""
        return (cls(Tier.IMPORTANT),) if terms.reported else ()

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When the first of the forced openings was."""
        return lasting(state.forced(now_ns), now_ns, EVENT_NS)

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when an opening is ripe, and when the last is over."""
        for _, heard_ns in state.state.waiting:
            yield heard_ns + RIPE_NS
            yield heard_ns + EVENT_NS
        yield from ends(state.state.forced, EVENT_NS)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How often it was opened so."""
        count = float(state.forced(status.at_ns).count)
        return {"openings": count}, {"before_s": BEFORE_NS / SECOND_NS}
