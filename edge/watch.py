"""A subject under watch: its state, the detectors that look at it, what they have raised."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from msgspec import structs

from edge import episode
from edge.detectors.base import Condition, Detector, Status
from edge.episode import Episode, WatchState
from edge.leeway import at_scale
from edge.meter import Meter
from edge.reading import Evidence, Finding, FindingState, Reading, Timeliness, finding_id
from edge.rest import Rest

S = TypeVar("S")
_NEVER_NS: Final = -(2**63)


class Watch(Generic[S]):
    """One detector on one subject, and what it has raised."""

    __slots__ = ("_agreed", "_ended_ns", "_scale", "_utc_offset_h", "detector", "episode")

    def __init__(self, detector: Detector[S], utc_offset_h: float) -> None:
        self.detector = self._agreed = detector
        self._scale = 1.0
        self._utc_offset_h = utc_offset_h
        self._ended_ns = _NEVER_NS
        self.episode: Episode | None = None

    @property
    def rule(self) -> str:
        """The detector's rule."""
        return self.detector.rule

    def scale(self, scale: float) -> None:
        """Judge at `scale` times what was agreed, as far as the rule has leeway."""
        if scale != self._scale:
            self.detector, self._scale = at_scale(self._agreed, scale), scale

    def evaluate(self, state: S, now_ns: int) -> Status | None:
        """What the detector says; None when nothing holds and nothing is raised."""
        since_ns = self.episode.since_ns if self.episode else None
        status = self.detector.evaluate(state, now_ns, since_ns)
        if not isinstance(status, Status):
            return None
        matters = self.episode or status.condition is Condition.HOLDS
        return status if matters else None

    def speak(
        self, state: S, status: Status, subject: str, fresh: Timeliness
    ) -> tuple[Finding, ...]:
        """Move the episode on; the finding that this makes, if it makes one."""
        if self.episode is None and status.since_ns <= self._ended_ns:
            status = structs.replace(
                status, since_ns=self._ended_ns + 1
            )  # an id never begins twice
        following, said = episode.step(self.episode, status, subject, fresh)
        if following is None or said is None:
            self.episode = following
            return ()
        finding = self._finding(state, status, following, said)  # may raise: nothing is said yet
        self.episode = following
        if said is FindingState.CLEARED:
            self.episode, self._ended_ns = None, following.since_ns
        return (finding,)

    def close(self, at_ns: int, evidence: Evidence) -> Finding:
        """End what is raised, for a reason that no detector knows; there must be something."""
        about = self.episode
        assert about is not None, self.rule  # noqa: S101  (our own mistake only)
        self.episode, self._ended_ns = None, about.since_ns
        last = structs.replace(about, revision=about.revision + 1, timeliness=Timeliness.LIVE)
        return self._said(last, FindingState.CLEARED, at_ns, evidence)

    def _finding(self, state: S, status: Status, about: Episode, said: FindingState) -> Finding:
        evidence = self.detector.evidence(state, status, self._utc_offset_h)
        if self.detector is not self._agreed:
            usual = evidence.usual | {"tuned_scale": self._scale}
            evidence = structs.replace(evidence, usual=usual)
        return self._said(about, said, status.at_ns, evidence)

    def _said(self, about: Episode, said: FindingState, at_ns: int, evidence: Evidence) -> Finding:
        detector = self.detector
        return Finding(
            id=finding_id(detector.rule, about.subject, about.since_ns),
            revision=about.revision,
            rule=detector.rule,
            rule_version=detector.version,
            subject=about.subject,
            category=detector.category,
            tier=detector.tier,
            state=said,
            since_ns=about.since_ns,
            at_ns=at_ns,
            timeliness=about.timeliness,
            evidence=evidence,
        )

    def next_due(self, state: S) -> int | None:
        """When time alone may raise; None while something is raised already."""
        return None if self.episode else self.detector.next_due(state)

    def state(self) -> WatchState:
        """What is raised, for a checkpoint."""
        return WatchState(self.episode, self._ended_ns)

    def restore(self, state: WatchState) -> None:
        """Take up what was raised when `state` was given."""
        self.episode, self._ended_ns = state.episode, state.ended_ns


class Watched(Generic[S]):
    """A subject's state and the detectors that look at it."""

    __slots__ = ("_course", "_meter", "_until_ns", "state", "watches")

    def __init__(self, state: S, detectors: Iterable[Detector[S]], utc_offset_h: float) -> None:
        self._meter: Meter | None = None  # it rests until then, while this keeps to its course
        self._course: object = None
        self._until_ns = 0
        self.state = state
        self.watches = tuple([Watch(detector, utc_offset_h) for detector in detectors])

    def is_raised(self) -> bool:
        """Whether a watch has raised something that goes on."""
        for watch in self.watches:  # noqa: SIM110  (any() costs more than the rest together)
            if watch.episode is not None:
                return True
        return False

    def rests(self, now_ns: int) -> bool:
        """Whether no watch need be asked at `now_ns`."""
        meter = self._meter
        return meter is not None and now_ns < self._until_ns and meter.course is self._course

    def settle(self, rests: Sequence[Rest]) -> None:
        """Note for how long no watch need be asked, by the `rests` of those that may rest."""
        self._meter = None
        if not rests or len(rests) != len(self.watches):
            return
        course, until_ns = rests[0].course, rests[0].until_ns
        for rest in rests:
            if rest.course is not course:
                return
            until_ns = min(until_ns, rest.until_ns)
        self._meter, self._course, self._until_ns = rests[0].meter, course, until_ns


def judged(
    watch: Watch[Any], state: Any, now_ns: int, subject: str, reading: Reading | None = None
) -> Iterator[Finding]:
    """Yield what `watch` says at `now_ns`; about the time of `reading`, where one led to it."""
    status = watch.evaluate(state, now_ns)
    if status is None:
        return
    fresh = Timeliness.LIVE if reading is None else episode.timeliness(status, reading)
    yield from watch.speak(state, status, subject, fresh)
