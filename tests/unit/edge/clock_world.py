"""A home whose meter goes by a clock of its own, from the wire to the findings."""

from typing import Any

from edge import wire
from edge.entry import Admitted, Link
from edge.gate import Admission
from edge.meter import Meter
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS, Finding, Reading
from tests.unit.edge.worlds import at, registry

TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
UNSET_H = -at(0) / 3_600 / SECOND_NS
"""The error of a clock that began at 1970 when the story began, in hours."""


class Site:
    """A pipeline with its link up that hears messages of wm-1 through its gate."""

    def __init__(self) -> None:
        self.pipeline = Pipeline(registry())
        self.pipeline.step(Link(up=True, at_ns=at(0)))
        self.said: list[Finding] = []
        self.seq = 0

    def admit(
        self,
        hour: float,
        register_l: float = 100,
        *,
        off_h: float = 0,
        delay_h: float = 0,
        back_h: tuple[float, ...] = (0,),
        **keys: Any,
    ) -> Admission:
        """The register at `hour`, and `back_h` before it, told by a clock that is `off_h` ahead."""
        self.seq += 1
        told = tuple(
            wire.Record(n="water.total", u="L", v=register_l, r=1.0, t=-3_600 * back)
            for back in back_h
        )
        t = at(hour + off_h) / SECOND_NS
        payload = wire.encode(wire.Message(dev="wm-1", seq=self.seq, t=t, e=told, **keys))
        return self.pipeline.gate.admit(TOPIC, payload, at(hour + delay_h))

    def step(self, *admissions: Admission) -> None:
        """Fold what was admitted, as one entry of the journal."""
        messages = tuple(each.message for each in admissions if each.message)
        self.said += self.pipeline.step(Admitted(messages))

    def hear(self, hour: float, register_l: float = 100, **how: Any) -> Reading:
        """Admit one message and fold it; its newest reading."""
        admission = self.admit(hour, register_l, **how)
        self.step(admission)
        return max(admission.readings, key=lambda reading: reading.at_ns)

    def hours(self, start: int, stop: int, register_l: float = 100, **how: Any) -> list[Reading]:
        """The same register every hour."""
        return [self.hear(hour, register_l, **how) for hour in range(start, stop)]

    def rules(self) -> list[str]:
        """The rules that raised something, in order."""
        return [found.rule for found in self.said if found.revision == 0]

    def meter(self) -> Meter:
        """What is kept of the meter."""
        return self.pipeline._subjects.homes["u01"].state.named()[0][1]

    def off_h(self) -> float:
        """Hours that the edge says must be added to the meter's clock."""
        return self.pipeline.clocks.offsets_s().get("wm-1", 0) / 3_600
