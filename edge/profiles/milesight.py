"""Milesight EM300, WS and VS: tag and value; a contact, a leak, a climate, pulses, noise, people.

Back-dated records (0x20 0xCE) end in a byte whose meaning depends on the model, so each model
has its codec and nothing is read without knowing it. What a pulse weighs is known to the
EM300-DI only when it sends water (0x06 0xE1); bare pulses (0x05 0xC8) stay a count.
"""

import struct
from collections.abc import Callable
from functools import partial

from edge.profiles.base import Sheet
from edge.profiles.codec import Codec
from edge.reading import SECOND_NS, Kind, TimeSource
from edge.wire import Reason, WireError

Take = Callable[[bytes, Sheet], None]
Fields = dict[bytes, tuple[int, Take]]
"""By channel and type: how many bytes follow, and what takes them."""

_CONTACT = {0: "closed", 1: "open"}
_LEAK = {0: "dry", 1: "wet"}
_TAMPER = {0: "clear", 1: "tampered"}
_WATER_ALARMS = {1: "water_outage", 2: "", 3: "water_flow", 4: ""}
_RECORD_ALARMS = {0: "", 1: "water_outage", 2: "", 3: "water_flow", 4: "", 5: "gpio", 6: ""}
_PULSE = 2
_WEIGHTING, _WEIGHTING_A = 0x03, 0x01


def _skip(data: bytes, sheet: Sheet) -> None:
    """Humidity, versions and counters of the device itself: no channel of ours."""


def _battery(data: bytes, sheet: Sheet) -> None:
    sheet.add(Kind.ENV, "battery.pct", data[0])


def _humidity(data: bytes, sheet: Sheet) -> None:
    sheet.add(Kind.ENV, "humidity.pct", data[0] / 2)


def _temperature(data: bytes, sheet: Sheet) -> None:
    sheet.add(Kind.ENV, "temperature.c", int.from_bytes(data, "little", signed=True) / 10)


def _state(data: bytes, sheet: Sheet, *, kind: Kind, channel: str, words: dict[int, str]) -> None:
    sheet.add(kind, channel, _word(words, data[0], channel))


def _past_state(
    data: bytes, sheet: Sheet, *, kind: Kind, channel: str, words: dict[int, str]
) -> None:
    """Time, temperature, humidity and the state at that time."""
    at_ns = int.from_bytes(data[:4], "little") * SECOND_NS
    text = _word(words, data[7], channel)
    _past_climate(data, sheet)
    sheet.add(kind, channel, text, at_ns=at_ns, clock=TimeSource.DEVICE, historical=True)


def _past_climate(data: bytes, sheet: Sheet) -> None:
    """Time, temperature and humidity; both are zero where the model has no such sensor."""
    at_ns = int.from_bytes(data[:4], "little") * SECOND_NS
    if not any(data[4:7]):
        return
    climate = (
        ("temperature.c", int.from_bytes(data[4:6], "little", signed=True) / 10),
        ("humidity.pct", data[6] / 2),
    )
    for channel, value in climate:
        sheet.add(Kind.ENV, channel, value, at_ns=at_ns, clock=TimeSource.DEVICE, historical=True)


def _volume_m3(data: bytes) -> tuple[float, float]:
    """The register and its tick from water_conv, pulse_conv (both in tenths) and water (L)."""
    water_conv, pulse_conv, litres = struct.unpack("<HHf", data)
    if not water_conv or not pulse_conv:
        raise WireError(Reason.BAD_RESOLUTION, "a pulse that weighs nothing")
    return round(litres / 1_000, 6), water_conv / pulse_conv / 1_000


def _water(data: bytes, sheet: Sheet) -> None:
    volume_m3, tick_m3 = _volume_m3(data[:8])
    sheet.add(Kind.WATER, "water.total", volume_m3, resolution=tick_m3)


def _water_alarm(data: bytes, sheet: Sheet) -> None:
    _water(data, sheet)
    sheet.add(Kind.WATER, "meter.alarm", _word(_WATER_ALARMS, data[8], "water alarm"))


def _past_water(data: bytes, sheet: Sheet) -> None:
    """Time, temperature, humidity, alarm, kind of input, its level, and the register."""
    _past_climate(data, sheet)
    if data[8] != _PULSE:
        return
    at_ns = int.from_bytes(data[:4], "little") * SECOND_NS
    volume_m3, tick_m3 = _volume_m3(data[10:18])
    text = _word(_RECORD_ALARMS, data[7], "alarm")
    values: tuple[tuple[str, float | str, float], ...]
    values = (("water.total", volume_m3, tick_m3), ("meter.alarm", text, 0.0))
    for channel, value, resolution in values:
        sheet.add(
            Kind.WATER,
            channel,
            value,
            at_ns=at_ns,
            clock=TimeSource.DEVICE,
            historical=True,
            resolution=resolution,
        )


def _pulses(data: bytes, sheet: Sheet) -> None:
    """A count of pulses: what one weighs is not said, so it is no volume."""
    sheet.add(Kind.WATER, "pulse.a", int.from_bytes(data, "little"))


