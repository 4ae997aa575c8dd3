"""ThingsBoard telemetry: of a gateway, which names its devices, and of a device by topic.

`v1/devices/me/telemetry` names nobody, since the platform knows the device by its password. Here
it is `thingsboard:me`: name it in the registry only where one device publishes so, or two meters
become one. A bridge that knows the device writes `v1/devices/<name>/telemetry`. Without `ts` (ms)
the time is that of receipt. Pulses without a weight are no volume. Messages with `ts` are named
by their content, others by their receipt too.
"""

from typing import Any, NamedTuple

from edge.profiles import property_name
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    epoch_ns,
    json_object,
    json_value,
    vendor_id,
)
from edge.profiles.field import Object, as_object, unnumbered
from edge.reading import Kind, TimeSource
from edge.wire import RECORDS_MAX, Reason, WireError

_GATEWAY = "v1/gateway/telemetry"


class _Sample(NamedTuple):
    """What one device said at once."""

    device: str
    at_ns: int | None
    values: Object


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    match topic.split("/"):
        case ["v1", "gateway", "telemetry"]:
            return True
        case ["v1", "devices", name, "telemetry"]:
            return bool(name)
    return False


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    match topic.split("/"):
        case ["v1", "gateway", "telemetry"]:
            named = json_object(payload)
            samples = [one for name, batch in named.items() for one in _samples(name, batch)]
        case ["v1", "devices", name, "telemetry"]:
            samples = _samples(name, json_value(payload))
        case _:
            raise WireError(Reason.UNKNOWN_TOPIC, "not the telemetry of a device or gateway")
    if len(samples) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(samples)} samples; at most {RECORDS_MAX}")
    newest: dict[str, int] = {}
    for sample in samples:
        if sample.at_ns is not None:
            newest[sample.device] = max(sample.at_ns, newest.get(sample.device, sample.at_ns))
    return tuple(
        _message(sample, newest, unnumbered(f"{topic} {index}", payload), received_ns)
        for index, sample in enumerate(samples)
    )


def _samples(device: str, batch: Any) -> list[_Sample]:
    listed = batch if isinstance(batch, list) else [batch]
    return [_sample(device, as_object(each, "telemetry")) for each in listed]


def _sample(device: str, table: Object) -> _Sample:
    if "values" not in table:
        return _Sample(device, None, table)
    ts = table.get("ts")
    at_ns = None if ts is None else epoch_ns(ts, "ts", per_s=1000)
    return _Sample(device, at_ns, as_object(table["values"], "values"))


def _message(sample: _Sample, newest: dict[str, int], seq: int, received_ns: int) -> VendorMessage:
    timed = sample.at_ns is not None
    at_ns = received_ns if sample.at_ns is None else sample.at_ns
    clock = TimeSource.DEVICE if timed else TimeSource.RECEIVER
    sheet = Sheet(vendor_id("thingsboard", sample.device), received_ns, at_ns, clock)
    historical = timed and at_ns < newest[sample.device]
    for name, value in sample.values.items():
        property_name.add(sheet, name, value, historical=historical)
    return sheet.message(seq=seq if timed else unnumbered(f"{seq}", b"", received_ns))


PROFILE = Profile(
    name="thingsboard",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.DOOR, Kind.LEAK, Kind.SMOKE, Kind.SOS),
    filters=(_GATEWAY, "v1/devices/+/telemetry"),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_788_390_574_000_000_000
_AT_NS = 1_788_390_560_000_000_000
_METER = "thingsboard:Meter A"
RECORDED = (
    Recorded(
        "a device that names only itself",
        "v1/devices/me/telemetry",
        b'{"pulseCounter":1234567,"leakage":false,"batteryLevel":81}',
        _NOW_NS,
        (
            Expected("thingsboard:me", "pulse.a", 1_234_567.0, _NOW_NS),
            Expected("thingsboard:me", "leak", "dry", _NOW_NS),
            Expected("thingsboard:me", "battery.pct", 81.0, _NOW_NS),
        ),
    ),
    Recorded(
        "a device that a bridge names; its pulses have no weight",
        "v1/devices/pulse-7/telemetry",
        b'{"pulseCounter":1234567,"leakage":false,"batteryLevel":81}',
        _NOW_NS,
        (
            Expected("thingsboard:pulse-7", "pulse.a", 1_234_567.0, _NOW_NS),
            Expected("thingsboard:pulse-7", "leak", "dry", _NOW_NS),
            Expected("thingsboard:pulse-7", "battery.pct", 81.0, _NOW_NS),
        ),
    ),
    Recorded(
        "a gateway's batch",
        _GATEWAY,
        b'{"Meter A":[{"ts":1788386960000,"values":{"water_total":6.05}},'
        b'{"ts":1788390560000,"values":{"water_total":6.054}}]}',
        _NOW_NS,
        (
            Expected(_METER, "water.total", 6.05, _AT_NS - 3_600 * 10**9, historical=True),
            Expected(_METER, "water.total", 6.054, _AT_NS),
        ),
    ),
    Recorded("no object", "v1/devices/pulse-7/telemetry", b"[7]", _NOW_NS, Reason.WRONG_TYPE),
)
