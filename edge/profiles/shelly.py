"""Shelly Gen2+: `NotifyStatus` with what changed, `<prefix>/status/<component>` with all of it.

What a notification leaves out is unchanged, what it has as null is not known: neither is a
reading. Component 0 is the device itself, `shelly:<id>`; component n is `shelly:<id>/<n>`.
Energies are Wh. A notification is named by its content, since `ts` is in it; a status has
no time and is named by its receipt. Only the fields of `switch` were seen in a payload; the
names of the other components are those of the vendor's reference.
"""

import re
from collections.abc import Callable
from typing import Any

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    epoch_ns,
    json_object,
    vendor_id,
)
from edge.profiles.field import Form, Object, as_object, identifier, part, truth, unnumbered, utf8
from edge.reading import Kind, Quality, TimeSource
from edge.wire import AT_NS_MIN, Reason, WireError

_COMPONENT = re.compile(r"([a-z][a-z0-9]{0,31}):([0-9]{1,4})")
_RPC = "/events/rpc"
_ONLINE = "/online"
_STATUS_METHODS = frozenset(("NotifyStatus", "NotifyFullStatus"))
_METHODS = _STATUS_METHODS | {"NotifyEvent"}
_COMPONENTS_MAX = 64


def _claims(topic: str, payload: bytes) -> bool:
    parts = topic.split("/")
    match parts:
        case [_, *_, "events", "rpc"]:
            return True
        case [_, *_, "status", component]:
            return _COMPONENT.fullmatch(component) is not None
        case [_, *_, "online"]:
            return payload in {b"true", b"false"}
    return False


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if topic.endswith(_ONLINE):
        device = vendor_id("shelly", topic.removesuffix(_ONLINE))
        sheet = Sheet(device, received_ns, received_ns, TimeSource.RECEIVER)
        state = "up" if truth(utf8(payload), "online") else "down"
        sheet.add(Kind.PLUG, "device.state", state)
        return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)
    body = json_object(payload)
    if topic.endswith(_RPC):
        return _notified(topic, payload, body, received_ns)
    prefix, _, component = topic.rpartition("/status/")
    at = (received_ns, TimeSource.RECEIVER, Quality.GOOD)
    seq = unnumbered(topic, payload, received_ns)
    return _components(prefix, {component: body}, received_ns, at, (seq, payload))


def _notified(topic: str, payload: bytes, body: Object, received_ns: int) -> VendorMessages:
    method = body.get("method")
    if not isinstance(method, str) or method not in _METHODS:
        raise WireError(Reason.UNKNOWN_VERSION, "'method' is no notification of Gen2+")
    if method not in _STATUS_METHODS:
        return ()  # a button or a system event: no channel of ours
    params = part(body, "params")
    device = identifier(body.get("src"), "src")
    at = _at(params.get("ts"), received_ns)
    receipt_ns = 0 if at[1] is TimeSource.DEVICE else received_ns
    seq = unnumbered(topic, payload, receipt_ns)
    return _components(device, params, received_ns, at, (seq, payload))


_At = tuple[int, TimeSource, Quality]


def _at(ts: Any, received_ns: int) -> _At:
    at_ns = 0 if ts is None else epoch_ns(ts, "ts")
    if at_ns < AT_NS_MIN:
        return received_ns, TimeSource.RECEIVER, Quality.CLOCK_UNSET
    return at_ns, TimeSource.DEVICE, Quality.GOOD


def _components(
    device: str, statuses: Object, received_ns: int, at: _At, name: tuple[int, bytes]
) -> VendorMessages:
    """One message a device and number, with the readings of all its components."""
    at_ns, clock, quality = at
    sheets: dict[str, Sheet] = {}
    for key, status in statuses.items():
        match = _COMPONENT.fullmatch(key)
        if match is None or match[1] not in _READERS or status is None:
            continue
        owner = vendor_id("shelly", device, *([match[2]] if int(match[2]) else []))
        if owner not in sheets:
            sheets[owner] = Sheet(owner, received_ns, at_ns, clock)
        _READERS[match[1]](sheets[owner], as_object(status, key), quality)
        if len(sheets) > _COMPONENTS_MAX:
            raise WireError(Reason.TOO_MANY_RECORDS, f"over {_COMPONENTS_MAX} components")
    return tuple(_named(sheet, name) for sheet in sheets.values())


def _named(sheet: Sheet, name: tuple[int, bytes]) -> VendorMessage:
    return sheet.message(seq=name[0], said=name[1])


def _outlet(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, status, quality=quality)
    form.amount(Kind.PLUG, "elec.power", "apower")
    form.amount(Kind.PLUG, "elec.voltage", "voltage")
    form.amount(Kind.PLUG, "elec.current", "current")
    form.state(Kind.PLUG, "switch", "output", ("on", "off"))
    energy = Form(sheet, part(status, "aenergy"), quality=quality)
    energy.amount(Kind.PLUG, "elec.total", "total", per_unit=1000.0)
    heat = Form(sheet, part(status, "temperature"), quality=quality)
    heat.amount(Kind.PLUG, "temperature.c", "tC")


def _three_phases(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, status, quality=quality)
    form.amount(Kind.ELEC, "elec.power", "total_act_power")
    for phase, end in (("a", ""), ("b", ".b"), ("c", ".c")):
        form.amount(Kind.ELEC, f"elec.voltage{end}", f"{phase}_voltage")
        form.amount(Kind.ELEC, f"elec.current{end}", f"{phase}_current")


def _three_phases_energy(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, status, quality=quality)
    form.amount(Kind.ELEC, "elec.total", "total_act", per_unit=1000.0)
    form.amount(Kind.ELEC, "elec.export", "total_act_ret", per_unit=1000.0)


