"""A hidden flow of water, and what faulty meters report of it.

Every class of fault that the edge must recognise is here; the truth is kept beside it, so that
what is concluded from the reports can be held against what was used.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from edge.meter import Meter
from edge.reading import MINUTE_NS, Kind, Quality, Reading, TimeSource
from edge.registry import Binding, Registry
from edge.replacement import REPLACEMENTS_MAX
from edge.signature import AGREEING
from tests.property.edge_world import START_S

START_NS = START_S * 1_000_000_000
UNIT = {"code": "u01", "building": "b01", "care": ["alone"]}
DEVICE = {"id": "wm-1", "kind": "water", "unit": "u01", "interval": "1 h"}
SPIKE_L = 2_000_000
"""More than flows through the largest meter in the longest story."""
FAULTS = (
    "small dip", "lost carry", "two values", "spike", "reset", "replaced", "declared",
    "too many", "too few", "estimated", "lost",
)  # fmt: skip

_INVISIBLE_AT_FIRST = {"small dip", "lost carry", "two values", "too many", "too few"}
"""Nothing could show that a report which should confirm a register is one of these."""


@dataclass
class Story:
    """What was used when, in litres, and what was reported; `rows` are the declarations."""

    used: list[tuple[int, int]] = field(default_factory=list)
    reports: list[Reading] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def used_l(self, start_ns: int, end_ns: int) -> int:
        """The true use after `start_ns` until `end_ns`."""
        return sum(litres for at_ns, litres in self.used if start_ns < at_ns <= end_ns)

    def binding(self) -> Binding:
        """The meter's binding, with all that was declared."""
        return self.registry().bindings("wm-1")[0]

    def registry(self) -> Registry:
        """The registry of the home, with all that was declared."""
        return registry(self.rows)


def registry(rows: list[dict[str, Any]]) -> Registry:
    """One home with one meter, whose replacements are `rows`."""
    table = {
        "version": 1,
        "site": "s01",
        "unit": [UNIT],
        "device": [DEVICE | {"replacement": rows}],
    }
    return Registry.parse(table, Path("registry.toml"))


def report(at_ns: int, litres: float, *, boot: int = 1, quality: Quality = Quality.GOOD) -> Reading:
    """The register of wm-1."""
    return Reading(
        "wm-1", "u01", Kind.WATER, "water.total", litres / 1000, at_ns, at_ns, TimeSource.METER,
        quality, historical=False, seq=0, boot=boot, resolution=0.001,
    )  # fmt: skip


def metered(binding: Binding, reports: list[Reading]) -> Meter:
    """The meter that heard `reports` in this order."""
    meter = Meter(binding)
    for each in reports:
        meter.observe(each)
    return meter


class _Teller:
    """Draws one story, step by step."""

    def __init__(self, draw: st.DrawFn, faults: tuple[str, ...]) -> None:
        self._draw = draw
        self._faults = st.sampled_from(faults)
        self.story = Story()
        self._at_ns = START_NS
        self._register, self._scale = draw(
            st.sampled_from([(300_000, 10**9), (999_950, 10**6), (5, 10**9), (65_500, 2**16)])
        )
        self._boot = 1
        self._honest: int | None = self._register  # reported by a register that is confirmed
        self._told = self._dips = 0
        self._hear(self._register)

    def step(self) -> None:
        """Let some time pass, with some use in it, and report."""
        before_ns = self._at_ns
        self._at_ns += self._draw(st.integers(8, 175)) * MINUTE_NS
        fault = self._draw(self._faults) if self._draw(st.integers(0, 3)) == 0 else "none"
        self._use(before_ns)
        changed_ns = self._change(fault)
        self._use(changed_ns or before_ns)
        self._tell(fault)

    def _use(self, after_ns: int) -> None:
        litres = self._draw(st.sampled_from([0, 0, 0, 1, 9, 12, 40, 120]))
        moment_ns = self._at_ns - self._draw(st.integers(0, 4)) * (self._at_ns - after_ns) // 5
        self.story.used.append((moment_ns, litres))
        self._register += litres
        if self._register >= self._scale:
            self._register, self._honest = self._register - self._scale, None
            self._told = 0

    def _change(self, fault: str) -> int | None:
        """What becomes of the register in the middle of the step."""
        changed_ns = self._at_ns - 3 * MINUTE_NS
        if fault == "declared" and len(self.story.rows) == REPLACEMENTS_MAX:
            return None
        if fault == "replaced" and self._honest is None:
            return None  # a register that nothing confirmed is a spike
        match fault:
            case "reset":
                self._register, self._boot = 0, self._boot + 1
            case "replaced":
                far = self._register < 100_000
                new = self._register + 5_000_000 if far else self._draw(st.integers(0, 2_000))
                self._register, self._scale = new, 10**9
            case "declared":
                first = self._draw(st.sampled_from([0, 4, 900, 300_000]))
                self._declare(changed_ns, first)
                self._register, self._scale = first, 10**9
            case _:
                return None
        self._honest, self._told = None, 0
        return changed_ns

    def _declare(self, at_ns: int, first_l: int) -> None:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1000)
        last_m3 = self._register / 1000
        self.story.rows.append({"at": at, "last_m3": last_m3, "first_m3": first_l / 1000})

    def _tell(self, fault: str) -> None:
        if self._honest is None and fault in _INVISIBLE_AT_FIRST:
            fault = "none"
        if fault.startswith("too") and self._register < 1_000:
            fault = "none"
        register, chosen = self._register, self._draw(st.integers(0, 1_000))
        false_l = {
            "spike": register + SPIKE_L + chosen,
            "too many": register * 1_000,
            "too few": register / 1_000,
        }
        match fault:
            case "small dip":
                self._dip(3 + chosen * (register // 110) // 1_000)
            case "lost carry":
                self._dip(2 ** (4 + chosen % 9))
            case "two values":
                self._hear(register)
                self._hear(register - 2 ** (4 + chosen % 9))
            case "estimated":
                self._hear(register + chosen - 500, Quality.ESTIMATED)
            case "lost":
                pass
            case _ if fault in false_l:
                self._hear(false_l[fault])
            case _:
                self._tell_truth()

    def _tell_truth(self) -> None:
        self._hear(self._register)
        self._told, self._dips = self._told + 1, 0
        if self._honest is not None or self._told >= AGREEING:
            self._honest = self._register

    def _dip(self, litres: int) -> None:
        """Report less than last time, by more than two ticks; else nothing could show it.

        At most two in a row: three that agree are another register, whatever they were.
        """
        if self._register - litres >= (self._honest or 0) - 2 or self._dips == AGREEING - 1:
            self._tell_truth()
            return
        self._dips += 1
        self._hear(self._register - litres)

    def _hear(self, litres: float, quality: Quality = Quality.GOOD) -> None:
        if litres >= 0:
            heard = report(self._at_ns, litres, boot=self._boot, quality=quality)
            self.story.reports.append(heard)


@st.composite
def stories(draw: st.DrawFn, faults: tuple[str, ...] = FAULTS) -> Story:
    """At most 88 hours of one meter, so that all of it is in the window."""
    teller = _Teller(draw, faults)
    for _ in range(draw(st.integers(3, 30))):
        teller.step()
    return teller.story
