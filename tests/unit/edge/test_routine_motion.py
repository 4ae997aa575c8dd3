"""Who moves in the home is well: a motion sensor beside the meter, through the whole pipeline."""

import pytest

from edge.entry import Admitted, Message
from edge.pipeline import Pipeline
from edge.reading import Finding, FindingState, Kind, Reading
from edge.registry import Registry
from tests.unit.edge.worlds import METER, UNIT, at, litres, reading, registry

SENSOR = {"id": "pir-1", "kind": "env", "unit": "u01"}
DOOR = {"id": "door-1", "kind": "door", "unit": "u01"}
QUIET_FROM, UNTIL = 100, 180


def site(*, motion: bool = True) -> Registry:
    return registry([UNIT | {"routine": {"motion": motion}}], [METER, SENSOR, DOOR])


class Flat:
    """A flat whose register moves every hour until hour 100, and stands from there on."""

    def __init__(self, *, motion: bool = True) -> None:
        self.site = site(motion=motion)
        self.pipeline = Pipeline(self.site)
        self.said: list[Finding] = []
        self._seq = 0

    def step(self, *readings: Reading) -> None:
        for each in readings:
            self._seq += 1
            message = Message(each.device, 1, self._seq, self._seq.to_bytes(8, "big"), (each,))
            self.said += self.pipeline.step(Admitted((message,)))

    def live(self, first: int, until: int, *, stirs: int = 0) -> None:
        """Somebody moves every `stirs` hours, if ever."""
        for hour in range(first, until):
            register_l = 1_000 + sum(5 + i % 3 * 4 for i in range(min(hour, QUIET_FROM)))
            self.step(litres(hour, register_l))
            if stirs and hour % stirs == 0:
                self.sense(hour + 0.5)

    def sense(self, hour: float, value: str = "motion") -> None:
        self.step(reading(hour, "motion", value, device="pir-1", kind=Kind.ENV))

    def states(self) -> list[FindingState]:
        return [found.state for found in self.said if found.rule == "routine"]


def test_who_moves_is_not_looked_for_however_dry_the_meter_is() -> None:
    flat = Flat()
    flat.live(0, UNTIL, stirs=3)
    assert flat.states() == []


@pytest.mark.parametrize("said", ["clear", "none"])
def test_a_sensor_that_sees_nobody_reassures_nobody(said: str) -> None:
    flat = Flat()
    flat.live(0, QUIET_FROM + 4)
    if said == "clear":
        flat.sense(QUIET_FROM + 4.5, "clear")
    flat.live(QUIET_FROM + 4, UNTIL)
    assert flat.states() == [FindingState.RAISED]


def test_motion_counts_only_where_the_terms_say_that_it_is_the_resident() -> None:
    flat = Flat(motion=False)
    flat.live(0, UNTIL, stirs=3)
    assert flat.states() == [FindingState.RAISED]


def test_the_wait_begins_anew_with_the_last_motion() -> None:
    plain, moved = Flat(), Flat()
    plain.live(0, UNTIL)
    moved.live(0, QUIET_FROM + 6)
    moved.sense(QUIET_FROM + 6)
    moved.live(QUIET_FROM + 6, UNTIL)
    assert moved.said[0].at_ns > plain.said[0].at_ns
    assert moved.said[0].since_ns == at(QUIET_FROM + 6)


def test_motion_ends_a_finding_and_survives_a_restart() -> None:
    flat = Flat()
    flat.live(0, UNTIL)
    assert flat.states() == [FindingState.RAISED]
    flat.sense(UNTIL + 0.2)
    blob = flat.pipeline.dump()
    flat.pipeline = Pipeline(flat.site)
    flat.pipeline.restore(blob)
    flat.live(UNTIL + 1, UNTIL + 3)
    assert flat.states() == [FindingState.RAISED, FindingState.CLEARED]


@pytest.mark.parametrize(("after_h", "found"), [(0.1, False), (2.0, True)])
def test_motion_brings_home_who_went_out_but_not_the_moment_of_leaving(
    after_h: float, found: bool
) -> None:
    flat = Flat()
    flat.live(0, QUIET_FROM + 2)
    flat.step(reading(QUIET_FROM + 1.5, "door.direction", "out", device="door-1", kind=Kind.DOOR))
    flat.sense(QUIET_FROM + 1.5 + after_h)
    flat.live(QUIET_FROM + 2, UNTIL)
    assert (flat.states() == [FindingState.RAISED]) is found
