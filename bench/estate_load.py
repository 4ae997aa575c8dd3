"""A day of an estate as its devices send it: hourly water, electricity each 15 min, doors.

Every flat has its own minute, so that the load is even, as it is where devices are told to
scatter; use differs by flat. The same hour gives the same messages on every run.
"""

import json
import random
from collections.abc import Iterator

from bench.feed import SITE
from edge.reading import MINUTE_NS, SECOND_NS

MINUTES_PER_HOUR = 60
_ELEC_EVERY_MIN = 15
_DOORS_PER_HOUR = 0.25


def registry_text(flats: int) -> str:
    """A registry of one-person homes with a water meter, an electricity meter and a door."""
    rows = [f'version = 1\nsite = "{SITE}"\n']
    for n in range(flats):
        rows.append(
            f'[[unit]]\ncode = "u{n:04d}"\nbuilding = "b{n // 100:02d}"\ncare = ["alone"]\n'
        )
        for kind, name, interval in (("water", "wm", "1 h"), ("elec", "em", "15 min")):
            rows.append(
                f'[[device]]\nid = "{name}-{n:04d}"\nkind = "{kind}"\nunit = "u{n:04d}"\n'
                f'interval = "{interval}"\n'
            )
        rows.append(f'[[device]]\nid = "dr-{n:04d}"\nkind = "door"\nunit = "u{n:04d}"\n')
    return "".join(rows)


class Estate:
    """The devices of `flats` homes, minute by minute."""

    def __init__(self, flats: int) -> None:
        self._flats = flats
        self._rng = random.Random(7)
        self._litres = [self._rng.randrange(20_000, 900_000) for _ in range(flats)]
        self._watt_hours = [self._rng.randrange(100_000, 9_000_000) for _ in range(flats)]
        self._seq = 0

    def minute(self, number: int, at_ns: int) -> Iterator[tuple[str, bytes]]:
        """What is sent in minute `number` since the start, which ends at `at_ns`."""
        at_s = at_ns // SECOND_NS
        for n in range(self._flats):
            if (number + n) % MINUTES_PER_HOUR == 0:
                self._litres[n] += self._rng.choice((0, 0, 2, 6, 14))
                yield self._said("water", "wm", n, at_s, ("water.total", "m3", self._litres[n]))
            if (number + n) % _ELEC_EVERY_MIN == 0:
                self._watt_hours[n] += self._rng.randrange(20, 200)
                record = ("elec.total", "kWh", self._watt_hours[n])
                yield self._said("elec", "em", n, at_s, record)
            if self._rng.random() < _DOORS_PER_HOUR / MINUTES_PER_HOUR:
                yield self._door(n, at_s)

    def _said(
        self, kind: str, name: str, n: int, at_s: int, record: tuple[str, str, int]
    ) -> tuple[str, bytes]:
        channel, unit, thousandths = record
        told: dict[str, object] = {"n": channel, "u": unit, "v": thousandths / 1_000}
        return self._message(kind, f"{name}-{n:04d}", n, at_s, told)

    def _door(self, n: int, at_s: int) -> tuple[str, bytes]:
        told: dict[str, object] = {"n": "door.contact", "vs": self._rng.choice(("open", "closed"))}
        return self._message("door", f"dr-{n:04d}", n, at_s, told)

    def _message(
        self, kind: str, device: str, n: int, at_s: int, record: dict[str, object]
    ) -> tuple[str, bytes]:
        self._seq += 1
        body = {"v": 1, "dev": device, "boot": 1, "seq": self._seq, "t": at_s, "e": [record]}
        topic = f"sw/1/{SITE}/b{n // 100:02d}/u{n:04d}/{kind}/{device}/obs"
        return topic, json.dumps(body, separators=(",", ":")).encode()


def minutes(start_ns: int, hours: float) -> Iterator[tuple[int, int]]:
    """Every minute of so many hours: its number, and when it ends."""
    for number in range(int(hours * MINUTES_PER_HOUR)):
        yield number, start_ns + (number + 1) * MINUTE_NS
