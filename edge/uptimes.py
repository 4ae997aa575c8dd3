"""The cameras and lifts of a site, and the page that tells the gateway how a day of theirs went.

A page may be told again and again: the gateway keeps the newest of each device and day, so that
none is lost while it is away.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, json

from edge.presence import Presence
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Kind, Reading
from edge.registry import Registry
from edge.uptime import DAYS_KEPT, STANDINGS, Uptime, UptimeState
from edge.watch import Watched

KINDS = frozenset({Kind.CAM, Kind.LIFT})
PAGE_MAX = 500
_INTERVALS, _GRACE_NS, _HOLD_NS_MAX = 2, 15 * MINUTE_NS, 25 * HOUR_NS  # as for a device's state

Row = tuple[float, float, float, int]
"""Seconds up, down and planned to be down, and how often it went down."""


class UptimePage(Struct, frozen=True):
    """One local day, counted from 1970, as `edge` knows it at `at_ns`; the rest is unknown."""

    v: int
    edge: str
    at_ns: int
    day: int
    devices: Mapping[str, Row]


class Uptimes:
    """Every camera and lift of one registry, by the id of the device."""

    def __init__(
        self,
        registry: Registry,
        devices: Mapping[str, Watched[Presence]],
        utc_offset_h: float,
    ) -> None:
        self._devices = devices
        self._offset_ns = int(utc_offset_h * HOUR_NS)
        self.by_name = {
            name: Uptime(self._offset_ns)
            for name in registry.devices()
            if registry.bindings(name)[-1].device.kind in KINDS
        }

    def hear(self, reading: Reading) -> None:
        """Take in what a camera or a lift says of itself."""
        standing = STANDINGS.get((reading.channel, str(reading.value)))
        uptime = self.by_name.get(reading.device)
        if standing is not None and uptime is not None:
            at_ns = min(reading.at_ns, reading.received_ns)
            uptime.say(standing, at_ns, self._hold_ns(reading.device))

    def cut(self, at_ns: int, adapter: str | None = None) -> None:
        """Nobody could hear any of them from `at_ns` on, or those behind `adapter`."""
        for name, uptime in self.by_name.items():
            if adapter is None or self._devices[name].state.adapter == adapter:
                uptime.cut(at_ns, self._hold_ns(name))

    def pages(self, edge: str, now_ns: int, days_ago: int) -> Iterator[bytes]:
        """Yield that local day in messages of at most 500 devices; nothing where all is unknown."""
        day = (now_ns + self._offset_ns) // DAY_NS - days_ago
        rows: dict[str, Row] = {}
        for name, uptime in self.by_name.items():
            if found := uptime.until(now_ns, self._hold_ns(name)).get(day):
                spans_ns = (found.up_ns, found.down_ns, found.planned_ns)
                up_s, down_s, planned_s = (round(each_ns / SECOND_NS, 3) for each_ns in spans_ns)
                rows[name] = (up_s, down_s, planned_s, found.downs)
        listed = list(rows.items())
        for first in range(0, len(listed), PAGE_MAX):
            part = dict(listed[first : first + PAGE_MAX])
            yield json.encode(UptimePage(1, edge, now_ns, day, part))

    def states(self) -> dict[str, UptimeState]:
        """What a checkpoint keeps, by names to `restore`."""
        return {name: uptime.state for name, uptime in self.by_name.items()}

    def restore(self, states: Mapping[str, UptimeState]) -> None:
        """Take up `states`, of devices that the registry still has."""
        for name, uptime in self.by_name.items():
            uptime.state = states.get(name, uptime.state)

    def _hold_ns(self, device: str) -> int:
        presence = self._devices[device].state
        interval_ns = presence.expected_ns or presence.rhythm.interval_ns() or _HOLD_NS_MAX
        return min(_INTERVALS * interval_ns + _GRACE_NS, _HOLD_NS_MAX)


def turn(round_no: int) -> tuple[int, int]:
    """Which days to tell in a round, as days ago: today, and the others one after another."""
    return 0, 1 + round_no % (DAYS_KEPT - 1)
