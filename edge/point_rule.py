"""What rules about doors, cameras and the like have in common: something began, and lasts.

A rule says since when what it looks for is there. While its device cannot be heard nothing is
raised and nothing ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.point import Point
from edge.reading import MINUTE_NS, Evidence, Reading, Tier
from edge.run import Run

P = TypeVar("P", bound=Point[Any])
Numbers = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class PointRule(Generic[P]):
    """A rule whose condition began at `since_ns`; another beginning is another finding.

    `sentences` are zh and en of what holds and of its end; they may name `since`, `at`, and
    whatever `numbers` gives.
    """

    version: ClassVar[int] = 1
    rule: ClassVar[str]
    category: ClassVar[str]
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]]

    tier: Tier

    def since_ns(self, state: P, now_ns: int) -> int | None:
        """Since when what it looks for is there; None while it is not."""
        raise NotImplementedError

    def lasts_since_ns(self, state: P, now_ns: int) -> int | None:
        """The same of what was told already: no patience is asked of it once more."""
        return self.since_ns(state, now_ns)

    def moments(self, state: P) -> Iterable[int]:
        """Yield every time at which the clock alone may change the answer."""
        raise NotImplementedError

    def numbers(self, state: P, status: Status) -> tuple[Numbers, Numbers]:
        """What was seen, and what is usual or agreed."""
        raise NotImplementedError

    def delay_s(self, state: P) -> float:
        """The longest that may pass from the beginning of what it looks for until it is told."""
        del state
        return 0.0

    def words(self, seen: Numbers) -> Mapping[str, str]:
        """What else the sentences may name, by what was seen."""
        del seen
        return {}

    def observe(self, state: P, reading: Reading) -> P:
        """The point with `reading` heard."""
        state.hear(reading)
        return state

    def evaluate(
        self, state: P, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether it is there; what began anew is over first: asked again, it holds."""
        if state.listening_ns is None:
            known_ns = now_ns if active_since_ns is None else active_since_ns
            return Status(Condition.UNKNOWN, known_ns, now_ns, 0)
        if active_since_ns is None:
            since_ns = self.since_ns(state, now_ns)
            condition = Condition.GONE if since_ns is None else Condition.HOLDS
            return Status(condition, since_ns or now_ns, now_ns, 0)
        since_ns = self.lasts_since_ns(state, now_ns)
        goes_on = since_ns is not None and since_ns <= active_since_ns
        condition = Condition.HOLDS if goes_on else Condition.GONE
        return Status(condition, active_since_ns, now_ns, 0)

    def next_due(self, state: P) -> int | None:
        """The first of its `moments`, be it past or not."""
        return min(self.moments(state), default=None)

    def evidence(self, state: P, status: Status, utc_offset_h: float) -> Evidence:
        """What was seen, since when."""
        seen, usual = self.numbers(state, status)
        minutes = round((status.at_ns - status.since_ns) / MINUTE_NS)
        since, at = hhmm(status.since_ns, utc_offset_h), hhmm(status.at_ns, utc_offset_h)
        words = {**seen, **usual, **self.words(seen), "since": since, "at": at, "minutes": minutes}
        zh, en = self.sentences[status.condition]
        return Evidence(
            seen=seen,
            usual=usual,
            complete_until_ns=status.at_ns,
            delay_s_worst=self.delay_s(state),
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


def ends(run: Run, event_ns: int) -> Iterable[int]:
    """Yield when a run was heard of `event_ns` ago; nothing where there was none."""
    if run.count:
        yield run.heard_ns + event_ns


def lasting(run: Run, now_ns: int, event_ns: int, count: int = 1) -> int | None:
    """The beginning of a run of at least `count` that was heard of within `event_ns`."""
    if run.count < count or now_ns - run.heard_ns >= event_ns:
        return None
    return run.since_ns
