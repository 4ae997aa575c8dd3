"""A building of homes with hourly meters, told by the hour, for the tests of what homes share."""

from collections.abc import Callable, Iterable
from typing import Any

from edge.entry import AdapterStatus, Admitted, Entry, Link, Message, Tick
from edge.pipeline import Pipeline
from edge.reading import Finding, FindingState
from edge.registry import Registry
from tests.unit.edge.worlds import at, litres, registry

Uses = Callable[[int, int], float]
"""The litres that a home (its number) uses within the hour that ends at that hour."""


def awake(home: int, hour: int) -> float:
    """Twenty litres every hour from six to midnight, and one home that drinks at three."""
    del home
    return 20.0 if hour % 24 >= 6 or hour % 24 == 3 else 0.0


def block(homes: int = 12, alone: Iterable[int] = (0, 1, 2, 3), **device: Any) -> Registry:
    """A registry of one building; device keys go to every meter."""
    cared = set(alone)
    units = [
        {"code": f"u{i:02}", "building": "b01", "care": ["alone"] if i in cared else []}
        for i in range(homes)
    ]
    return registry(units, [_meter(i) | device for i in range(homes)])


def _meter(i: int) -> dict[str, str]:
    return {"id": f"wm-{i:02}", "kind": "water", "unit": f"u{i:02}", "interval": "1 h"}


class Block:
    """A pipeline over such a building, with its link up, and all that it has said."""

    def __init__(self, book: Registry | None = None, homes: int = 12) -> None:
        self.pipeline = Pipeline(book or block(homes))
        self.homes = homes
        self.entries: list[Entry] = []
        self.said: list[Finding] = []
        self.registers_l = [1_000.0] * homes
        self._seq = 0
        self.step(Link(up=True, at_ns=at(0), kept=True))

    def step(self, entry: Entry) -> list[Finding]:
        self.entries.append(entry)
        found = list(self.pipeline.step(entry))
        self.said += found
        return found

    def live(self, start: int, stop: int, uses: Uses = awake, silent: Iterable[int] = ()) -> None:
        """Every home uses and reports by the hour; `silent` ones use and do not report."""
        quiet = set(silent)
        for hour in range(start, stop):
            for home in range(self.homes):
                self.registers_l[home] += uses(home, hour)
                if home not in quiet:
                    self.hear(home, hour)

    def hear(self, home: int, hour: float, register_l: float | None = None, **keys: Any) -> None:
        value_l = self.registers_l[home] if register_l is None else register_l
        device = f"wm-{home:02}"
        self._seq += 1
        reading = litres(hour, value_l, device=device, unit=f"u{home:02}", **keys)
        message = Message(device, 0, self._seq, self._seq.to_bytes(8, "big"), (reading,))
        self.step(Admitted((message,)))

    def tick(self, hour: float) -> list[Finding]:
        return self.step(Tick(at(hour)))

    def link(self, hour: float, *, up: bool, kept: bool = True) -> None:
        self.step(Link(up, at(hour), kept))

    def adapter(self, hour: float, *, up: bool, boot: int = 1, name: str = "dtu-1") -> None:
        self.step(AdapterStatus(name, up, boot, at(hour)))

    def told(self, rule: str) -> list[tuple[str, FindingState]]:
        """Subject and state of everything that the rule has said."""
        return [(found.subject, found.state) for found in self.said if found.rule == rule]