def _past_pulses(data: bytes, sheet: Sheet) -> None:
    """Time, temperature, humidity, kind of input, its level, and the count."""
    _past_climate(data, sheet)
    if data[7] != _PULSE:
        return
    at_ns = int.from_bytes(data[:4], "little") * SECOND_NS
    pulses = int.from_bytes(data[9:13], "little")
    sheet.add(Kind.WATER, "pulse.a", pulses, at_ns=at_ns, clock=TimeSource.DEVICE, historical=True)


def _sound(data: bytes, sheet: Sheet) -> None:
    """Weighting, momentary level, LAeq and the loudest, in tenths; only weighting A is a level."""
    if data[0] & _WEIGHTING != _WEIGHTING_A:
        raise WireError(Reason.WRONG_UNIT, "the sound level is not weighted by A")
    sheet.add(Kind.ENV, "noise.level", int.from_bytes(data[3:5], "little") / 10)


def _people(data: bytes, sheet: Sheet) -> None:
    """All people in view; how they spread over regions of the picture goes no further."""
    sheet.add(Kind.CAM, "crowd.count", data[0])


def _word(words: dict[int, str], value: int, name: str) -> str:
    if value not in words:
        raise WireError(Reason.OUT_OF_RANGE, f"{name} = {value} is not known")
    return words[value]


_COMMON: Fields = {
    b"\x01\x75": (1, _battery),
    b"\x03\x67": (2, _temperature),
    b"\x04\x68": (1, _humidity),
    b"\xff\x01": (1, _skip),
    b"\xff\x09": (2, _skip),
    b"\xff\x0a": (2, _skip),
    b"\xff\x0b": (1, _skip),
    b"\xff\x0f": (1, _skip),
    b"\xff\x16": (8, _skip),
    b"\xff\xff": (2, _skip),
}
_PULSES: Fields = {
    b"\x05\x00": (1, _skip),
    b"\x05\xc8": (4, _pulses),
    b"\x06\xe1": (8, _water),
    b"\x85\x00": (2, _skip),
    b"\x86\xe1": (9, _water_alarm),
    b"\x20\xce": (13, _past_pulses),
    b"\x21\xce": (18, _past_water),
}


def _stateful(tag: bytes, kind: Kind, channel: str, words: dict[int, str]) -> Fields:
    now = partial(_state, kind=kind, channel=channel, words=words)
    past = partial(_past_state, kind=kind, channel=channel, words=words)
    return {tag: (1, now), b"\x20\xce": (8, past)}


_MEMBRANE: Fields = {
    **_stateful(b"\x06\x00", Kind.LEAK, "leak", _LEAK),
    b"\x05\x00": (1, partial(_state, kind=Kind.LEAK, channel="leak", words=_LEAK)),
}
_MAGNET: Fields = {
    b"\x03\x00": (1, partial(_state, kind=Kind.DOOR, channel="door.contact", words=_CONTACT)),
    b"\x04\x00": (1, partial(_state, kind=Kind.DOOR, channel="device.tamper", words=_TAMPER)),
}

_SOUND: Fields = {b"\x05\x5b": (7, _sound)}
_PEOPLE: Fields = {
    b"\x04\xc9": (4, _people),
    b"\x05\xcc": (4, _skip),
    b"\x06\xcd": (1, _skip),
    b"\x07\xd5": (8, _skip),
    b"\x08\xd5": (8, _skip),
    **{bytes((tag, 0xDA)): (8, _skip) for tag in range(9, 13)},
    b"\xff\x08": (6, _skip),
    b"\xff\x1f": (4, _skip),
}


def _read(fields: Fields, data: bytes, sheet: Sheet) -> None:
    """Take field after field; a value that cannot be used is noted, an unknown tag ends it all."""
    rest = data
    while rest:
        length, take = fields.get(rest[:2], (None, _skip))
        if length is None:
            raise WireError(Reason.BAD_FRAME, f"unknown field at byte {len(data) - len(rest)}")
        value, rest = rest[2 : 2 + length], rest[2 + length :]
        if len(value) < length:
            raise WireError(Reason.BAD_FRAME, "the last field is cut short")
        try:
            take(value, sheet)
        except WireError as error:
            sheet.reject(error)


def _ambiguous(port: int, data: bytes) -> bool:
    """Port 85 and these tags are shared by dozens of models: bytes alone prove nothing."""
    del port, data
    return False


def _codec(name: str, kind: Kind, fields: Fields) -> Codec:
    return Codec(name, kind, _ambiguous, partial(_read, _COMMON | fields))


CODECS = (
    _codec("em300-mcs", Kind.DOOR, _stateful(b"\x06\x00", Kind.DOOR, "door.contact", _CONTACT)),
    _codec("em300-sld", Kind.LEAK, _stateful(b"\x05\x00", Kind.LEAK, "leak", _LEAK)),
    _codec("em300-zld", Kind.LEAK, _stateful(b"\x05\x00", Kind.LEAK, "leak", _LEAK)),
    _codec("em300-mld", Kind.LEAK, _MEMBRANE),
    _codec("em300-th", Kind.ENV, {b"\x20\xce": (8, _past_climate)}),
    _codec("em320-th", Kind.ENV, {b"\x20\xce": (7, _past_climate)}),
    _codec("em300-di", Kind.WATER, _PULSES),
    _codec("ws301", Kind.DOOR, _MAGNET),
    _codec("ws302", Kind.ENV, _SOUND),
    _codec("vs121", Kind.CAM, _PEOPLE),
)
