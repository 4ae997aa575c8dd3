"""A home's history lived by the edge's own pipeline, and what would follow if it stood still.

Messages come one by one as they did; nothing is known before its time. At any moment a copy of
the pipeline can be asked what it would say if no water were used any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

from msgspec import structs

from edge.completeness import Home
from edge.detectors.base import WarmingUp
from edge.entry import Admitted, Message
from edge.pipeline import Pipeline
from edge.reading import (
    DAY_NS,
    HOUR_NS,
    SECOND_NS,
    Finding,
    FindingState,
    Kind,
    Quality,
    Reading,
    TimeSource,
)
from edge.signs.heed import is_heeded
from edge.watch import Watch
from simulators.evaluate.doors import Passage
from simulators.evaluate.rules import DOOR, METER, UNIT, Rule
from simulators.evaluate.silences import plausible
from simulators.households import Series
from simulators.meters import RESOLUTION_M3

HORIZON_NS = 14 * DAY_NS
"""A silence that no alarm follows within this time went undetected."""
_STEP_NS = HOUR_NS
_ARRIVES_NS = 2 * SECOND_NS


class Life:
    """One home under one rule, from its first message on; `beside` is what other devices say.

    `risen_ns` are the hours, by their ends, in which one of those rose and was heeded.
    """

    def __init__(
        self,
        series: Series,
        passages: Sequence[Passage],
        rule: Rule,
        beside: Sequence[Reading] = (),
    ) -> None:
        self._story = _story(series, passages, beside)
        self._believable = plausible(series)
        self._rule = rule
        self._registry = rule.registry()
        self._pipeline = Pipeline(self._registry)
        self._done = 0
        self.raised: list[Finding] = []
        self.risen_ns: list[int] = []

    def until(self, at_ns: int) -> None:
        """Everything up to and including `at_ns` has been lived through."""
        story = self._story
        while self._done < len(story) and story[self._done].readings[0].at_ns <= at_ns:
            self.raised += self._step(self._pipeline, story[self._done])
            self._done += 1
            self._note_risen()

    def _note_risen(self) -> None:
        quiet = self._pipeline.homes()[UNIT].state.quiet
        for state in quiet.state.streams.values() if quiet else ():
            at_ns = state.rose_ns
            is_news = at_ns == state.until_ns and self.risen_ns[-1:] != [at_ns]
            if at_ns is not None and is_news and is_heeded(state, at_ns):
                self.risen_ns.append(at_ns)

    def is_covered(self) -> bool:
        """Whether the rule gives an answer now, and is not warming up."""
        home = self._pipeline.homes()[UNIT].state
        now_ns = home.newest_ns()
        if now_ns is None:
            return False
        answers = [watch.detector.evaluate(home, now_ns) for watch in self._watches()]
        return not any(isinstance(answer, WarmingUp) for answer in answers)

    def delay_h(self, cut_ns: int, beside: Iterable[Reading] = ()) -> float:
        """From `cut_ns`, which is now, until an alarm if nothing is used any more, in hours.

        0 if one stands already; infinity if none comes within two weeks. `beside` is what other
        devices say all the same, by time.
        """
        if any(watch.episode for watch in self._watches()):
            return 0.0
        copy = Pipeline(self._registry)
        copy.restore(self._pipeline.dump())
        also = (_message(each.seq, each) for each in beside if each.at_ns > cut_ns)
        for message in merge(self._standing_still(cut_ns), also, key=_at_ns):
            for found in self._step(copy, message):
                return (found.at_ns - cut_ns) / HOUR_NS
        return float("inf")

    def _watches(self) -> list[Watch[Home]]:
        watches = self._pipeline.homes()[UNIT].watches
        return [watch for watch in watches if watch.rule == self._rule.finding]

    def _step(self, pipeline: Pipeline, message: Message) -> list[Finding]:
        """What the rule raises about `message`."""
        found = pipeline.step(Admitted((message,)))
        return [
            each
            for each in found
            if each.rule == self._rule.finding and each.state is FindingState.RAISED
        ]

    def _standing_still(self, cut_ns: int) -> Iterator[Message]:
        """What is read after `cut_ns`, at the times of the real readings, all of them alike."""
        litres = max(each.litres for each in self._believable if each.at_ns <= cut_ns)
        end_ns, at_ns, seq = cut_ns + HORIZON_NS, cut_ns, len(self._story)
        for message in self._story[self._done :]:
            (real,) = message.readings
            if real.kind is Kind.WATER:
                at_ns = real.at_ns
                yield structs.replace(
                    message, readings=(structs.replace(real, value=litres / 1000),)
                )
        while (at_ns := at_ns + _STEP_NS) <= end_ns:
            seq += 1
            yield _message(seq, water(seq, at_ns, litres))


def _story(
    series: Series, passages: Sequence[Passage], beside: Sequence[Reading]
) -> tuple[Message, ...]:
    """The messages of meter, door and all else in the order of their times."""
    meter = (water(seq, each.at_ns, each.litres) for seq, each in enumerate(series))
    door = (_passage(seq, each) for seq, each in enumerate(passages, len(series)))
    readings = sorted([*meter, *door, *beside], key=lambda reading: (reading.at_ns, reading.seq))
    return tuple(_message(reading.seq, reading) for reading in readings)


def _at_ns(message: Message) -> int:
    return message.readings[0].at_ns


def _message(seq: int, reading: Reading) -> Message:
    return Message(reading.device, 1, seq, seq.to_bytes(8, "big"), (reading,))


def water(seq: int, at_ns: int, litres: int) -> Reading:
    """What the home's meter says when its register shows `litres` at `at_ns`."""
    return Reading(
        METER, UNIT, Kind.WATER, "water.total", litres / 1000, at_ns, at_ns + _ARRIVES_NS,
        TimeSource.METER, Quality.GOOD, historical=False, seq=seq, boot=1,
        resolution=RESOLUTION_M3,
    )  # fmt: skip


def _passage(seq: int, passage: Passage) -> Reading:
    at_ns = passage.at_ns
    return Reading(
        DOOR, UNIT, Kind.DOOR, "door.direction", passage.direction, at_ns, at_ns + _ARRIVES_NS,
        TimeSource.DEVICE, Quality.GOOD, historical=False, seq=seq, boot=1,
    )  # fmt: skip
