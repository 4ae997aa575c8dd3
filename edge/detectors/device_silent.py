"""A device is not heard although the edge is listening.

It says nothing about the resident: it says that from here on nobody can know. Time during
which the edge, or the device's adapter, was cut off does not count against the device.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.habit import Habit, habit
from edge.leeway import Bounds
from edge.presence import Presence
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Evidence, Reading, Tier
from edge.registry import Device

INTERVALS = 3
GRACE_NS = 10 * MINUTE_NS
ARRIVALS_NEEDED = 4


@dataclass(frozen=True, slots=True)
class DeviceSilent:
    """No message for three of the device's own intervals and ten minutes of listening.

    To these is added what the device strays by: the last one before them may have come early.
    The interval is the registry's until four messages have shown the device's own. One that
    reports at set times of the day is expected then, as `edge.habit` says. A device that only
    speaks when something happens must not be given an interval, and is then judged by its
    rhythm. After an outage a device gets up to one more interval to come back.
    """

    watches: ClassVar[type] = Presence
    version: ClassVar[int] = 3
    category: ClassVar[str] = "device"
    tier: ClassVar[Tier] = Tier.GENERAL

    soonest_ns: ClassVar[int] = GRACE_NS
    tunes: ClassVar[Bounds] = Bounds(2.0)

    rule: str = "device_silent"
    scale: float = 1.0

    @classmethod
    def install(cls, device: Device) -> tuple["DeviceSilent", ...]:
        """One rule for every device."""
        del device
        return (cls(),)

    def scaled(self, scale: float) -> "DeviceSilent":
        """The rule that bears longer silence."""
        return replace(self, scale=self.scale * scale)

    def observe(self, state: Presence, reading: Reading) -> Presence:
        """The presence with `reading` heard."""
        state.hear(reading.received_ns, reading.at_ns)
        return state

    def evaluate(
        self, state: Presence, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether the device should have been heard by `now_ns` and was not."""
        interval_ns = _interval_ns(state)
        last_ns = state.rhythm.last_ns
        if active_since_ns is not None and last_ns not in (None, active_since_ns):
            return Status(Condition.GONE, active_since_ns, now_ns, interval_ns or 0)
        if interval_ns is None:
            return WarmingUp(state.rhythm.heard, ARRIVALS_NEEDED)
        due_ns = self.next_due(state)
        silent = due_ns is not None and now_ns >= due_ns
        since_ns = active_since_ns or last_ns or state.began_ns or now_ns
        condition = Condition.HOLDS if silent else Condition.UNKNOWN
        return Status(condition, since_ns, now_ns, interval_ns)

    def next_due(self, state: Presence) -> int | None:
        """The first moment at which silence is too long; None while nothing can be heard."""
        interval_ns, listening = _interval_ns(state), state.listening
        if interval_ns is None or listening.open_ns is None:
            return None
        last_ns, known = state.rhythm.last_ns, habit(state.rhythm)
        if known and last_ns and not state.is_afresh and state.missed_ns < GRACE_NS:
            return last_ns + self._longer(known.due_ns(last_ns) - last_ns) + state.missed_ns
        enough_ns = self._longer(_enough_ns(state, interval_ns))
        allowed_ns = min(state.missed_ns, interval_ns + GRACE_NS)
        due_ns = listening.due_ns(state.base_ns + enough_ns + allowed_ns) or 0
        start_ns = max(listening.open_ns, last_ns or 0, state.began_ns or 0)
        return min(due_ns, start_ns + enough_ns) + 1

    def evidence(self, state: Presence, status: Status, utc_offset_h: float) -> Evidence:
        """How long nothing was heard, against how often the device is usually heard."""
        silence_h = (status.at_ns - status.since_ns) / HOUR_NS
        interval_min = status.interval_ns / MINUTE_NS
        known = habit(state.rhythm)
        delay_ns = known.delay_ns if known else _enough_ns(state, status.interval_ns)
        delay_s = self._longer(delay_ns) / SECOND_NS
        heard_ns = state.rhythm.newest_ns or status.since_ns
        silence, interval = f"{silence_h:.1f}", f"{interval_min:.0f}"
        if status.condition is Condition.GONE:
            zh, en = _heard_again(silence, interval, hhmm(status.at_ns, utc_offset_h))
        else:
            until, delay_h = hhmm(heard_ns, utc_offset_h), f"{delay_s / 3600:.1f}"
            zh, en = _not_heard(silence, interval, until, delay_h)
        return Evidence(
            seen={"silence_h": round(silence_h, 3)},
            usual={"interval_min": round(interval_min, 1), **_usual_time(known, utc_offset_h)},
            complete_until_ns=heard_ns,
            delay_s_worst=delay_s,
            sentence_zh=zh,
            sentence_en=en,
        )

    def _longer(self, wait_ns: int) -> int:
        return wait_ns if self.scale == 1.0 else int(wait_ns * self.scale)


def _enough_ns(state: Presence, interval_ns: int) -> int:
    """The silence that is too long: more of a device that comes now early, now late."""
    strays_ns = min(state.rhythm.strays_ns(), interval_ns)
    return INTERVALS * interval_ns + strays_ns + GRACE_NS


def _interval_ns(state: Presence) -> int | None:
    if state.rhythm.heard >= ARRIVALS_NEEDED:
        return state.rhythm.interval_ns()
    return state.expected_ns


def _usual_time(known: Habit | None, utc_offset_h: float) -> dict[str, float | str]:
    if known is None:
        return {}
    spread_min = round(known.spread_ns / MINUTE_NS, 1)
    return {"report_at": hhmm(known.at_ns, utc_offset_h), "spread_min": spread_min}


# Sentences are written out, not filled in: a whole site may fall silent in one sweep.
def _not_heard(silence_h: str, interval_min: str, until: str, delay_h: str) -> tuple[str, str]:
    return (
        f"设备 {silence_h} 小时无消息（通常每 {interval_min} 分钟一次），数据只到 {until}，"
        f"其后情况未知；此类静默最迟约 {delay_h} 小时可发现"
    ), (
        f"No message from the device for {silence_h} h (usually every {interval_min} min); data "
        f"end at {until} and nothing is known since; such silence may take {delay_h} h to show"
    )


def _heard_again(silence_h: str, interval_min: str, now: str) -> tuple[str, str]:
    return (
        f"设备于 {now} 恢复上报，此前静默 {silence_h} 小时（通常每 {interval_min} 分钟一次）"
    ), (
        f"The device was heard again at {now} after {silence_h} h of silence (usually every "
        f"{interval_min} min)"
    )
