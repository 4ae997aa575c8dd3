"""The topic tree `sw/1`: which topic means what, and nothing else.

Every segment is an opaque code of our own; a topic that is not exactly in the tree is
refused rather than guessed at.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from edge.reading import Kind

PREFIX = "sw/1"
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DEVICE_DEPTH = 8
_CACHED_TOPICS = 16_384
_OF_EDGES = frozenset({"status", "health", "seen", "time", "label", "uptime"})


class Verb(StrEnum):
    """What a device topic carries: the last segment."""

    OBS = "obs"
    HIST = "hist"
    EVT = "evt"
    STATE = "state"


class TopicError(ValueError):
    """The text is not a topic, or not a segment, of the tree."""


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """A device topic, taken apart."""

    site: str
    bldg: str
    unit: str
    kind: Kind
    dev: str
    verb: Verb


def is_segment(text: str) -> bool:
    """Whether `text` may stand between two slashes: 1-32 of `a-z0-9_-`, no leading sign."""
    return _SEGMENT.fullmatch(text) is not None


@lru_cache(maxsize=_CACHED_TOPICS)
def parse(topic: str) -> DeviceTopic:
    """The parts of a device topic; the most recent topics cost one dictionary look-up.

    Raises:
        TopicError: `topic` is not `sw/1/{site}/{bldg}/{unit}/{kind}/{dev}/{verb}`.
    """
    parts = topic.split("/", _DEVICE_DEPTH)
    if len(parts) != _DEVICE_DEPTH or parts[:2] != ["sw", "1"]:
        raise TopicError(f"not a device topic of {PREFIX}: {topic[:120]!r}")
    site, bldg, unit, kind, dev, verb = parts[2:]
    for segment in (site, bldg, unit, dev):
        _checked(segment)
    try:
        return DeviceTopic(site, bldg, unit, Kind(kind), dev, Verb(verb))
    except ValueError as error:
        raise TopicError(f"{error} in {topic[:120]!r}") from None


def device_topic(place: DeviceTopic) -> str:
    """The text that `parse` takes apart into `place`.

    Raises:
        TopicError: a segment of `place` is not a code.
    """
    site, bldg, unit, dev = map(_checked, (place.site, place.bldg, place.unit, place.dev))
    return f"{PREFIX}/{site}/{bldg}/{unit}/{place.kind.value}/{dev}/{place.verb.value}"


def device_filters(site: str) -> tuple[str, ...]:
    """The subscriptions that bring every observation of `site`, and no state message."""
    wanted = (Verb.OBS, Verb.HIST, Verb.EVT)
    return tuple(f"{PREFIX}/{_checked(site)}/+/+/+/+/{verb.value}" for verb in wanted)


def home_state_topic(site: str, bldg: str, unit: str) -> str:
    """Where it stands, retained, whether a rule has raised something about the home `unit`."""
    return f"{PREFIX}/{_checked(site)}/{_checked(bldg)}/{_checked(unit)}/_home/state"


def finding_topic(site: str, edge: str) -> str:
    """Where `edge` publishes its findings."""
    return _service_topic(site, "_finding", edge)


def finding_filter(site: str) -> str:
    """The subscription that brings the findings of every edge of `site`."""
    return f"{PREFIX}/{_checked(site)}/_finding/+"


def ack_topic(site: str, edge: str) -> str:
    """Where the gateway tells `edge` which findings it has committed."""
    return _service_topic(site, "_ack", edge)


def label_topic(site: str, edge: str) -> str:
    """Where the gateway tells `edge` what people found its alarms to be."""
    return _service_topic(site, "_label", edge)


def label_ack_topic(site: str, edge: str) -> str:
    """Where `edge` says which labels it holds."""
    return f"{_service_topic(site, '_edge', edge)}/label"


def label_ack_filter(site: str) -> str:
    """The subscription that brings what every edge of `site` holds of its labels."""
    return f"{PREFIX}/{_checked(site)}/_edge/+/label"


def status_topic(site: str, edge: str) -> str:
    """Where birth and last will of `edge` stand, retained."""
    return f"{_service_topic(site, '_edge', edge)}/status"


def health_topic(site: str, edge: str) -> str:
    """Where `edge` reports its counters and depths."""
    return f"{_service_topic(site, '_edge', edge)}/health"


def uptime_topic(site: str, edge: str) -> str:
    """Where `edge` says for how long cameras and lifts were up."""
    return f"{_service_topic(site, '_edge', edge)}/uptime"


def uptime_filter(site: str) -> str:
    """The subscription that brings that of every edge of `site`."""
    return f"{PREFIX}/{_checked(site)}/_edge/+/uptime"


def config_topic(site: str, edge: str) -> str:
    """Where the gateway leaves `edge` its registry: retained, versioned, signed."""
    return _service_topic(site, "_cfg", edge)


def seen_topic(site: str, edge: str) -> str:
    """Where `edge` says which devices it heard, and which that nobody has registered."""
    return f"{_service_topic(site, '_edge', edge)}/seen"


def seen_filter(site: str) -> str:
    """The subscription that brings what every edge of `site` heard."""
    return f"{PREFIX}/{_checked(site)}/_edge/+/seen"


def state_filter(site: str) -> str:
    """The subscription that brings the retained state of every device of `site`."""
    return f"{PREFIX}/{_checked(site)}/+/+/+/+/{Verb.STATE.value}"


def question_topic(site: str, edge: str) -> str:
    """Where `edge` asks the gateway for the time."""
    return f"{_service_topic(site, '_edge', edge)}/time"


def answer_topic(site: str, edge: str) -> str:
    """Where the gateway tells `edge` the time."""
    return _service_topic(site, "_time", edge)


def edge_filters(site: str) -> tuple[str, str, str]:
    """The subscriptions that bring status, health and questions of every edge of `site`."""
    base = f"{PREFIX}/{_checked(site)}/_edge/+"
    return f"{base}/status", f"{base}/health", f"{base}/time"


def qos(pattern: str) -> int:
    """The QoS at which a filter is subscribed: 0 for the time, which is worthless when late.

    So it is never kept for a session that is away, nor waits behind what is not acked.
    """
    match pattern.split("/"):
        case ["sw", "1", _, "_edge", _, "time"] | ["sw", "1", _, "_time", _]:
            return 0
    return 1


def adapter_status_topic(site: str, adapter: str) -> str:
    """Where birth and last will of `adapter` stand, retained."""
    return f"{_service_topic(site, '_adapter', adapter)}/status"


def adapter_filter(site: str) -> str:
    """The subscription that brings the status of every adapter of `site`."""
    return f"{PREFIX}/{_checked(site)}/_adapter/+/status"


def adapter_of(topic: str) -> tuple[str, str] | None:
    """The `(site, adapter)` whose status `topic` brings; None when it is no such topic."""
    match topic.split("/", 6):
        case ["sw", "1", site, "_adapter", adapter, "status"]:
            if is_segment(site) and is_segment(adapter):
                return site, adapter
    return None


def edge_of(topic: str) -> tuple[str, str]:
    """The `(site, edge)` that a finding, ack or time topic names, or one that the edge writes.

    Raises:
        TopicError: `topic` is none of these.
    """
    match topic.split("/", 6):
        case ["sw", "1", site, "_finding" | "_ack" | "_time", edge]:
            return _checked(site), _checked(edge)
        case ["sw", "1", site, "_edge", edge, what] if what in _OF_EDGES:
            return _checked(site), _checked(edge)
    raise TopicError(f"not a service topic of {PREFIX}: {topic[:120]!r}")


def _service_topic(site: str, service: str, edge: str) -> str:
    return f"{PREFIX}/{_checked(site)}/{service}/{_checked(edge)}"


def _checked(segment: str) -> str:
    if not is_segment(segment):
        raise TopicError(f"not a topic segment: {segment[:40]!r}; use 1-32 of a-z 0-9 _ -")
    return segment
