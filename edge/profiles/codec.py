"""Codecs: what the bytes of a LoRaWAN uplink mean, whichever network server brought them.

A device says its port and its bytes, never its model. The network server's own name for the
model decides ("codec" tag, device profile, brand and model); without one, only a frame that no
other codec could have made is read. Codec files also are profiles of their own, for bytes that
a gateway delivers bare on the pseudo topic `lorawan/{codec}/{dev_eui}/{port}`.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from edge.profiles.base import (
    Profile,
    Sheet,
    VendorMessages,
    seq_of,
    vendor_id,
)
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

PAYLOAD_BYTES_MAX = 242
"""The largest application payload of any LoRaWAN region."""
PORT_MAX = 255


@dataclass(frozen=True, slots=True)
class Codec:
    """One model's frames.

    `fits(port, data)` is true only of bytes that are this model's beyond doubt; `read` adds
    the readings of `data` to a sheet whose time is the network's, or raises WireError.
    """

    name: str
    kind: Kind
    fits: Callable[[int, bytes], bool]
    read: Callable[[bytes, Sheet], None]

    def named(self, hint: str) -> bool:
        """Whether a network server's name for the model ("Milesight EM300-MCS v2") means it."""
        return self.name in hint.lower().replace("_", "-").replace(" ", "-")


def choose(codecs: tuple[Codec, ...], hint: str, port: int, data: bytes) -> Codec:
    """The codec that `hint` names, else the one that `data` fits.

    Raises:
        WireError: there is none, or the frame could be of several.
    """
    named = [codec for codec in codecs if codec.named(hint)]
    fitting = named or [codec for codec in codecs if codec.fits(port, data)]
    if len(fitting) != 1:
        raise WireError(
            Reason.NO_CODEC, f"port {port}, {len(data)} bytes: tag the device with its codec"
        )
    return fitting[0]


def from_base64(text: Any, name: str) -> bytes:
    """The bytes that `text` spells; an absent text is an empty uplink.

    Raises:
        WireError: it is no base64, or longer than LoRaWAN can carry.
    """
    try:
        data = b64decode(text or "", validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not base64") from None
    if len(data) > PAYLOAD_BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"{name!r}: at most {PAYLOAD_BYTES_MAX} bytes")
    return data


def bare(codec: Codec) -> Profile:
    """The profile of `codec` for bytes without a network server.

    Identity: such bytes bear no counter, so the bytes and the time of receipt make the seq.
    """
    pattern = re.compile(rf"lorawan/{re.escape(codec.name)}/([0-9A-Fa-f]{{16}})/([0-9]{{1,3}})")
    filters = (f"lorawan/{codec.name}/+/+",)
    claims = partial(_claims, pattern)
    return Profile(codec.name, (codec.kind,), filters, claims, partial(_decode, pattern, codec))


def _claims(pattern: re.Pattern[str], topic: str, payload: bytes) -> bool:
    del payload
    return pattern.fullmatch(topic) is not None


def _decode(
    pattern: re.Pattern[str], codec: Codec, topic: str, payload: bytes, received_ns: int
) -> VendorMessages:
    place = pattern.fullmatch(topic)
    if place is None or int(place[2]) > PORT_MAX:
        raise WireError(Reason.UNKNOWN_TOPIC, "not lorawan/{codec}/{dev_eui}/{port}")
    if not payload:
        raise WireError(Reason.EMPTY, "no bytes")
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"at most {PAYLOAD_BYTES_MAX} bytes")
    name = vendor_id("lorawan", place[1].lower())
    sheet = Sheet(name, received_ns, received_ns, TimeSource.RECEIVER)
    codec.read(payload, sheet)
    said = payload + received_ns.to_bytes(12, "big", signed=True)
    return (sheet.message(seq=seq_of(said), said=said),)
