"""The gate before the log: which deliveries become messages, and why the others do not.

Pure: it asks the memory of admitted messages and changes nothing, so that a commit that
fails costs nothing and the same delivery can be judged again.
"""

from typing import Final, cast

from msgspec import structs

from edge import topic, wire
from edge.adapters import own_status
from edge.admission import Known, Memory
from edge.admitted import Admission
from edge.batch_names import BatchNames, Highest
from edge.device_time import Clocks, Placed
from edge.entry import AdapterStatus, Message, Parts
from edge.message_names import Names
from edge.registry import Registry
from edge.vendors import Vendors
from edge.wire import Decoded, Origin, Reason, Rejection, WireError

__all__ = ["Admission", "Gate"]

_OURS = f"{topic.PREFIX}/"
_ADAPTERS = "/_adapter/"
_ORIGINS_MAX = 20_000
_NEW: Final = Known.NEW
_astuple: Final = structs.astuple


class _Source:
    """A topic of a device of ours, and the names of its messages, admitted or in the batch."""

    __slots__ = ("highest", "names", "origin")

    def __init__(self, origin: Origin, names: Names, highest: Highest) -> None:
        self.origin, self.names, self.highest = origin, names, highest


class Gate:
    """Judges deliveries by the registry, the vendors' profiles and what was admitted before.

    Times are judged here too, by what `clocks` has learned; in one batch all by what was known
    before it.
    """

    def __init__(
        self, registry: Registry, vendors: Vendors, memory: Memory, clocks: Clocks
    ) -> None:
        self._registry = registry
        self._vendors = vendors
        self._memory = memory
        self._clocks = clocks
        # The topics of devices of ours, so far as they were seen.
        self._origins: dict[str, _Source] = {}
        self._highest: dict[str, Highest] = {}
        self._has_adapters = any(adapter.vendor for adapter in registry.adapters)

    @property
    def registry(self) -> Registry:
        """The devices that it knows."""
        return self._registry

    def admit(
        self,
        topic_text: str,
        payload: bytes,
        received_ns: int,
        *,
        batch: BatchNames | None = None,
    ) -> Admission:
        """Judge one delivery; nothing but `batch` changes, so a failed commit costs nothing.

        Hand in one `batch` of a number of its own for all deliveries that go into one journal
        append, and list there what they say: copies among them are then known before any of
        them is stepped.
        """
        try:
            decoded = wire.decode(topic_text, payload, received_ns)
            if topic_text not in self._origins:
                self._check_origin(topic_text, decoded.device)
        except WireError as error:
            return Admission(None, 0, (error.rejection,))
        return self._admission(decoded, received_ns, batch)

    def plain(
        self, topic_text: str, payload: bytes, received_ns: int, batch: BatchNames
    ) -> Message | None:
        """The message of a delivery that raises no question, which is most of them.

        None: ask `admissions`, which says the same of it and all that there is to say of others.
        """
        source = self._origins.get(topic_text)
        if source is None:
            return None
        message = wire.plain(source.origin, payload, received_ns)
        if message is None:
            return None
        _, boot, seq, digest, readings = cast("Parts", _astuple(message))
        if not self._clocks.stand(readings, received_ns):
            return None
        if not source.highest.is_below(batch.number, boot, seq):
            return None
        if source.names.known(boot, seq, digest) is not _NEW:
            return None
        source.highest.rise(batch.number, boot, seq)
        return message

    def admissions(
        self,
        topic_text: str,
        payload: bytes,
        received_ns: int,
        *,
        batch: BatchNames | None = None,
    ) -> tuple[Admission, ...]:
        """As `admit`, for any topic: a vendor's delivery may hold messages of several devices."""
        if topic_text.startswith(_OURS) or not self._vendors.enabled:
            if _ADAPTERS in topic_text and topic.adapter_of(topic_text):
                return (self._status(topic_text, payload, received_ns),)
            return (self.admit(topic_text, payload, received_ns, batch=batch),)
        try:
            found = self._vendors.decode(topic_text, payload, received_ns)
        except WireError as error:
            return (Admission(None, 0, (error.rejection,)),)
        return tuple(
            self._admission(each, received_ns, batch, vendor=True)
            if isinstance(each, Decoded)
            else _without_message(each)
            for each in found
        )

    def standing(self, topic_text: str, payload: bytes, received_ns: int) -> tuple[Admission, ...]:
        """What a retained delivery says of adapters: a state is true until it is replaced.

        Whatever else was retained is old news of unknown age, and is passed over in silence.
        """
        if topic.adapter_of(topic_text):
            found = self._status(topic_text, payload, received_ns).status
            return (Admission(None, 0, (), status=found),) if found else ()
        if topic_text.startswith(_OURS) or not self._has_adapters:
            return ()
        try:
            said = self._vendors.decode(topic_text, payload, received_ns)
        except WireError:
            return ()
        statuses = [each for each in said if isinstance(each, AdapterStatus)]
        return tuple(Admission(None, 0, (), status=each) for each in statuses)

    def _status(self, topic_text: str, payload: bytes, received_ns: int) -> Admission:
        if not payload:
            return Admission(None, 0, ())  # the retained status was taken away
        try:
            status = own_status(self._registry, topic_text, payload, received_ns)
        except WireError as error:
            return Admission(None, 0, (error.rejection,))
        return Admission(None, 0, (), status=status)

    def _admission(
        self,
        decoded: Decoded,
        received_ns: int,
        batch: BatchNames | None,
        *,
        vendor: bool = False,
    ) -> Admission:
        identity = (decoded.device, decoded.boot, decoded.seq)
        known = self._memory.known(identity, decoded.digest)
        if batch is not None and known is _NEW and (said := batch.digest(identity)) is not None:
            known = Known.COPY if said == decoded.digest else Known.REUSED
        if known is Known.COPY:
            return Admission(None, 1, ())
        if known is Known.REUSED:
            detail = "device {} boot {} seq {} said something else before".format(*identity)
            return Admission(None, 0, (Rejection(Reason.ID_REUSED, detail),))
        if not decoded.readings:
            return Admission(None, 0, decoded.rejected)
        readings, rejected = decoded.readings, decoded.rejected
        metrics: tuple[str, ...] = ()
        if not self._clocks.stand(readings, received_ns):
            placed = self._clocks.placed(readings, received_ns)
            readings, rejected = placed.readings, rejected + placed.rejected
            metrics = _metrics(placed)
            if not readings:
                return Admission(None, 0, rejected)
            if vendor:
                readings = self._vendors.rebound(readings)
        if batch is not None:
            batch.note(identity, decoded.digest)
            self._highest_of(decoded.device).rise(batch.number, decoded.boot, decoded.seq)
        message = Message(decoded.device, decoded.boot, decoded.seq, decoded.digest, readings)
        return Admission(message, 0, rejected, metrics)

    def _check_origin(self, topic_text: str, device: str) -> None:
        place = topic.parse(topic_text)
        site = place.site
        if site != self._registry.site:
            raise WireError(
                Reason.WRONG_SITE, f"{site!r}; this edge serves {self._registry.site!r}"
            )
        if not self._registry.knows(device):
            detail = f"{device!r} is not in the registry"
            raise WireError(Reason.UNKNOWN_DEVICE, detail, device)
        if len(self._origins) >= _ORIGINS_MAX:
            self._origins.clear()
        self._origins[topic_text] = _Source(
            wire.origin(place), self._memory.names(device), self._highest_of(device)
        )

    def _highest_of(self, device: str) -> Highest:
        return self._highest.setdefault(device, Highest())


def _metrics(placed: Placed) -> tuple[str, ...]:
    """The names in `edge.health.METRICS` that move."""
    if not (placed.corrected or placed.doubted):
        return ()
    moved = {"clock_corrected": placed.corrected, "clock_doubted": placed.doubted}
    return tuple(name for name, holds in moved.items() if holds)


def _without_message(said: Rejection | AdapterStatus) -> Admission:
    if isinstance(said, Rejection):
        return Admission(None, 0, (said,))
    return Admission(None, 0, (), status=said)
