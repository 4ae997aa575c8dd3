"""What stands between devices and the broker, and whether it is up.

A birth is believed; a last will only if it is not of an older boot than the birth, since a
broker may deliver the will of a lost connection after the adapter has come back.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from edge import strict_json, topic
from edge.entry import AdapterStatus
from edge.profiles.base import VendorMessage
from edge.reading import MINUTE_NS
from edge.registry import Binding, Registry
from edge.wire import Reason, WireError

GRACE_NS = 5 * MINUTE_NS
"""An outage longer than this is one: its devices are listened to afresh when it ends."""
_UP = frozenset(("up", "fault"))
"""One in trouble is still heard."""
_BOOT_END = 2**63


class AdapterState(Struct, array_like=True):
    """What an adapter last said; `since_ns` is when that began, None before it said anything."""

    up: bool = True
    boot: int = 0
    since_ns: int | None = None


class Adapter:
    """One adapter: what it last said, and the devices behind it."""

    __slots__ = ("_bindings", "state", "subject")

    def __init__(self, subject: str, bindings: Sequence[Binding]) -> None:
        self.subject = subject
        self._bindings = bindings
        self.state = AdapterState()

    def hear(self, status: AdapterStatus) -> bool:
        """Whether `status` changes anything."""
        state = self.state
        if not status.up and status.boot < state.boot:
            return False
        changed = state.since_ns is None or state.up is not status.up
        self.state = AdapterState(
            status.up, status.boot, status.at_ns if changed else state.since_ns
        )
        return changed

    def behind(self, at_ns: int) -> tuple[int, int]:
        """How many devices, in how many homes, are behind it at `at_ns`."""
        bound = [binding for binding in self._bindings if binding.covers(at_ns)]
        return len(bound), len({binding.unit.code for binding in bound})


def adapters(registry: Registry) -> dict[str, Adapter]:
    """Every adapter of the site, by its id."""
    made = {}
    for each in registry.adapters:
        bound = [b for b in registry.bindings() if b.device.adapter == each.id]
        made[each.id] = Adapter(_subject(registry.site, each.id, bound), bound)
    return made


def own_status(
    registry: Registry, topic_text: str, payload: bytes, received_ns: int
) -> AdapterStatus:
    """The status that an adapter published on its own topic.

    Raises:
        WireError: it is not one, or not of an adapter of this site.
    """
    site, name = topic.adapter_of(topic_text) or ("", "")
    if site != registry.site:
        raise WireError(Reason.WRONG_SITE, f"{site!r}; this edge serves {registry.site!r}")
    if all(adapter.id != name for adapter in registry.adapters):
        raise WireError(Reason.UNKNOWN_DEVICE, f"no [[adapter]] has id = {name!r}")
    try:
        said = msgspec.convert(strict_json.parse(payload), _Status)
    except strict_json.JsonError as error:
        raise WireError(Reason(error.fault.value), error.detail) from None
    except msgspec.ValidationError as error:
        raise WireError(Reason.WRONG_TYPE, str(error)) from None
    if said.v != 1:
        raise WireError(Reason.UNKNOWN_VERSION, f"v = {said.v}; this edge reads 1")
    if not 0 <= said.boot < _BOOT_END:
        raise WireError(Reason.OUT_OF_RANGE, "'boot' is not from 0 to 2**63 - 1")
    return AdapterStatus(name, said.up, said.boot, received_ns)


def status_of(adapter: str, message: VendorMessage, received_ns: int) -> AdapterStatus | None:
    """What a vendor's message says of the adapter itself; None when it does not speak of that."""
    states = [said.value for said in message.readings if said.channel == "device.state"]
    if not states:
        return None
    return AdapterStatus(adapter, states[-1] in _UP, message.boot, received_ns)


class _Status(Struct, frozen=True):
    v: int
    up: bool
    boot: int


def _subject(site: str, name: str, bindings: Sequence[Binding]) -> str:
    """The adapter's path: in the one building of all its devices, or in the site."""
    buildings = {binding.unit.building for binding in bindings}
    return "/".join([site, *(buildings if len(buildings) == 1 else ()), name])
