"""What the meters of the benchmark send, and the homes that they belong to.

Every meter hangs in a home of one person, with uneven use by the hour and by chance, and
reads its register at its own minute of the hour, some seconds late: as little regular, and
so as little compressible, as an estate is.
"""

import json
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from edge.reading import HOUR_NS, SECOND_NS

SITE = "s01"
METERS = 1_000
FILTER = f"sw/1/{SITE}/+/+/+/+/obs"

_HOUR_S = 3_600
_STILL_HOURS = 13
_LATE_S_MAX = 9
_HOURS_WITH_USE = 0.7
_MEAN_L = (1, 0, 0, 0, 0, 1, 6, 9, 7, 4, 4, 5, 7, 4, 3, 3, 4, 7, 10, 9, 8, 10, 8, 3)
"""Litres in each hour of the day, on average over days and homes: 113 a day."""


Message = tuple[str, bytes]
"""Topic and payload."""


class Sample(NamedTuple):
    """A register at a time."""

    at_s: int
    litres: int


class Meter:
    """One water meter; the same number gives the same meter and the same use."""

    def __init__(self, number: int) -> None:
        self._rng = random.Random(number)
        self._litres = self._rng.randrange(20_000, 900_000)
        self._thirst = self._rng.uniform(0.5, 2.0)
        self._minute_s = self._rng.randrange(_HOUR_S - _LATE_S_MAX)
        self._seq = 0
        self.name = _name(number)
        self.topic = _topic(number)

    def message(self, hours_s: Sequence[int]) -> bytes:
        """One canonical message: the register in each of the hours that begin at `hours_s`."""
        return self.said([self._read(hour_s) for hour_s in hours_s])

    def said(self, samples: Sequence[Sample]) -> bytes:
        """The next message of this meter, which says `samples`."""
        self._seq += 1
        base_s = samples[0].at_s
        records = [
            {"n": "water.total", "u": "m3", "v": s.litres / 1000, "r": 0.001, "t": s.at_s - base_s}
            for s in samples
        ]
        body = {"v": 1, "dev": self.name, "boot": 1, "seq": self._seq, "t": base_s,
                "tsrc": "meter", "q": "good", "e": records}  # fmt: skip
        return json.dumps(body, separators=(",", ":")).encode()

    def _read(self, hour_s: int) -> Sample:
        mean_l = _MEAN_L[hour_s // _HOUR_S % 24] * self._thirst
        if mean_l and self._rng.random() < _HOURS_WITH_USE:
            self._litres += round(self._rng.expovariate(_HOURS_WITH_USE / mean_l))
        late_s = self._rng.randrange(_LATE_S_MAX)
        return Sample(hour_s + self._minute_s + late_s, self._litres)


def feed(
    rounds: int, batch: int, now_ns: int, devices: int = METERS
) -> Iterator[tuple[str, bytes]]:
    """`rounds` messages of `batch` hourly readings from every meter, oldest first."""
    meters = [Meter(number) for number in range(devices)]
    first_s = _hour_s(now_ns) - rounds * batch * _HOUR_S
    for step in range(rounds):
        hours_s = [first_s + hour * _HOUR_S for hour in range(step * batch, (step + 1) * batch)]
        for meter in meters:
            yield meter.topic, meter.message(hours_s)


def still_feed(now_ns: int, hours: int) -> Iterator[list[tuple[str, bytes]]]:
    """Hour by hour up to `now_ns`, one message of every meter whose register stands still."""
    meters = [Meter(number) for number in range(METERS)]
    for hour in range(1, hours + 1):
        at_s = (now_ns - (hours - hour) * HOUR_NS) // SECOND_NS
        yield [(meter.topic, meter.said([Sample(at_s, 1_000)])) for meter in meters]


def mixed_feed(now_ns: int, still: int, rounds: int) -> tuple[list[Message], list[Message]]:
    """What `still` meters say of twelve quiet hours, and then everybody's messages, mixed.

    In the second part a quiet meter speaks once, which completes its twelve hours, and every
    other one `rounds` times.
    """
    quiet = [Meter(number) for number in range(still)]
    begin_s = _hour_s(now_ns) - (rounds + _STILL_HOURS) * _HOUR_S
    said = [
        [(meter.topic, meter.said([Sample(begin_s + hour * _HOUR_S, 1_000)])) for meter in quiet]
        for hour in range(_STILL_HOURS)
    ]
    topics = {meter.topic for meter in quiet}
    mixed = [message for message in feed(rounds, 1, now_ns) if message[0] not in topics]
    step = len(mixed) // still
    for number, message in enumerate(said[-1]):
        mixed.insert(number * (step + 1), message)
    return [message for hour in said[:-1] for message in hour], mixed


def registry_text(devices: int = METERS) -> str:
    """A registry of one-person homes with one hourly meter each."""
    units = (
        f'[[unit]]\ncode = "u{n:04d}"\nbuilding = "b{n // 100:02d}"\ncare = ["alone"]\n'
        f'[[device]]\nid = "{_name(n)}"\nkind = "water"\nunit = "u{n:04d}"\ninterval = "1 h"\n'
        for n in range(devices)
    )
    return f'version = 1\nsite = "{SITE}"\n' + "".join(units)


def _name(number: int) -> str:
    return f"wm-{number:04d}"


def _topic(number: int) -> str:
    return f"sw/1/{SITE}/b{number // 100:02d}/u{number:04d}/water/{_name(number)}/obs"


def _hour_s(now_ns: int) -> int:
    """The beginning of the hour of `now_ns`; a reading before it is never of the future."""
    return now_ns // HOUR_NS * _HOUR_S
