"""A register changed in a way that a person should confirm: replaced, reset, rolled over.

It says nothing about the resident. Until somebody declares what both registers showed, what
was used across the change is unknown, and no other rule may conclude anything from it.
"""

from dataclasses import dataclass
from typing import ClassVar

from edge.chain import WINDOW_NS, JointKind
from edge.completeness import Home, watermark_ns
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.meter import Change
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Unit
from edge.rest import Rest
from edge.signature import AGREEING, ML_PER_M3

_FOR_EVER_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MeterBreak:
    """Three readings agree on another register, or three were sent in a wrong unit.

    Ends when a replacement is declared that explains the change, when later data show that
    there was none, or when the change is older than the meters' memory of 96 hours.
    """

    watches: ClassVar[type] = Home
    version: ClassVar[int] = 1
    category: ClassVar[str] = "device"
    tier: ClassVar[Tier] = Tier.GENERAL

    rule: str = "meter_break"

    @classmethod
    def install(cls, unit: Unit) -> tuple["MeterBreak", ...]:
        """One rule where the water is watched for the resident's sake."""
        return (cls(),) if "alone" in unit.care else ()

    def observe(self, state: Home, reading: Reading) -> Home:
        """The home with `reading` in its meters."""
        state.observe(reading)
        return state

    def evaluate(
        self, state: Home, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether a change in the meters' memory waits for somebody to confirm it."""
        meters = state.meters(now_ns)
        for meter in meters:
            if change := meter.change():
                since_ns = active_since_ns or change.first_ns
                return Status(Condition.HOLDS, since_ns, now_ns, meter.interval_ns())
        mark_ns = watermark_ns(meters)
        if mark_ns is None:
            return WarmingUp(0.0, 1.0)
        return Status(Condition.GONE, active_since_ns or mark_ns, now_ns, 0)

    def rest(self, state: Home) -> Rest | None:
        """While the register goes on as it did, nothing waits to be confirmed."""
        meter = state.only()
        if meter is None or meter.change() or not meter.chain.times_ns:
            return None
        return Rest(meter, meter.course, _FOR_EVER_NS)

    def next_due(self, state: Home) -> int | None:
        """Never: only readings show a change."""
        del state
        return None

    def evidence(self, state: Home, status: Status, utc_offset_h: float) -> Evidence:
        """What both registers showed, and when."""
        changed = [
            (binding.device.id, change)
            for binding, meter in state.named()
            if (change := meter.change())
        ]
        delays_ns = [AGREEING * meter.interval_ns() for meter in state.meters(status.at_ns)]
        zh, en = _SENTENCES[changed[0][1].kind] if changed else _OVER
        words = _words(*changed[0], utc_offset_h) if changed else {}
        return Evidence(
            seen=_seen(*changed[0]) if changed else {},
            usual={"agreeing": AGREEING, "window_h": WINDOW_NS / HOUR_NS},
            complete_until_ns=watermark_ns(state.meters(status.at_ns)) or status.since_ns,
            delay_s_worst=max(delays_ns, default=0) / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


def _seen(device: str, change: Change) -> dict[str, float | str]:
    seen: dict[str, float | str] = {
        "device": device,
        "change": change.kind.value if change.kind else "unit",
        "last_m3": change.last_ml / ML_PER_M3,
        "first_m3": change.first_ml / ML_PER_M3,
        "last_seen_s": change.last_ns // SECOND_NS,
        "first_seen_s": change.first_ns // SECOND_NS,
    }
    if change.inferred_ml is not None:
        seen["inferred_m3"] = change.inferred_ml / ML_PER_M3
    return seen


def _words(device: str, change: Change, utc_offset_h: float) -> dict[str, str]:
    return {
        "device": device,
        "last_m3": f"{change.last_ml / ML_PER_M3:g}",
        "first_m3": f"{change.first_ml / ML_PER_M3:g}",
        "last": hhmm(change.last_ns, utc_offset_h),
        "first": hhmm(change.first_ns, utc_offset_h),
    }


_ZH = "水表 {device} {last} 读数 {last_m3} 立方米，{first} 起为 {first_m3} 立方米，"
_EN = "Water meter {device} showed {last_m3} m3 at {last} and {first_m3} m3 from {first} on; "
_SENTENCES: dict[JointKind | None, tuple[str, str]] = {
    JointKind.REPLACED: (
        _ZH + "疑似换表：请核实并登记新旧表读数，登记前其间用水量未知",
        _EN + "was it replaced? Confirm it with both registers; the use between is unknown",
    ),
    JointKind.RESET: (
        _ZH + "设备重启后归零：请核实，其间用水量未知",
        _EN + "the device restarted and began again. Please check; the use between is unknown",
    ),
    JointKind.ROLLOVER: (
        _ZH + "疑似翻转归零：请核实并登记，登记前其间用水量只能推测",
        _EN + "did it roll over? Confirm it; until then the use between is only inferred",
    ),
    None: (
        _ZH + "疑似单位错误（升与立方米相差千倍），读数未采用：请核实设备单位",
        _EN + "litres for m3, or the reverse? The readings are not used; check the unit",
    ),
}
_OVER = (
    "水表读数变化已登记、已排除或已满 4 天，其后读数连续",
    "The change of the register is declared, ruled out or four days old; it runs on since",
)
