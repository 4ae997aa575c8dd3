"""The eight stages of a case, and when each was reached: 采集 to 评价.

The field's own steps (数字化城管), read off the timeline, so that nobody keeps them by hand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """One step on the way of a case, in their order."""

    COLLECTED = "collected"  # 采集
    FILED = "filed"  # 立案
    DISPATCHED = "dispatched"  # 派遣
    HANDLED = "handled"  # 处置
    REPORTED = "reported"  # 反馈
    VERIFIED = "verified"  # 核查
    CLOSED = "closed"  # 结案
    RATED = "rated"  # 评价


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage and when it was first reached on the way that counts; None: not yet."""

    stage: Stage
    at_ns: int | None


# The events of a timeline that reach a stage.
_REACHES: Mapping[str, Stage] = MappingProxyType(
    {
        "opened": Stage.FILED,
        "step": Stage.DISPATCHED,
        "acknowledge": Stage.HANDLED,
        "arrive": Stage.HANDLED,
        "support": Stage.HANDLED,
        "resolve": Stage.REPORTED,
        "verify": Stage.VERIFIED,
        "close": Stage.CLOSED,
        "feedback": Stage.RATED,
    }
)
_ORDER = tuple(Stage)
# The events that lead back: the first stage that must be reached anew.
_BACK_TO: Mapping[str, Stage] = MappingProxyType(
    {"reopen": Stage.DISPATCHED, "rework": Stage.REPORTED}
)


def stages(since_ns: int, events: Iterable[tuple[str, int]]) -> tuple[Reached, ...]:
    """All stages in order; `events` are the kinds and times of a timeline, oldest first.

    A stage that was skipped (closed without verification) stays without a time.
    """
    reached: dict[Stage, int] = {Stage.COLLECTED: since_ns}
    for kind, at_ns in events:
        if (back := _BACK_TO.get(kind)) is not None:
            undone = _ORDER[_ORDER.index(back) :]
            reached = {stage: at for stage, at in reached.items() if stage not in undone}
        elif (stage := _REACHES.get(kind)) is not None:
            reached.setdefault(stage, at_ns)
    return tuple(Reached(stage, reached.get(stage)) for stage in Stage)
