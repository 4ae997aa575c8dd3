"""Which devices were heard, for the person on the ladder: newcomers at once, the rest by minutes.

A newcomer is a device whose place or meter has changed lately, or a name that is nobody's.
Bounded: one time a device of the registry, the last 64 strangers, 500 devices a page.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from msgspec import Struct, json

from edge.entry import Message
from edge.reading import MINUTE_NS, SECOND_NS
from edge.registry import Registry

STRANGERS_MAX = 64
PAGE_MAX = 500
FRESH_NS = 15 * MINUTE_NS
_device = attrgetter("device")


class SeenPage(Struct, frozen=True):
    """When the edge last heard devices of its registry, and strangers, by its own clock.

    `registry` is the version that the edge goes by.
    """

    v: int
    edge: str
    at_ns: int
    registry: int
    devices: Mapping[str, int]
    strangers: Mapping[str, int]


class Seen:
    """What was heard and not yet told."""

    def __init__(self) -> None:
        self._dropped = 0
        self._untold: dict[str, int] = {}
        self._strangers: dict[str, int] = {}
        self._fresh: dict[str, int] = {}
        self._knocked = False

    def hear(self, messages: Sequence[Message]) -> None:
        """Note when the devices of these messages, of at least one, were heard.

        Of those that came within a second, all are taken for the first.
        """
        first_ns, last_ns = (each.readings[-1].received_ns for each in (messages[0], messages[-1]))
        if abs(last_ns - first_ns) <= SECOND_NS:
            self._untold.update(dict.fromkeys(map(_device, messages), min(first_ns, last_ns)))
            return
        for each in messages:
            self._untold[each.device] = each.readings[-1].received_ns

    def knock(self, name: str, received_ns: int) -> None:
        """Note a name that no device has; the one that knocked longest ago makes room."""
        self._strangers.pop(name, None)
        self._strangers[name] = received_ns
        self._knocked = True
        if len(self._strangers) > STRANGERS_MAX:
            del self._strangers[next(iter(self._strangers))]
            self._dropped += 1

    def welcome(self, before: Registry, after: Registry, now_ns: int) -> None:
        """From now on `after` holds: devices with another place or meter by it are newcomers."""
        moved = [
            name
            for name in after.devices()
            if _standing(after, name, now_ns) != _standing(before, name, now_ns)
        ]
        self._fresh |= dict.fromkeys(moved, now_ns)
        for name in (*moved, *(v for b in after.bindings() for v in b.device.vendors())):
            self._strangers.pop(name, None)

    def is_fresh(self, device: str) -> bool:
        """Whether `device` has had its place for less than a quarter of an hour or so."""
        return device in self._fresh

    def is_pressing(self, now_ns: int) -> bool:
        """Whether somebody may be waiting to see what is not told yet."""
        self._fresh = {d: at_ns for d, at_ns in self._fresh.items() if now_ns - at_ns < FRESH_NS}
        return self._knocked or not self._fresh.keys().isdisjoint(self._untold)

    def pressing(self) -> dict[str, int]:
        """What newcomers have said, which is told with this."""
        return {name: self._untold.pop(name) for name in self._fresh if name in self._untold}

    def all(self) -> dict[str, int]:
        """Every device heard since it was last told, which is told with this."""
        told, self._untold = self._untold, {}
        return told

    def take_dropped(self) -> int:
        """How many strangers were forgotten since the last call, for want of room."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def strangers(self) -> dict[str, int]:
        """The names that knocked last, which is told with this."""
        self._knocked = False
        return dict(self._strangers)


def _standing(registry: Registry, device: str, at_ns: int) -> tuple[str | None, int]:
    """Where `device` hangs, and how many replacements of it are declared."""
    binding = registry.binding(device, at_ns)
    replaced = len(binding.device.replacements) if binding else 0
    return registry.device_subject(device, at_ns), replaced


def pages(page: SeenPage) -> Iterator[bytes]:
    """Yield `page` in messages of at most 500 devices; the strangers are in the first."""
    devices: Sequence[tuple[str, int]] = list(page.devices.items())
    parts: Iterable[int] = range(0, max(1, len(devices)), PAGE_MAX)
    for first in parts:
        strangers = page.strangers if first == 0 else {}
        part = dict(devices[first : first + PAGE_MAX])
        yield json.encode(SeenPage(page.v, page.edge, page.at_ns, page.registry, part, strangers))
