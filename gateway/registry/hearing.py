"""What comes in for the registry: what edges heard, and retained states of places long left."""

from collections import Counter

import msgspec

from edge import topic
from edge.seen import PAGE_MAX, STRANGERS_MAX, SeenPage
from edge.session import Delivery
from edge.strict_json import JsonError, parse
from edge.topic import TopicError, Verb
from gateway.db import registry as rows
from gateway.db import seen
from gateway.db.engine import writing
from gateway.intake import Refused
from gateway.registry.office import Office, state_topic

_NAME_CHARS_MAX = 170
_TIME_MAX = 2**63


class Hearing:
    """Takes such messages into one office's database; counts what it found."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.counts: Counter[str] = Counter()

    def filters(self) -> tuple[str, ...]:
        """The subscriptions that bring them."""
        site = self._office.site
        return topic.seen_filter(site), topic.state_filter(site)

    def take(self, delivery: Delivery, now_ns: int) -> bool:
        """Whether the delivery was one of these; it is dealt with then.

        Raises:
            Refused: it was, and cannot be used.
        """
        if delivery.topic.endswith("/seen"):
            self._hear(delivery, now_ns)
        elif delivery.topic.endswith(f"/{Verb.STATE.value}"):
            self._sweep(delivery, now_ns)
        else:
            return False
        return True

    def _hear(self, delivery: Delivery, now_ns: int) -> None:
        page = _read(delivery.payload)
        try:
            site, edge = topic.edge_of(delivery.topic)
        except TopicError as error:
            raise Refused("unknown_topic", str(error)) from None
        if (site, edge) != (self._office.site, page.edge):
            raise Refused("identity_mismatch", f"says {page.edge[:40]!r}")
        registry = self._office.registry
        known = {d: min(at, now_ns) for d, at in page.devices.items() if registry.knows(d)}
        names = {
            name: min(at, now_ns)
            for name, at in page.strangers.items()
            if not (registry.knows(name) or registry.by_vendor(name))
        }
        told = msgspec.structs.replace(page, devices=known, strangers=names)
        with writing(self._office.database) as connection:
            seen.hear(connection, told, now_ns)
        self.counts["pages"] += 1

    def _sweep(self, delivery: Delivery, now_ns: int) -> None:
        """A state that the broker has kept of a place where its device is not: to be emptied."""
        if not (delivery.retain and delivery.payload):
            return
        try:
            device = topic.parse(delivery.topic).dev
        except TopicError:
            self.counts["foreign_states"] += 1
            return
        if state_topic(self._office.registry, device, now_ns) == delivery.topic:
            return
        with writing(self._office.database) as connection:
            self.counts["ghosts"] += rows.owe_tombstones(connection, [delivery.topic], now_ns)


def _read(payload: bytes) -> SeenPage:
    try:
        page = msgspec.convert(parse(payload), SeenPage)
    except JsonError as error:
        raise Refused(error.fault.value, error.detail) from None
    except msgspec.ValidationError as error:
        raise Refused("wrong_type", str(error)) from None
    if page.v != 1 or not 0 <= page.registry < 2**53:
        raise Refused("out_of_range", f"v {page.v}, registry {page.registry}")
    if len(page.devices) > PAGE_MAX or len(page.strangers) > STRANGERS_MAX:
        raise Refused("out_of_range", "too many names")
    times = [*page.devices.values(), *page.strangers.values()]
    if not all(0 <= at_ns < _TIME_MAX for at_ns in times):
        raise Refused("out_of_range", "a time")
    if not all(0 < len(name) <= _NAME_CHARS_MAX and name.isprintable() for name in page.strangers):
        raise Refused("bad_name", "of a stranger")
    return page
