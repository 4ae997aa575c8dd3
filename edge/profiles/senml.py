"""SenML (RFC 8428) in JSON: base fields resolved, each name taken apart into device and channel.

A device is what comes before the last ":" or "/" of a full name, a channel what comes after: one
of ours, a name that means one, or any name whose unit leaves no doubt, which then belongs to
the device's name. A sum (`s`) is a register where it stands for a total, and the integral over
time of a power or a flow, by the letter of the RFC. Binary values (`vd`) are not read.
Identity: SenML has none, so seq is a hash of what was resolved.
"""

from collections import defaultdict
from typing import Any, NamedTuple

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    json_value,
    number,
    seq_of,
    vendor_id,
)
from edge.profiles.channel import CHANNELS, kind_of
from edge.profiles.property_name import meaning
from edge.reading import SECOND_NS, TimeSource
from edge.wire import RECORDS_MAX, Reason, Rejection, WireError

RELATIVE_S_MAX = 2**28
"""Times below this are seconds from now; now is when the message was received."""
VERSION_MAX = 10
_TOPIC_END = "/senml"
_FACTORS = {("m3", "m3"): 1.0, ("L", "m3"): 0.001, ("l", "m3"): 0.001, ("%EL", "%"): 1.0}
_FACTORS |= {("kWh", "kWh"): 1.0, ("Wh", "kWh"): 0.001, ("J", "kWh"): 1 / 3_600_000}
_FACTORS |= {("kW", "W"): 1_000.0, ("mV", "V"): 0.001, ("mA", "A"): 0.001}
_FACTORS |= {("l/s", "m3/h"): 3.6, ("m3/s", "m3/h"): 3_600.0}
_SUMS = {
    "elec.power": ("elec.total", {"W": 1 / 3_600_000, "kW": 1 / 3_600}),
    "water.flow": ("water.total", {"m3/s": 1.0, "l/s": 0.001, "m3/h": 1 / 3_600}),
}
"""What the integral of a channel over seconds is, by the unit of what was integrated."""
_NAMES = {
    "temp": "temperature.c",
    "voltage": "elec.voltage",
    "current": "elec.current",
    "power": "elec.power",
    "flow": "water.flow",
    "battery": "battery.pct",
}
_UNITS = {
    "Cel": "temperature.c",
    "%RH": "humidity.pct",
    "lx": "illuminance.lx",
    "V": "elec.voltage",
    "A": "elec.current",
    "W": "elec.power",
    "%EL": "battery.pct",
    "lat": "place.lat",
    "lon": "place.lon",
}
_SIGNS = ":/"
_BOOLEANS = {
    "door.contact": {True: "open", False: "closed"},
    "leak": {True: "wet", False: "dry"},
    "smoke": {True: "smoke", False: "clear"},
    "sos": {True: "pressed", False: "clear"},
}


class _Resolved(NamedTuple):
    """A record with the base fields added: its full name, its time, and what it holds."""

    device: str
    channel: str
    at_ns: int
    relative: bool
    value: float | str


def _claims(topic: str, payload: bytes) -> bool:
    head = payload[:256]
    return topic.endswith(_TOPIC_END) or (head[:1] == b"[" and (b'"bn"' in head or b'"bt"' in head))


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    pack = json_value(payload)
    if not isinstance(pack, list):
        raise WireError(Reason.WRONG_TYPE, "not an array of records")
    if len(pack) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(pack)}; at most {RECORDS_MAX}")
    base: dict[str, Any] = {}
    devices: defaultdict[str, list[_Resolved]] = defaultdict(list)
    rejected: list[Rejection] = []
    for record in pack:
        if not isinstance(record, dict):
            raise WireError(Reason.WRONG_TYPE, "a record is not an object")
        base |= {key: value for key, value in record.items() if key in _BASE}
        try:
            if resolved := _resolved(record, base, received_ns):
                devices[resolved.device].append(resolved)
        except WireError as error:
            rejected.append(error.rejection)
    if not devices and rejected:
        raise WireError(rejected[0].reason, f"no record can be used: {rejected[0].detail}")
    return tuple(_message(*each, received_ns, rejected) for each in devices.items())


_BASE = ("bn", "bt", "bu", "bv", "bs", "bver")


def _message(
    device: str, records: list[_Resolved], received_ns: int, rejected: list[Rejection]
) -> VendorMessage:
    """One device's message; what was refused is handed over with the first of them."""
    sheet = Sheet(vendor_id("senml", device), received_ns, received_ns, TimeSource.DEVICE)
    for record in records:
        clock = TimeSource.RECEIVER if record.relative else TimeSource.DEVICE
        sheet.add(
            kind_of(record.channel), record.channel, record.value, at_ns=record.at_ns, clock=clock
        )
    sheet.rejected += rejected
    rejected.clear()
    said = str([record[1:] for record in records]).encode(errors="surrogatepass")
    return sheet.message(seq=seq_of(said), said=said)


