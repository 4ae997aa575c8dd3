"""The pipeline over the journal: nothing is detected that is not on the disk first.

Synchronous from end to end: between the commit of an entry and the record of what it led to
nothing else can come in between, so the journal's order is the pipeline's order.
"""

import logging
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from edge.admitting import Admitting, Taken
from edge.checkpoint import CheckpointError
from edge.entry import (
    Entry,
    Labelled,
    Link,
    Provisioned,
    Retuned,
    Ruled,
    Tick,
)
from edge.failpoint import hit
from edge.flood import Flood
from edge.health import Health
from edge.journal import PIPELINE, DeadLetter, Journal, JournalFull, Made
from edge.pipeline import Pipeline
from edge.reading import Finding
from edge.registry import Registry
from edge.seen import Seen
from edge.session import Delivery

log = logging.getLogger(__name__)
_readings: Final = attrgetter("readings")


class _Unsettled(NamedTuple):
    """Findings that are made but not recorded: more is at hand, or the disk has no room."""

    position: int
    findings: list[Finding]
    tick: Tick | None
    shadowed: list[Finding]


class InForce(NamedTuple):
    """A registry, its version (0: the file's), and its JSON as it was pushed (none: the file's)."""

    registry: Registry
    version: int
    table: bytes


class Fold:
    """One pipeline, kept in step with one journal.

    Any writing method may raise JournalFull; it has then changed nothing and may be called
    again. Room that runs out between a commit and its findings is waited for in memory: the
    findings are made again from the journal should the process end before they are recorded.
    """

    def __init__(self, journal: Journal, pipeline: Pipeline, health: Health) -> None:
        self._journal = journal
        self._pipeline = pipeline
        self._health = health
        self.flood = Flood(pipeline.gate.registry)
        self._unsettled: _Unsettled | None = None
        self._stepped = 0
        self._broken: set[tuple[str, str]] = set()
        self.seen = Seen()
        self._admitting = Admitting(pipeline, self.flood, self.seen, health)
        self.labels = pipeline.learning.labels
        self.shadow = pipeline.learning.shadow
        self.places = pipeline.learning.places
        self.due_ns = pipeline.due_ns  # when the next tick can matter
        self.uptimes = pipeline.uptimes
        self.readings_since_checkpoint = 0

    def recover(self) -> None:
        """Bring the pipeline to the journal's end.

        Findings that were recorded before are not recorded again, even when the gateway has
        acked them and they are gone.
        """
        self._stepped = _restore(self._journal, self._pipeline)
        settled = self._journal.position(PIPELINE)
        for stored in self._journal.replay_from(self._stepped):
            findings = self._fold(stored.entry)
            self._stepped = stored.position
            if stored.position > settled:
                self._unsettled = _Unsettled(
                    stored.position, list(findings), None, list(self._pipeline.shadowed)
                )
                self.settle_rest()
        self.flood.go_by(self._pipeline.registry)

    def take(
        self,
        deliveries: Sequence[Delivery],
        ack: Callable[[Sequence[Delivery]], None],
        *,
        more: bool = False,
    ) -> Taken:
        """Commit the deliveries, ack them, and detect.

        Of a backlog there is `more`: what is found is then recorded by the next commit, which
        must follow at once, or by `settle_rest`.
        """
        taken = self._take(deliveries, ack, released=0)
        if not more:
            self._settle()
        return taken

    def release(self, deliveries: Sequence[Delivery], upto: int) -> Taken:
        """Commit held deliveries in the place of their rows up to `upto`, and detect."""
        taken = self._take(deliveries, lambda _: None, released=upto)
        self._settle()
        return taken

    def _take(
        self,
        deliveries: Sequence[Delivery],
        ack: Callable[[Sequence[Delivery]], None],
        *,
        released: int,
    ) -> Taken:
        if self._unsettled is not None and self._unsettled.tick is not None:
            self.settle_rest()  # the tick has a place of its own, before these
        taken = self._admitting.take(deliveries)
        messages, letters, _, entries = taken
        if entries or letters or released:
            self._append(entries, letters, released)
        self.flood.settle()
        hit("edge.commit")
        ack(deliveries)
        hit("edge.ack")
        admitted = sum(map(len, map(_readings, messages)))
        self._health.count("readings_admitted", admitted)
        self.readings_since_checkpoint += admitted
        if messages:
            self.seen.hear(messages)
        if entries:
            self._step(entries)
        return taken

    def _append(
        self, entries: Sequence[Entry], letters: Sequence[DeadLetter], released: int
    ) -> None:
        """Commit them, and what was found before them."""
        made = self._unsettled
        if made is None or not (made.findings or made.shadowed):
            self.settle_rest()  # which costs no commit
            self._journal.append(entries, letters, released=released)
            return
        found = Made(made.position, made.findings, made.shadowed)
        self._journal.append(entries, letters, released=released, made=found)
        self._settled(made, made.position)

    def link(self, now_ns: int, *, up: bool, kept: bool = False) -> None:
        """Commit that the broker link came up or was lost, and detect.

        `kept` says that the edge has run and listened right up to now.
        """
        self.settle_rest()
        entries = [Link(up, now_ns, kept)]
        self._journal.append(entries)
        self._step(entries)
        self._settle()

    def provision(self, change: Provisioned) -> None:
        """Commit that another registry holds, and go by it; that one is in force then."""
        self.settle_rest()
        self._journal.append([change])
        hit("edge.provision")
        self._step([change])
        self._settle()
        self.flood.go_by(self._pipeline.registry)
        hit("edge.provisioned")
        self.checkpoint()

    def learn(self, entry: Labelled | Retuned | Ruled) -> None:
        """Commit what people found or decided, and go by it."""
        self.settle_rest()
        self._journal.append([entry])
        hit("edge.learn")
        self._step([entry])
        self._settle()

    def is_awaited(self, device: str) -> bool:
        """Whether an installer may be waiting for `device`: it is nobody's yet, or new here."""
        return not self._pipeline.registry.knows(device) or self.seen.is_fresh(device)

    @property
    def in_force(self) -> InForce:
        """The registry that holds."""
        of = self._pipeline
        return InForce(of.registry, of.registry_version, of.registry_table)

    def tick(self, now_ns: int) -> None:
        """Let time pass; a tick that leads to nothing leaves no trace."""
        self.settle_rest()
        tick = Tick(now_ns)
        findings = self._fold(tick)
        shadowed = list(self._pipeline.shadowed)
        if findings or shadowed:
            hit("edge.detect")
            self._unsettled = _Unsettled(self._journal.last, list(findings), tick, shadowed)
            self._settle()

    def settle_rest(self) -> None:
        """Record findings that wait to be, if there are any."""
        if self._unsettled is None:
            return
        made = self._unsettled
        settled = self._journal.settle(made.position, made.findings, made.tick, made.shadowed)
        self._settled(made, settled)

    def _settled(self, made: _Unsettled, position: int) -> None:
        self._stepped, self._unsettled = position, None
        for finding in made.findings:
            self._health.count("findings_made", reason=finding.rule)
        for finding in made.shadowed:
            self._health.count("findings_shadowed", reason=finding.rule)

    def shown(self, now_ns: int) -> dict[str, object]:
        """What the health message says of the fold at `now_ns`.

        `pipeline`: its counts since the journal began. `clocks`: seconds to add to those of the
        devices that are worst off. `late`: seconds by which the latest came, this week and the
        one before. `flooding`: how much was refused of whom. `labels`: what
        people found alarms to be, by rule and outcome. `rules`: the modes that some were given.
        """
        return {
            "pipeline": self._pipeline.counters(),
            "clocks": self._pipeline.clocks.offsets_s(),
            "late": self._pipeline.late_s(now_ns),
            "flooding": self.flood.flooding(now_ns),
            "labels": self.labels.by_rule(),
            "rules": self._pipeline.learning.shown(),
        }

    def checkpoint(self) -> None:
        """Commit the pipeline's state, so that a start need not replay what is behind it."""
        self.settle_rest()
        self._journal.checkpoint(self._stepped, self._pipeline.dump())
        self.readings_since_checkpoint = 0

    def _step(self, entries: Sequence[Entry]) -> None:
        """Step what was just appended, the last entries of the journal; what came of it waits."""
        findings: list[Finding] = []
        shadowed: list[Finding] = []
        for entry in entries:
            findings += self._fold(entry)
            shadowed += self._pipeline.shadowed
        hit("edge.detect")
        self._unsettled = _Unsettled(self._journal.last, findings, None, shadowed)

    def _fold(self, entry: Entry) -> tuple[Finding, ...]:
        findings = self._pipeline.step(entry)
        for rule, subject, trace in self._pipeline.take_failures():
            self._health.count("rules_broken", reason=rule)
            if (rule, subject) not in self._broken:
                self._broken.add((rule, subject))
                log.error(
                    "rule %s broke on %s, which is not watched by it: %s", rule, subject, trace
                )
        return findings

    def _settle(self) -> None:
        try:
            self.settle_rest()
        except JournalFull as error:
            log.error("findings wait: %s", error)  # noqa: TRY400  (no trace)


def _restore(journal: Journal, pipeline: Pipeline) -> int:
    """The position of the newest checkpoint that could be used; 0 without one."""
    for position, state in journal.checkpoints():
        try:
            pipeline.restore(state)
        except CheckpointError as error:
            log.warning("checkpoint at %d cannot be used: %s", position, error)
        else:
            return position
    return 0
