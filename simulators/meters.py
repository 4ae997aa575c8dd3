"""Simulated meters: the series of a home becomes messages of the canonical wire.

Pure: what is published when is a value, so that a broker on a socket and one in memory carry
the same story, and faults are edits of that value.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from edge.reading import SECOND_NS, Kind, TimeSource
from edge.topic import DeviceTopic, Verb, device_topic
from edge.wire import Message, Record, encode
from simulators.edits import days
from simulators.households import Sample, Series

INTERVAL = "1 h"
"""How often the meters report, as a registry writes it."""

RESOLUTION_M3 = 0.001
LAG_NS = 2 * SECOND_NS
"""From a meter's reading to its publication."""


class TimedMessage(NamedTuple):
    """One message and when it is published."""

    publish_ns: int
    topic: str
    payload: bytes


class Batch(NamedTuple):
    """Samples that a meter sends together."""

    publish_ns: int
    samples: Series
    historical: bool = False


ClockOf = Callable[[int], int]
"""What a meter's clock shows at a true time, both in nanoseconds since 1970."""


def right(at_ns: int) -> int:
    """A clock that shows the true time."""
    return at_ns


def ahead(by_ns: int) -> ClockOf:
    """A clock that runs, and is `by_ns` ahead, or behind if that is negative."""
    return lambda at_ns: at_ns + by_ns


def standing(shown_ns: int) -> ClockOf:
    """A clock that always shows the same."""
    return lambda _: shown_ns


@dataclass(frozen=True, slots=True)
class Meter:
    """One water meter: where it is, which of its boots this is, what its clock shows."""

    site: str
    building: str
    unit: str
    device: str
    boot: int = 1
    clock: ClockOf = right

    @property
    def subject(self) -> str:
        """The path of the meter's home, as findings and places write it."""
        return f"{self.site}/{self.building}/{self.unit}"

    def topic(self, verb: Verb) -> str:
        """Where the meter publishes."""
        place = DeviceTopic(self.site, self.building, self.unit, Kind.WATER, self.device, verb)
        return device_topic(place)

    def messages(self, batches: Iterable[Batch], first_seq: int = 1) -> Iterator[TimedMessage]:
        """`batches` on the wire, numbered from `first_seq`."""
        for seq, batch in zip(count(first_seq), batches, strict=False):
            verb = Verb.HIST if batch.historical else Verb.OBS
            payload = encode(self._message(batch, seq))
            yield TimedMessage(batch.publish_ns, self.topic(verb), payload)

    def _message(self, batch: Batch, seq: int) -> Message:
        base_ns = batch.samples[0].at_ns
        return Message(
            dev=self.device,
            boot=self.boot + batch.samples[0].restarts,
            seq=seq,
            t=self.clock(base_ns) / SECOND_NS,
            tsrc=TimeSource.METER,
            h=batch.historical,
            e=tuple(_record(sample, base_ns) for sample in batch.samples),
        )


def hourly(samples: Iterable[Sample], *, historical: bool = False) -> Iterator[Batch]:
    """Each sample by itself, as soon as it was read."""
    for sample in samples:
        yield Batch(sample.at_ns + LAG_NS, (sample,), historical)


def daily(samples: Iterable[Sample]) -> Iterator[Batch]:
    """A day's samples together, just after the day's last one."""
    for day in days(samples):
        yield Batch(day[-1].at_ns + LAG_NS, day, historical=True)


def duplicated(
    messages: Iterable[TimedMessage], rng: random.Random, *, chance: float, within_s: float
) -> list[TimedMessage]:
    """Some messages are published twice, the second time up to `within_s` seconds later."""
    out = []
    for message in messages:
        out.append(message)
        if rng.random() < chance:
            out.append(_later(message, rng, within_s))
    return _in_order(out)


def reordered(
    messages: Iterable[TimedMessage], rng: random.Random, *, chance: float, within_s: float
) -> list[TimedMessage]:
    """Some messages are held back up to `within_s` seconds and overtaken by others."""
    return _in_order(
        _later(message, rng, within_s) if rng.random() < chance else message for message in messages
    )


def _record(sample: Sample, base_ns: int) -> Record:
    value = sample.litres / 1000
    if sample.at_ns == base_ns:
        return Record(n="water.total", u="m3", v=value, r=RESOLUTION_M3)
    after_s = (sample.at_ns - base_ns) / SECOND_NS
    return Record(n="water.total", u="m3", v=value, r=RESOLUTION_M3, t=after_s)


def _later(message: TimedMessage, rng: random.Random, within_s: float) -> TimedMessage:
    return message._replace(
        publish_ns=message.publish_ns + int(rng.uniform(0, within_s) * SECOND_NS)
    )


def _in_order(messages: Iterable[TimedMessage]) -> list[TimedMessage]:
    return sorted(messages, key=lambda message: message.publish_ns)
