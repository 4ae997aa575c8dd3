"""An adapter is down, and with it every device that speaks through it.

One finding for all of them: while it lasts nobody can know anything of these devices, so
none of them is called silent.
"""

from dataclasses import dataclass
from typing import ClassVar

from edge.adapters import GRACE_NS, Adapter
from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Reading, Tier


@dataclass(frozen=True, slots=True)
class AdapterDown:
    """The adapter, or the broker for it, has said that it is down, for over five minutes."""

    watches: ClassVar[type] = Adapter
    version: ClassVar[int] = 1
    category: ClassVar[str] = "device"
    tier: ClassVar[Tier] = Tier.GENERAL

    rule: str = "adapter_down"

    @classmethod
    def install(cls) -> tuple["AdapterDown", ...]:
        """One rule for every adapter."""
        return (cls(),)

    def observe(self, state: Adapter, reading: Reading) -> Adapter:
        """The same adapter: what its devices measure says nothing about it."""
        del reading
        return state

    def evaluate(
        self, state: Adapter, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether it has been down for so long at `now_ns`."""
        said = state.state
        if said.since_ns is None:
            return WarmingUp(0.0, 1.0)
        since_ns = said.since_ns if active_since_ns is None else active_since_ns
        if said.up:
            return Status(Condition.GONE, since_ns, now_ns, 0)
        lasting = now_ns - said.since_ns > GRACE_NS
        return Status(Condition.HOLDS if lasting else Condition.UNKNOWN, since_ns, now_ns, 0)

    def next_due(self, state: Adapter) -> int | None:
        """When it will have been down for so long; None while it is up."""
        said = state.state
        return None if said.up or said.since_ns is None else said.since_ns + GRACE_NS + 1

    def evidence(self, state: Adapter, status: Status, utc_offset_h: float) -> Evidence:
        """Since when it is down, and how many devices and homes that hides."""
        devices, homes = state.behind(status.at_ns)
        down_h = (status.at_ns - status.since_ns) / HOUR_NS
        zh, en = _SENTENCES[status.condition]
        words = {
            "devices": devices,
            "homes": homes,
            "down_h": f"{down_h:.1f}",
            "since": hhmm(status.since_ns, utc_offset_h),
            "now": hhmm(status.at_ns, utc_offset_h),
        }
        return Evidence(
            seen={"down_h": round(down_h, 3), "devices": devices, "hidden_homes": homes},
            usual={},
            complete_until_ns=status.since_ns,
            delay_s_worst=GRACE_NS / SECOND_NS,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


_SENTENCES = {
    Condition.HOLDS: (
        "采集网关自 {since} 起离线，其下 {devices} 台设备（{homes} 户）的情况未知",
        (
            "The adapter is down since {since}; nothing is known of the {devices} devices in "
            "{homes} homes behind it"
        ),
    ),
    Condition.GONE: (
        (
            "采集网关于 {now} 恢复，此前离线 {down_h} 小时；"
            "其下 {devices} 台设备（{homes} 户）重新开始监听"
        ),
        (
            "The adapter is up again at {now} after {down_h} h; its {devices} devices in {homes} "
            "homes are listened to afresh"
        ),
    ),
}
