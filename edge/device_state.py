"""What the edge knows of its devices and watched homes, as retained messages say it.

Every statement bears the time until which it may be believed, since a retained message
outlives whoever sent it. What the edge cannot know is `unknown`, never "all is well".
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from edge.completeness import Home
from edge.detectors.base import Condition, Status
from edge.meter import Meter
from edge.presence import Presence
from edge.reading import HOUR_NS, MINUTE_NS
from edge.registry import Binding, Registry
from edge.signature import ML_PER_M3
from edge.topic import DeviceTopic, Verb, device_topic, home_state_topic
from edge.watch import Watch, Watched

_INTERVALS, _GRACE_NS = 2, 15 * MINUTE_NS  # as for a live finding
_GOOD_NS_MAX = 25 * HOUR_NS
_WHY_MAX = 64

REFRESH_S = 600.0
"""A statement is repeated after this long, so that its reader notices when the edge is gone."""


class State(StrEnum):
    """A device as the edge knows it."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"
    FAULT = "fault"


class Welfare(StrEnum):
    """A watched home as its rules know it; `clear` only on complete and recent data."""

    RAISED = "raised"
    CLEAR = "clear"
    UNKNOWN = "unknown"


class DeviceState(Struct, frozen=True, omit_defaults=True):
    """A device's retained message; times are 0 where there is none.

    `at_ns` is when it was last heard, `water_m3` its believed register.
    """

    v: int
    state: State
    why: str
    at_ns: int
    good_until_ns: int
    water_m3: float | None = None


class HomeState(Struct, frozen=True):
    """A watched home's retained message; `at_ns` is how far its data are known."""

    v: int
    state: Welfare
    at_ns: int
    good_until_ns: int


Statement = DeviceState | HomeState
Devices = Mapping[str, Watched[Presence]]
Homes = Mapping[str, Watched[Home]]
Speaks = Callable[[Watch[Any], str], bool]
"""Whether what a watch says of a subject is for people: the shadow tells nobody here either."""


def everybody(_: Watch[Any], __: str) -> bool:
    """Every rule speaks."""
    return True


def statements(
    registry: Registry, devices: Devices, homes: Homes, now_ns: int, speaks: Speaks = everybody
) -> Iterator[tuple[str, Statement]]:
    """Yield each retained topic of the edge, with what is true there at `now_ns`."""
    for name, device in devices.items():
        if binding := registry.binding(name, now_ns):
            home = homes.get(binding.unit.code)
            meter = _meter(home.state, binding) if home else None
            yield state_topic(registry.site, binding), _device_state(device, meter, now_ns, speaks)
    for code, home in homes.items():
        to = home_state_topic(registry.site, registry.unit(code).building, code)
        yield to, _home_state(home, registry.subject(code), now_ns, speaks)


def state_topic(site: str, binding: Binding) -> str:
    """Where the state of the device stands while it hangs there."""
    device, unit = binding.device, binding.unit
    place = DeviceTopic(site, unit.building, unit.code, device.kind, device.id, Verb.STATE)
    return device_topic(place)


def _meter(home: Home, binding: Binding) -> Meter | None:
    return next((meter for bound, meter in home.named() if bound == binding), None)


def _device_state(
    device: Watched[Presence], meter: Meter | None, now_ns: int, speaks: Speaks
) -> DeviceState:
    rhythm = device.state.rhythm
    heard_ns = rhythm.last_ns or 0
    interval_ns = rhythm.interval_ns() or device.state.expected_ns or _GOOD_NS_MAX
    until_ns = heard_ns + min(_INTERVALS * interval_ns + _GRACE_NS, _GOOD_NS_MAX)
    raised = [
        watch.rule
        for watch in device.watches
        if (about := watch.episode) and speaks(watch, about.subject)
    ]
    state, why = _told(raised) or _judged(device, meter, heard_ns, now_ns)
    register_ml = meter.register_ml if meter else None
    water_m3 = None if register_ml is None else register_ml / ML_PER_M3
    return DeviceState(1, state, why, heard_ns, until_ns if heard_ns else 0, water_m3)


def _told(raised: list[str]) -> tuple[State, str] | None:
    if not raised:
        return None
    return (State.DOWN if "device_silent" in raised else State.FAULT), raised[0]


def _judged(
    device: Watched[Presence], meter: Meter | None, heard_ns: int, now_ns: int
) -> tuple[State, str]:
    if device.state.adapter is not None and device.state.listening.open_ns is None:
        return State.UNKNOWN, "adapter_down"
    fault = meter.faults.during(now_ns, now_ns) if meter else ""
    if fault:
        return State.FAULT, fault[:_WHY_MAX]
    return (State.UP, "heard") if heard_ns else (State.UNKNOWN, "never_heard")


def _home_state(home: Watched[Home], subject: str, now_ns: int, speaks: Speaks) -> HomeState:
    newest_ns = home.state.newest_ns()
    if newest_ns is None:
        return HomeState(1, Welfare.UNKNOWN, 0, 0)
    meters = home.state.meters(newest_ns)
    interval_ns = max((meter.interval_ns() for meter in meters), default=0)
    until_ns = newest_ns + min(_INTERVALS * interval_ns + _GRACE_NS, _GOOD_NS_MAX)
    watches = [w for w in home.watches if w.detector.category == "welfare" and speaks(w, subject)]
    state = _welfare(home.state, watches, newest_ns, fresh=now_ns <= until_ns)
    return HomeState(1, state, newest_ns, until_ns)


def _welfare(home: Home, watches: list[Watch[Home]], newest_ns: int, *, fresh: bool) -> Welfare:
    if any(watch.episode for watch in watches):
        return Welfare.RAISED
    if home.excused(newest_ns - 1, newest_ns):
        return Welfare.UNKNOWN  # no supply
    clear = fresh and watches and all(_is_clear(watch, home, newest_ns) for watch in watches)
    return Welfare.CLEAR if clear else Welfare.UNKNOWN


def _is_clear(watch: Watch[Home], home: Home, newest_ns: int) -> bool:
    """Whether the rule says that all is well; one that breaks says nothing."""
    try:
        answer = watch.detector.evaluate(home, newest_ns)
    except Exception:  # noqa: BLE001  (the fold supervises rules, and counts and logs this)
        return False
    return isinstance(answer, Status) and answer.condition is Condition.GONE
