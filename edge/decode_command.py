"""`shouwang decode`: what a vendor's payload says, or why it says nothing.

The installer's tool at a new meter: it runs the same profiles as the edge, on one payload.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from edge import profiles
from edge.clock import SystemClock
from edge.device_time import doubt
from edge.profiles.base import Profile, VendorMessage, VendorMessages, instant_ns
from edge.profiles.channel import CHANNELS
from edge.reading import SECOND_NS
from edge.settings import ConfigError
from edge.told_errors import told
from edge.wire import Reason, Rejection, WireError

DECODED, REJECTED, USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run `shouwang decode`: 0 decoded, 1 rejected, 2 wrong usage."""
    arguments = _arguments(argv)
    try:
        payload = _payload(arguments.payload_file, as_hex=arguments.hex)
        received_ns = _received_ns(arguments.at)
        profile = _profile(arguments, payload)
    except (OSError, ValueError, ConfigError) as error:
        sys.stderr.write(f"{told(error)}\n")
        return USAGE
    if profile is None:
        sys.stderr.write(f"name one by --profile: {', '.join(_known())}\n")
        unclaimed = Rejection(Reason.UNKNOWN_TOPIC, "no profile claims this payload")
        sys.stdout.write(_refused(None, unclaimed, as_json=arguments.json))
        return REJECTED
    try:
        messages = profile.decode(arguments.topic, payload, received_ns)
    except WireError as error:
        sys.stdout.write(_refused(profile, error.rejection, as_json=arguments.json))
        return REJECTED
    sys.stdout.write((_as_json if arguments.json else _as_text)(profile, messages, received_ns))
    nothing = not any(message.readings for message in messages)
    return REJECTED if nothing and any(message.rejected for message in messages) else DECODED


def _payload(path: Path, *, as_hex: bool) -> bytes:
    raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        return bytes.fromhex(raw.decode("ascii")) if as_hex else raw
    except ValueError:
        raise ValueError(f"{path}: holds more than hexadecimal digits; leave --hex out") from None


def _received_ns(text: str | None) -> int:
    if text is None:
        return SystemClock().now_ns()
    try:
        return instant_ns(text, "--at")
    except WireError as error:
        raise ValueError(error.detail) from None


def _known() -> dict[str, Profile]:
    return {profile.name: profile for profile in profiles.profiles()}


def _profile(arguments: argparse.Namespace, payload: bytes) -> Profile | None:
    """The profile that was asked for, else the one that claims the payload; None if none does."""
    wanted: str | None = arguments.profile
    if wanted is None:
        return profiles.find(arguments.topic, payload)
    if wanted not in _known():
        raise ValueError(f"no profile {wanted!r}; there are: {', '.join(_known())}")
    return _known()[wanted]


def _refused(profile: Profile | None, rejection: Rejection, *, as_json: bool) -> str:
    name = profile.name if profile else None
    if as_json:
        value: dict[str, object] = {"profile": name, "messages": [], "rejection": rejection}
        return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"
    return f"{name or 'nobody'}: rejected: {rejection.reason.value}: {_shown(rejection.detail)}\n"


def _as_json(profile: Profile, messages: VendorMessages, received_ns: int) -> str:
    notes = [_clock_notes(message, received_ns) for message in messages]
    told = [_fields(each) | {"clock": note} for each, note in zip(messages, notes, strict=True)]
    value = {"profile": profile.name, "messages": told}
    return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"


def _fields(message: VendorMessage) -> dict[str, object]:
    return {
        "vendor_id": message.vendor_id,
        "boot": message.boot,
        "seq": message.seq,
        "digest": f"{message.digest:08x}",
        "readings": message.readings,
        "rejected": message.rejected,
    }


def _clock_notes(message: VendorMessage, received_ns: int) -> list[str]:
    """What an edge that never heard the device would do about its clock; empty when nothing."""
    verdicts: dict[str, None] = {}
    for reading in message.readings:
        note = doubt(reading.at_ns, received_ns, historical=reading.historical)
        if note:
            verdicts[f"{reading.clock.value}: {note}"] = None
    return list(verdicts)


def _as_text(profile: Profile, messages: VendorMessages, received_ns: int) -> str:
    lines = [f"{profile.name}: {len(messages)} message(s)"]
    for message in messages:
        lines.append(f"{_shown(message.vendor_id)}  boot {message.boot}  seq {message.seq}")
        for reading in message.readings:
            known = CHANNELS.get(reading.channel)  # message v1 may name channels of its own
            unit = known.unit if known else ""
            value = reading.value if isinstance(reading.value, float) else repr(reading.value)
            notes = [reading.clock.value, reading.quality.value, "historical"]
            told = " ".join(notes if reading.historical else notes[:2])
            shown = f"{value} {unit}".rstrip()
            lines.append(f"  {_time(reading.at_ns)}  {reading.channel} = {shown}  ({told})")
        lines += [f"  clock: {note}" for note in _clock_notes(message, received_ns)]
        lines += [f"  rejected: {r.reason.value}: {_shown(r.detail)}" for r in message.rejected]
    return "\n".join(lines) + "\n"


def _time(at_ns: int) -> str:
    moment = datetime.fromtimestamp(at_ns // SECOND_NS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _shown(text: str) -> str:
    """`text` for a terminal: what a device sent must not steer it."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="shouwang decode", description=__doc__)
    parser.add_argument("--topic", default="", help="MQTT topic, or bus/cjt188 and the like")
    parser.add_argument("--payload-file", type=Path, required=True, help="a file, or - for input")
    parser.add_argument("--profile", help="the vendor's format; default: who claims the payload")
    parser.add_argument("--hex", action="store_true", help="the file holds hexadecimal digits")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--at", help="time of receipt, ISO 8601 with zone; default: now")
    return parser.parse_args(argv)
