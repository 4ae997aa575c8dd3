"""Binary templates: a site describes its meter's bytes in TOML and needs no code.

A template names the topic on which the meter's bytes come, whose one "+" is the device, and for
each field where it lies and what it means. A field may repeat, oldest or newest first, which is
how meters send a day of hours at once. A broken file is refused with every fault in it.
Identity: a template knows no counter, so seq is a hash of the bytes and of the base time.
"""

import binascii
import re
import struct
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Limits

from edge import settings
from edge.profiles.base import Profile, Sheet, VendorMessages, epoch_ns, seq_of, vendor_id
from edge.profiles.channel import CHANNELS
from edge.profiles.frame import bcd
from edge.reading import SECOND_NS, Kind, TimeSource
from edge.settings import ConfigError, ConfigFault, DurationS, Settings
from edge.wire import PAYLOAD_BYTES_MAX, Reason, WireError

PAYLOAD_MAX = 4_096
REPEAT_MAX = 500
_INTEGERS = {f"{sign}{bits}": bits // 8 for sign in "ui" for bits in range(8, 65, 8)}
_FLOATS = {"f32": ("f", 4), "f64": ("d", 8)}
_NAME = r"^[a-z0-9][a-z0-9-]{0,31}$"
_TYPE = r"^(?:[ui](?:8|16|24|32|40|48|56|64)|f32|f64|bcd)$"


class Number(Settings):
    """A number in the payload: at which byte, of which type; `bytes` is the length of a bcd."""

    offset: int = Limits(ge=0, lt=PAYLOAD_MAX)
    type: str = Limits(pattern=_TYPE)
    size: int = Limits(0, alias="bytes", ge=0, le=8)
    endian: Literal["little", "big"] = "little"

    @property
    def width(self) -> int:
        """How many bytes it takes."""
        if self.type == "bcd":
            return self.size
        return _INTEGERS.get(self.type) or _FLOATS[self.type][1]

    def read(self, data: bytes, at: int) -> int | float:
        """The number that begins at byte `at`.

        Raises:
            WireError: `data` ends before it does, or a bcd has other digits.
        """
        raw = data[at : at + self.width]
        if len(raw) < self.width:
            raise WireError(Reason.BAD_FRAME, f"byte {at}: the payload ends before the field")
        if self.type == "bcd":
            return bcd(raw if self.endian == "little" else raw[::-1], f"byte {at}")
        if self.type in _FLOATS:
            order = "<" if self.endian == "little" else ">"
            value: float = struct.unpack(order + _FLOATS[self.type][0], raw)[0]
            return value
        return int.from_bytes(raw, self.endian, signed=self.type[0] == "i")


class Moment(Number):
    """The meter's own time, in seconds or milliseconds since 1970 (UTC)."""

    unit: Literal["s", "ms"] = "s"


class Field(Number):
    """A channel's value: `raw * scale + add`, or the word that `words` has for the raw number.

    With `repeat` the next value lies `step` bytes on and `interval` apart in time; the newest
    is at the message's time. `invalid` are raw numbers that mean "no value".
    """

    channel: str
    scale: float = Limits(1.0, allow_inf_nan=False)
    add: float = Limits(0.0, allow_inf_nan=False)
    words: dict[str, str] = Limits(default_factory=dict)
    resolution: float = Limits(0.0, ge=0, le=1_000)
    repeat: int = Limits(1, ge=1, le=REPEAT_MAX)
    step: int = Limits(0, ge=0, lt=PAYLOAD_MAX)
    interval_s: DurationS = Limits(0.0, alias="interval", ge=0)
    order: Literal["oldest_first", "newest_first"] = "oldest_first"
    invalid: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The byte after the last of its values."""
        return self.offset + self.step * (self.repeat - 1) + self.width


class Template(Settings):
    """One meter's payload."""

    name: str = Limits(pattern=_NAME)
    kind: Kind
    topic: str = Limits(max_length=200)
    encoding: Literal["raw", "hex", "base64"] = "raw"
    length: int | None = Limits(None, ge=1, le=PAYLOAD_MAX)
    begins: str = Limits("", pattern=r"^(?:[0-9a-fA-F]{2}){0,16}$")
    time: Moment | None = None
    field: tuple[Field, ...] = Limits(min_length=1, max_length=64)


class _File(Settings):
    version: Literal[1]
    template: tuple[Template, ...] = ()


def parse(table: Mapping[str, Any], path: Path) -> tuple[Profile, ...]:
    """One profile for each template in `table`; `path` is only named in faults.

    Raises:
        ConfigError: anything is wrong; all faults at once, each with key and remedy.
    """
    file = settings.parse(dict(table), _File, path)
    faults: list[ConfigFault] = []
    counts = Counter(template.name for template in file.template)
    for index, template in enumerate(file.template):
        key = f"template.{index}"
        if counts[template.name] > 1:
            faults.append(ConfigFault(path, f"{key}.name", "occurs twice", "name each its own"))
        faults += [ConfigFault(path, f"{key}.{at}", *what) for at, *what in _faults(template)]
    if faults:
        raise ConfigError(faults)
    return tuple(_profile(template) for template in file.template)


def _faults(template: Template) -> list[tuple[str, str, str]]:
    """What only shows when a template is seen as a whole: key, problem, remedy."""
    found: list[tuple[str, str, str]] = []
    levels = template.topic.split("/")
    if levels.count("+") != 1 or "#" in template.topic or any("+" in x for x in levels if x != "+"):
        found.append(("topic", 'has not one "+" for the device', 'write it as "acme/+/up"'))
    if template.time is not None and template.time.width == 0:
        found.append(("time.bytes", "a bcd has no length", "write how many bytes it has"))
    for index, field in enumerate(template.field):
        for key, problem, remedy in _field_faults(field, template):
            found.append((f"field.{index}.{key}", problem, remedy))
    return found


def _field_faults(field: Field, template: Template) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    channel = CHANNELS.get(field.channel)
    if channel is None:
        found.append(("channel", f'no channel "{field.channel}"', f"one of {sorted(CHANNELS)}"))
    elif channel.is_text != bool(field.words):
        found.append(("words", f"{channel.name} is a text exactly if it has words", "mend one"))
    elif channel.texts and not set(field.words.values()) <= channel.texts:
        found.append(("words", "a word the channel has not", f"use {sorted(channel.texts)}"))
    if field.width == 0:
        found.append(("bytes", "a bcd has no length", "write how many bytes it has"))
    if field.repeat > 1 and not (field.step and field.interval_s):
        found.append(("repeat", "repeats at one place or time", "give it step and interval"))
    if template.length is not None and field.end > template.length:
        found.append(("offset", f"ends at byte {field.end}", f"length is {template.length}"))
    return found


def _profile(template: Template) -> Profile:
    before, after = (re.escape(part) for part in template.topic.split("+"))
    pattern = re.compile(f"{before}([^/]+){after}")
    return Profile(
        template.name,
        (template.kind,),
        (template.topic,),
        partial(_claims, pattern),
        partial(_decode, template, pattern),
    )


def _claims(pattern: re.Pattern[str], topic: str, payload: bytes) -> bool:
    del payload
    return pattern.fullmatch(topic) is not None


def _decode(
    template: Template, pattern: re.Pattern[str], topic: str, payload: bytes, received_ns: int
) -> VendorMessages:
    place = pattern.fullmatch(topic)
    if place is None:
        raise WireError(Reason.UNKNOWN_TOPIC, f"not {template.topic}")
    data = _bytes(template, payload)
    at_ns, clock = received_ns, TimeSource.RECEIVER
    if template.time is not None:
        raw = template.time.read(data, template.time.offset)
        at_ns = epoch_ns(raw, "time", per_s=1_000 if template.time.unit == "ms" else 1)
        clock = TimeSource.METER
    sheet = Sheet(vendor_id(template.name, place[1]), received_ns, at_ns, clock)
    for field in template.field:
        _add(sheet, template.kind, field, data)
    said = data + at_ns.to_bytes(12, "big", signed=True)
    return (sheet.message(seq=seq_of(said), said=said),)


def _add(sheet: Sheet, kind: Kind, field: Field, data: bytes) -> None:
    """Add every value of `field`; only the newest is news, the others are history."""
    for index in range(field.repeat):
        back = index if field.order == "newest_first" else field.repeat - 1 - index
        try:
            raw = field.read(data, field.offset + index * field.step)
            if raw in field.invalid:
                continue
            value = _value(field, raw)
        except WireError as error:
            sheet.reject(error)
            continue
        sheet.add(
            kind,
            field.channel,
            value,
            at_ns=sheet.at_ns - back * round(field.interval_s * SECOND_NS),
            historical=back > 0,
            resolution=field.resolution,
        )


def _value(field: Field, raw: float) -> float | str:
    if not field.words:
        return raw * field.scale + field.add
    word = field.words.get(str(raw))
    if word is None:
        raise WireError(Reason.OUT_OF_RANGE, f"{field.channel}: no word for {raw}")
    return word


def _bytes(template: Template, payload: bytes) -> bytes:
    if not payload:
        raise WireError(Reason.EMPTY, "no bytes")
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"at most {PAYLOAD_BYTES_MAX} bytes")
    try:
        data = _DECODERS[template.encoding](payload)
    except (ValueError, binascii.Error):
        raise WireError(Reason.BAD_FRAME, f"the payload is not {template.encoding}") from None
    if len(data) > PAYLOAD_MAX or template.length not in (None, len(data)):
        raise WireError(Reason.BAD_FRAME, f"{len(data)} bytes, not {template.length}")
    if not data.startswith(bytes.fromhex(template.begins)):
        raise WireError(Reason.BAD_FRAME, "the payload begins with other bytes")
    return data


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hex": lambda payload: bytes.fromhex(payload.decode("ascii")),
    "base64": partial(b64decode, validate=True),
}
