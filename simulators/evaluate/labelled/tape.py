"""What the devices of a site say, put down in any order and played back by arrival."""

from collections.abc import Mapping
from itertools import count
from operator import attrgetter
from random import Random
from typing import Any

from edge.reading import SECOND_NS, Kind, Quality, Reading, TimeSource

_LAG_S = (0.2, 2.0)
"""From the event to its arrival, where nothing holds it up."""


class Tape:
    """Readings of the devices of a registry's `table`; what each says is numbered in order."""

    def __init__(self, table: Mapping[str, Any], rng: Random) -> None:
        self._places = {each["id"]: (each["unit"], Kind(each["kind"])) for each in table["device"]}
        self._numbers = {name: count(1) for name in self._places}
        self._boots = dict.fromkeys(self._places, 1)
        self._rng = rng
        self._said: list[Reading] = []

    def restart(self, device: str) -> None:
        """What `device` says from here on is of another boot."""
        self._boots[device] += 1

    def begin_anew(self, device: str) -> None:
        """What `device` says from here on is numbered from one again."""
        self._numbers[device] = count(1)

    def say(
        self, device: str, at_ns: int, channel: str, value: float | str, *, lag_s: float = 0.0
    ) -> None:
        """`device` says at `at_ns` that `channel` is `value`; it arrives soon, or `lag_s` later."""
        unit, kind = self._places[device]
        lag_ns = int((self._rng.uniform(*_LAG_S) + lag_s) * SECOND_NS)
        reading = Reading(
            device, unit, kind, channel, value, at_ns, at_ns + lag_ns, TimeSource.DEVICE,
            Quality.GOOD, historical=False, seq=next(self._numbers[device]),
            boot=self._boots[device],
            resolution=0.001 if channel == "water.total" else 0.0,
        )  # fmt: skip
        self._said.append(reading)

    def readings(self) -> tuple[Reading, ...]:
        """Everything said, by arrival."""
        return tuple(sorted(self._said, key=attrgetter("received_ns", "at_ns")))
