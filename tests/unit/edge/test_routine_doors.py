"""A door tells who is out and who is well, through the whole pipeline and its checkpoint."""

from edge.entry import Admitted, Message
from edge.pipeline import Pipeline
from edge.reading import Finding, FindingState, Kind, Reading
from tests.unit.edge.worlds import METER, UNIT, at, litres, reading, registry

DOOR = {"id": "door-1", "kind": "door", "unit": "u01"}
SITE = registry([UNIT | {"routine": {}}], [METER, DOOR])
QUIET_FROM, UNTIL = 100, 180


class Flat:
    """A flat whose register moves every hour until hour 100, and stands from there on."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(SITE)
        self.said: list[Finding] = []
        self._seq = 0

    def step(self, *readings: Reading) -> None:
        for each in readings:
            self._seq += 1
            digest = self._seq.to_bytes(8, "big")
            message = Message(each.device, 1, self._seq, digest, (each,))
            self.said += self.pipeline.step(Admitted((message,)))

    def live(self, first: int, until: int) -> None:
        for hour in range(first, until):
            register_l = 1_000 + sum(5 + i % 3 * 4 for i in range(min(hour, QUIET_FROM)))
            self.step(litres(hour, register_l))

    def passage(self, hour: float, direction: str) -> None:
        self.step(reading(hour, "door.direction", direction, device="door-1", kind=Kind.DOOR))

    def raised(self) -> list[int]:
        return [found.at_ns for found in self.said if found.state is FindingState.RAISED]


def test_a_flat_without_its_door_is_found() -> None:
    flat = Flat()
    flat.live(0, UNTIL)
    (raised_ns,) = flat.raised()
    assert at(QUIET_FROM + 6) <= raised_ns <= at(QUIET_FROM + 48)


def test_a_resident_who_went_out_is_not_looked_for_even_after_a_restart() -> None:
    flat = Flat()
    flat.live(0, QUIET_FROM + 2)
    flat.passage(QUIET_FROM + 1.5, "out")
    blob = flat.pipeline.dump()
    flat.pipeline = Pipeline(SITE)
    flat.pipeline.restore(blob)
    flat.live(QUIET_FROM + 2, UNTIL)
    assert flat.raised() == []


def test_a_resident_who_came_home_is_looked_for_again() -> None:
    flat = Flat()
    flat.live(0, QUIET_FROM + 2)
    flat.passage(QUIET_FROM + 1.5, "out")
    flat.live(QUIET_FROM + 2, QUIET_FROM + 40)
    flat.passage(QUIET_FROM + 39.5, "in")
    flat.live(QUIET_FROM + 40, UNTIL)
    (raised_ns,) = flat.raised()
    assert raised_ns >= at(QUIET_FROM + 45)


def test_whoever_comes_in_ends_a_finding() -> None:
    flat = Flat()
    flat.live(0, UNTIL)
    flat.passage(UNTIL - 0.5, "in")
    flat.live(UNTIL, UNTIL + 2)
    assert [found.state for found in flat.said] == [FindingState.RAISED, FindingState.CLEARED]
