"""Vendors' messages under our own names: decode by profile, then bind by the registry.

Only profiles that the site enabled are asked. A vendor id that the registry does not name is
refused and counted, so that a forgotten device shows in the dead letters and not in a home.
What a vendor says of a bridge or gateway of its own becomes the status of our adapter. The number
of a card ends here: with a key it becomes a token, without one nothing. So does a count of people
or a level of noise that the registry does not ask for: it is counted and kept nowhere, not as a
dead letter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import structs

from edge.adapters import status_of
from edge.credential import CHANNEL, Pseudonyms
from edge.entry import AdapterStatus
from edge.profiles.base import Profile, VendorMessage, VendorReading
from edge.reading import Reading
from edge.registry import Registry
from edge.wire import Decoded, Reason, Rejection, WireError

_ONLY_ASKED: Mapping[str, str] = MappingProxyType({"crowd.count": "crowd", "noise.level": "noise"})
"""Channels that say something of people, and the terms of a device that ask for them."""


class Vendors:
    """The vendors whose messages this edge takes in, and the MQTT `filters` that bring them.

    `count_unasked` is told the channel of each reading that is dropped since nobody asks for it.
    """

    def __init__(
        self,
        registry: Registry,
        enabled: Sequence[Profile],
        pseudonyms: Pseudonyms | None = None,
        count_unasked: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._registry = registry
        self._pseudonyms = pseudonyms
        self._count_unasked = count_unasked
        self._adapters = {each.vendor: each.id for each in registry.adapters if each.vendor}
        self.enabled = tuple(enabled)
        self.filters = tuple(dict.fromkeys(f for each in self.enabled for f in each.filters))

    def under(self, registry: Registry) -> "Vendors":
        """The same vendors, whose devices `registry` names."""
        return Vendors(registry, self.enabled, self._pseudonyms, self._count_unasked)

    def decode(
        self, topic: str, payload: bytes, received_ns: int
    ) -> tuple[Decoded | Rejection | AdapterStatus, ...]:
        """The messages in `payload`, each of one device or adapter of ours, or why it is of none.

        Raises:
            WireError: no enabled profile claims it, or the one that does refuses it.
        """
        for profile in self.enabled:
            if profile.claims(topic, payload):
                messages = profile.decode(topic, payload, received_ns)
                return tuple(
                    said for message in messages for said in self._bound(message, received_ns)
                )
        raise WireError(Reason.UNKNOWN_TOPIC, f"no enabled profile claims {topic[:120]!r}")

    def _bound(
        self, message: VendorMessage, received_ns: int
    ) -> Iterator[Decoded | Rejection | AdapterStatus]:
        adapter = self._adapters.get(message.vendor_id)
        status = status_of(adapter, message, received_ns) if adapter else None
        if status is not None:
            yield status
        device = self._registry.by_vendor(message.vendor_id)
        asked = self._asked(device, message)
        if message.readings and not asked.readings:
            return
        if device is None:
            if adapter is None:
                detail = f"no [[device]] has vendor = {message.vendor_id!r}"
                yield Rejection(Reason.UNKNOWN_DEVICE, detail, message.vendor_id)
            return
        yield Decoded(
            device,
            message.boot,
            message.seq,
            message.digest,
            self._readings(device, asked, received_ns),
            message.rejected,
        )

    def _asked(self, device: str | None, message: VendorMessage) -> VendorMessage:
        """The message less what is taken only where the registry has terms for it."""
        if not any(each.channel in _ONLY_ASKED for each in message.readings):
            return message
        terms = self._registry.bindings(device)[-1].device if device else None
        kept: list[VendorReading] = []
        for each in message.readings:
            asks = _ONLY_ASKED.get(each.channel)
            if asks is None or getattr(terms, asks, None):
                kept.append(each)
            else:
                self._count_unasked(each.channel)
        return structs.replace(message, readings=tuple(kept))

    def rebound(self, readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        """`readings` in the homes of their times, where those were corrected since `decode`."""
        return tuple(self._rebound(each) if each.offset_ns else each for each in readings)

    def _rebound(self, reading: Reading) -> Reading:
        binding = self._registry.binding(reading.device, reading.at_ns)
        if binding is None:
            return structs.replace(reading, unit="")
        return structs.replace(reading, unit=binding.unit.code, kind=binding.device.kind)

    def _readings(
        self, device: str, message: VendorMessage, received_ns: int
    ) -> tuple[Reading, ...]:
        """The readings, in the home and of the kind that the registry says for their time."""
        readings = []
        for said in message.readings:
            binding = self._registry.binding(device, said.at_ns)
            readings.append(
                Reading(
                    device,
                    binding.unit.code if binding else "",
                    binding.device.kind if binding else said.kind,
                    said.channel,
                    said.value,
                    said.at_ns,
                    received_ns,
                    said.clock,
                    said.quality,
                    said.historical,
                    message.seq,
                    message.boot,
                    said.resolution,
                )
            )
        return (*readings, *self._token(message, readings))

    def _token(self, message: VendorMessage, readings: Sequence[Reading]) -> Iterator[Reading]:
        """The token of the card that was shown, beside what the door said of it."""
        if self._pseudonyms is not None and message.credential.number and readings:
            token = self._pseudonyms.token(message.credential, readings[0].at_ns)
            yield structs.replace(readings[0], channel=CHANNEL, value=token)