def _one_phase(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, status, quality=quality)
    form.amount(Kind.ELEC, "elec.power", "act_power")
    form.amount(Kind.ELEC, "elec.voltage", "voltage")
    form.amount(Kind.ELEC, "elec.current", "current")


def _one_phase_energy(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, status, quality=quality)
    form.amount(Kind.ELEC, "elec.total", "total_act_energy", per_unit=1000.0)
    form.amount(Kind.ELEC, "elec.export", "total_act_ret_energy", per_unit=1000.0)


def _hygrometer(sheet: Sheet, status: Object, quality: Quality) -> None:
    Form(sheet, status, quality=quality).amount(Kind.ENV, "humidity.pct", "rh")


def _light_meter(sheet: Sheet, status: Object, quality: Quality) -> None:
    Form(sheet, status, quality=quality).amount(Kind.ENV, "illuminance.lx", "lux")


def _battery(sheet: Sheet, status: Object, quality: Quality) -> None:
    form = Form(sheet, part(status, "battery"), quality=quality)
    form.amount(Kind.ENV, "battery.v", "V")
    form.amount(Kind.ENV, "battery.pct", "percent")


def _thermometer(sheet: Sheet, status: Object, quality: Quality) -> None:
    Form(sheet, status, quality=quality).amount(Kind.ENV, "temperature.c", "tC")


def _flood(sheet: Sheet, status: Object, quality: Quality) -> None:
    Form(sheet, status, quality=quality).state(Kind.LEAK, "leak", "alarm", ("wet", "dry"))


def _smoke(sheet: Sheet, status: Object, quality: Quality) -> None:
    Form(sheet, status, quality=quality).state(Kind.SMOKE, "smoke", "alarm", ("smoke", "clear"))


_READERS: dict[str, Callable[[Sheet, Object, Quality], None]] = {
    "switch": _outlet,
    "pm1": _outlet,
    "devicepower": _battery,
    "light": _outlet,
    "em": _three_phases,
    "emdata": _three_phases_energy,
    "em1": _one_phase,
    "em1data": _one_phase_energy,
    "temperature": _thermometer,
    "humidity": _hygrometer,
    "illuminance": _light_meter,
    "flood": _flood,
    "smoke": _smoke,
}

PROFILE = Profile(
    name="shelly",
    kinds=(Kind.PLUG, Kind.ELEC, Kind.LEAK, Kind.SMOKE, Kind.ENV),
    filters=("+/events/rpc", "+/status/+", "+/online"),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_675_718_550_000_000_000
_AT_NS = 1_631_186_545_040_000_000
_LATE_NS = 1_631_186_546_000_000_000
_PRO4 = "shelly:shellypro4pm-f008d1d8b8b8"
_PRO1 = "shelly:flat3-kettle"
RECORDED = (
    Recorded(
        "a notification of a switch says nothing of power",
        "shellypro4pm-f008d1d8b8b8/events/rpc",
        b'{"src":"shellypro4pm-f008d1d8b8b8","dst":"user_1","method":"NotifyStatus",'
        b'"params":{"ts":1631186545.04,"switch:0":{"id":0,"output":true,"source":"button"}}}',
        _LATE_NS,
        (Expected(_PRO4, "switch", "on", _AT_NS),),
    ),
    Recorded(
        "what changed at two components, and one value not known",
        "shellypro4pm-f008d1d8b8b8/events/rpc",
        b'{"src":"shellypro4pm-f008d1d8b8b8","dst":"user_1","method":"NotifyStatus",'
        b'"params":{"ts":1631186545.04,"switch:0":{"id":0,"apower":4.5,"voltage":null},'
        b'"switch:2":{"id":2,"aenergy":{"total":1500.0,"minute_ts":null}}}}',
        _LATE_NS,
        (
            Expected(_PRO4, "elec.power", 4.5, _AT_NS),
            Expected(f"{_PRO4}/2", "elec.total", 1.5, _AT_NS),
        ),
    ),
    Recorded(
        "null for a clock that is not set",
        "shellypro4pm-f008d1d8b8b8/events/rpc",
        b'{"src":"shellypro4pm-f008d1d8b8b8","method":"NotifyStatus",'
        b'"params":{"ts":null,"switch:0":{"id":0,"apower":0.0}}}',
        _LATE_NS,
        (Expected(_PRO4, "elec.power", 0.0, _LATE_NS, Quality.CLOCK_UNSET),),
    ),
    Recorded(
        "a whole status, energy in Wh",
        "flat3-kettle/status/switch:0",
        b'{"id":0,"source":"HTTP","output":false,"apower":47.11,"voltage":232.0,"current":0.0,'
        b'"pf":0.0,"aenergy":{"total":5.125,"by_minute":[0.0,0.0,0.0],"minute_ts":1675718520},'
        b'"temperature":{"tC":25.3,"tF":77.5}}',
        _NOW_NS,
        (
            Expected(_PRO1, "elec.power", 47.11, _NOW_NS),
            Expected(_PRO1, "elec.voltage", 232.0, _NOW_NS),
            Expected(_PRO1, "elec.current", 0.0, _NOW_NS),
            Expected(_PRO1, "switch", "off", _NOW_NS),
            Expected(_PRO1, "elec.total", 0.005125, _NOW_NS),
            Expected(_PRO1, "temperature.c", 25.3, _NOW_NS),
        ),
    ),
    Recorded(
        "the will",
        "flat3-kettle/online",
        b"false",
        _NOW_NS,
        (Expected(_PRO1, "device.state", "down", _NOW_NS),),
    ),
    Recorded(
        "an answer to a call is no notification",
        "flat3-kettle/events/rpc",
        b'{"id":1,"src":"flat3-kettle","result":{}}',
        _NOW_NS,
        Reason.UNKNOWN_VERSION,
    ),
)