def _resolved(record: dict[str, Any], base: dict[str, Any], received_ns: int) -> _Resolved | None:
    """`record` with its base fields; None when it only sets these."""
    own_unit = record.get("u", base.get("bu"))
    if not record.keys() & {"v", "vs", "vb", "vd", "s"}:
        return None
    if number(base.get("bver", VERSION_MAX), "bver") > VERSION_MAX:
        raise WireError(Reason.UNKNOWN_VERSION, f"SenML up to version {VERSION_MAX} is read")
    prefix, own = base.get("bn", ""), record.get("n", "")
    if not isinstance(prefix, str) or not isinstance(own, str):
        raise WireError(Reason.WRONG_TYPE, "'n' and 'bn' are texts")
    name = prefix + own
    device, channel = _named(name, own_unit)
    at_s = number(base.get("bt", 0), "bt") + number(record.get("t", 0), "t")
    relative = at_s < RELATIVE_S_MAX
    if not abs(at_s) < RELATIVE_S_MAX * RELATIVE_S_MAX:
        raise WireError(Reason.OUT_OF_RANGE, "a time is outside any calendar")
    at_ns = round(at_s * 1e6) * 1_000 + (received_ns if relative else 0)
    if "s" in record and "v" not in record:
        channel, value = _sum(record, base, channel, own_unit)
        return _Resolved(device, channel, at_ns, relative, value)
    return _Resolved(device, channel, at_ns, relative, _value(record, base, channel))


def _named(name: str, unit: Any) -> tuple[str, str]:
    """The device and the channel that a full name means; `unit` decides where it does not."""
    cut = max(name.rfind(":"), name.rfind("/"))
    device, last = name[: max(cut, 0)], name[cut + 1 :]
    if last in CHANNELS:
        return device, last
    if (known := meaning(last)) is not None:
        return device, known.channel
    if last.lower() in _NAMES:
        return device, _NAMES[last.lower()]
    if isinstance(unit, str) and unit in _UNITS:
        return name.rstrip(_SIGNS), _UNITS[unit]
    raise WireError(Reason.BAD_NAME, "neither the name nor the unit of a record means a channel")


def _sum(
    record: dict[str, Any], base: dict[str, Any], channel: str, unit: Any
) -> tuple[str, float]:
    total = number(record["s"], "s") + number(base.get("bs", 0), "bs")
    if channel.endswith(".total"):
        return channel, total * _factor(channel, unit)
    integral, factors = _SUMS.get(channel, ("", {}))
    wanted = CHANNELS[channel].unit if unit is None else str(unit)
    if wanted not in factors:
        raise WireError(Reason.WRONG_UNIT, f"a sum of {channel} in this unit is not read")
    return integral, total * factors[wanted]


def _factor(channel: str, unit: Any) -> float:
    wanted = CHANNELS[channel].unit
    factor = 1.0 if unit in (None, wanted) else _FACTORS.get((str(unit), wanted))
    if not factor:
        raise WireError(Reason.WRONG_UNIT, f"{channel} is in {wanted}")
    return factor


def _value(record: dict[str, Any], base: dict[str, Any], channel: str) -> float | str:
    if isinstance(text := record.get("vs"), str):
        return text
    if isinstance(flag := record.get("vb"), bool) and channel in _BOOLEANS:
        return _BOOLEANS[channel][flag]
    if "v" not in record:
        raise WireError(Reason.WRONG_TYPE, f"{channel}: 'v', 'vs' or 'vb' is read")
    factor = _factor(channel, record.get("u", base.get("bu")))
    return (number(record["v"], "v") + number(base.get("bv", 0), "bv")) * factor


PROFILE = Profile("senml", (), ("+/senml",), _claims, _decode)

_T_S = 1_788_390_574
_T_NS = _T_S * SECOND_NS
_RFC_NS = 1_320_067_464 * SECOND_NS
_ID = "senml:urn:dev:ow:10e2073a01080063"
RECORDED = (
    Recorded(
        "base name, base time and base unit",
        "",
        b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1788390574,"bu":"m3","n":"water.total",'
        b'"v":6.05},{"n":"water.total","t":60,"v":6054,"u":"L"},'
        b'{"n":"leak","t":60,"vb":false},{"n":"meter.fault","t":60,"vs":""}]',
        _T_NS + 61 * SECOND_NS,
        (
            Expected(_ID, "water.total", 6.05, _T_NS),
            Expected(_ID, "water.total", 6.054, _T_NS + 60 * SECOND_NS),
            Expected(_ID, "leak", "dry", _T_NS + 60 * SECOND_NS),
            Expected(_ID, "meter.fault", "", _T_NS + 60 * SECOND_NS),
        ),
    ),
    Recorded(
        "times before now, and a channel of nobody",
        "s01/senml",
        b'[{"bn":"m-7/","n":"elec.power","u":"W","v":55.5,"t":-5},{"n":"elec.colour","v":1}]',
        _T_NS,
        (Expected("senml:m-7", "elec.power", 55.5, _T_NS - 5 * SECOND_NS),),
    ),
    Recorded(
        "the units of the RFC's example say what it measures",
        "",
        b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1320067464,"bu":"%RH","v":20},'
        b'{"u":"lon","v":24.30621},{"u":"lat","v":60.07965},{"t":60,"v":20.3}]',
        _T_NS,
        (
            Expected(_ID, "humidity.pct", 20.0, _RFC_NS),
            Expected(_ID, "place.lon", 24.30621, _RFC_NS),
            Expected(_ID, "place.lat", 60.07965, _RFC_NS),
            Expected(_ID, "humidity.pct", 20.3, _RFC_NS + 60 * SECOND_NS),
        ),
    ),
    Recorded(
        "power is not counted in litres",
        "",
        b'[{"bn":"m-7/","n":"elec.power","u":"L","v":55.5}]',
        _T_NS,
        Reason.WRONG_UNIT,
    ),
)
