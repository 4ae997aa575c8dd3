"""A flood from one device is bounded before it is decoded, and hurts none of its neighbours.

Every source has a bucket of messages: a device's is so large that the backlog of a week's outage
passes at once, and refills ten times as fast as the device is expected to send. What finds its
bucket empty is refused. What may save a life (`_URGENT`) has a bucket of its own, and so has what
an adapter says of itself: all of its devices hang on it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS, Kind
from edge.registry import Registry
from edge.topic import PREFIX, DeviceTopic, TopicError, Verb, adapter_of, parse

BACKLOG_DAYS: Final = 7
"""An outage that long is caught up with at once; the journal's ring holds about as much."""
CAPACITY_MIN: Final = 2_000
"""Of any source: a device that was re-commissioned, or sends more often than was registered."""
INTERVAL_S_DEFAULT: Final = 60
"""Of a device whose interval the registry does not say."""
SHARED_CAPACITY: Final = 50_000
"""Of a vendor's topic at least, which may be the topic of every device of a gateway."""
RATE_PER_S_MIN: Final = 1.0
RATE_FACTOR: Final = 10
SHARED_RATE_PER_S: Final = 50.0
SOURCES_MAX: Final = 16_384
"""Buckets that are kept; the one used least recently is forgotten, and so full again."""
_BACKLOG_S: Final = BACKLOG_DAYS * DAY_NS // SECOND_NS
_CALM: Final = SOURCES_MAX // 2
"""Up to so many buckets nobody asks which was used last."""
SAMPLE_EVERY_NS: Final = MINUTE_NS
SHOWN_NS: Final = 5 * MINUTE_NS
SHOWN_MAX: Final = 20
_SHOWN_SIGNS: Final = 64

_URGENT: Final = frozenset({Kind.SOS, Kind.SMOKE, Kind.GAS, Kind.LEAK})
_PUSHED: Final = "http/"
_NONSENSE: Final = f"{PREFIX}/?"
_ADAPTERS: Final = f"{PREFIX}/_adapter/"


class Verdict(Enum):
    """What becomes of a delivery; `SAMPLE` is refused and worth a dead letter."""

    PASS = auto()
    REFUSE = auto()
    SAMPLE = auto()


_PASS: Final = Verdict.PASS


class _Bucket:
    """Messages that one source may still send, and what was refused of it."""

    __slots__ = (
        "at_ns", "capacity", "left", "rate_per_s", "refused", "refused_ns", "sampled_ns", "source"
    )  # fmt: skip

    def __init__(self, source: str, capacity: float, rate_per_s: float, now_ns: int) -> None:
        self.source = source
        self.capacity = self.left = capacity
        self.rate_per_s = rate_per_s
        self.at_ns = now_ns
        self.refused = 0
        self.refused_ns = self.sampled_ns = -SAMPLE_EVERY_NS

    def fill(self, now_ns: int) -> None:
        """Bring it to `now_ns`; a clock that was set back fills nothing."""
        if now_ns > self.at_ns:
            gained = (now_ns - self.at_ns) / SECOND_NS * self.rate_per_s
            self.left = min(self.capacity, self.left + gained)
        self.at_ns = now_ns


class Flood:
    """Which deliveries are too many, by their topic alone.

    A batch is judged between `begin` and `settle`. A batch that is begun without the last one
    having been settled gives back what that one took: a commit that failed, and is tried again
    until the disk has room, must not empty the buckets of what it could not commit.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._by_topic: dict[str, _Bucket] = {}
        self._taken: list[_Bucket] = []
        self._shared = _of_all_vendors(registry)

    def go_by(self, registry: Registry) -> None:
        """Allow what the intervals in `registry` ask for; every allowance is whole again."""
        self._registry = registry
        self._shared = _of_all_vendors(registry)
        self._buckets.clear()
        self._by_topic.clear()
        self._taken.clear()

    def begin(self) -> None:
        """Judge a new batch from here on."""
        for bucket in self._taken:
            bucket.left += 1
        self._taken.clear()

    def settle(self) -> None:
        """What was judged since `begin` is done with."""
        self._taken.clear()

    def judge(self, topic: str, now_ns: int) -> Verdict:
        """Whether a delivery on `topic` that came at `now_ns` may be decoded.

        What was pushed by HTTP always may: each push waits for its commit, so it is slow enough.
        """
        bucket = self._by_topic.get(topic)
        if bucket is None:
            if topic.startswith(_PUSHED):
                return _PASS
            bucket = self._met(topic, now_ns)
        elif len(self._buckets) > _CALM:
            self._buckets.move_to_end(bucket.source)
        bucket.fill(now_ns)
        if bucket.left >= 1:
            bucket.left -= 1
            self._taken.append(bucket)
            return _PASS
        bucket.refused += 1
        bucket.refused_ns = now_ns
        if now_ns - bucket.sampled_ns < SAMPLE_EVERY_NS:
            return Verdict.REFUSE
        bucket.sampled_ns = now_ns
        return Verdict.SAMPLE

    def flooding(self, now_ns: int) -> Mapping[str, int]:
        """How much was refused of each source of the last five minutes, worst first."""
        found = {
            source[:_SHOWN_SIGNS]: bucket.refused
            for source, bucket in self._buckets.items()
            if bucket.refused and now_ns - bucket.refused_ns <= SHOWN_NS
        }
        worst = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        return dict(worst[:SHOWN_MAX])

    def _met(self, topic: str, now_ns: int) -> _Bucket:
        """The bucket of whoever publishes on `topic`, full when it is new."""
        source, place = _source(topic)
        bucket = self._buckets.get(source)
        if bucket is None:
            bucket = _Bucket(source, *self._allowance(source, place, now_ns), now_ns)
            self._buckets[source] = bucket
        self._buckets.move_to_end(source)
        if len(self._buckets) > SOURCES_MAX:
            self._buckets.popitem(last=False)
            self._by_topic.clear()
        elif len(self._by_topic) >= SOURCES_MAX:
            self._by_topic.clear()
        self._by_topic[topic] = bucket
        return bucket

    def _allowance(
        self, source: str, place: DeviceTopic | None, now_ns: int
    ) -> tuple[float, float]:
        """Capacity, and messages a second that are given back."""
        if source == _NONSENSE:
            return CAPACITY_MIN, RATE_PER_S_MIN
        if source.startswith(_ADAPTERS):
            return SHARED_CAPACITY, SHARED_RATE_PER_S
        if place is None:
            return self._shared
        binding = self._registry.binding(place.dev, now_ns)
        interval_s = (binding.device.interval_s if binding else None) or INTERVAL_S_DEFAULT
        return max(CAPACITY_MIN, _BACKLOG_S / interval_s), max(
            RATE_PER_S_MIN, RATE_FACTOR / interval_s
        )


def _of_all_vendors(registry: Registry) -> tuple[float, float]:
    """The allowance of a topic on which every device with a vendor's name may speak."""
    devices = [registry.bindings(name)[-1].device for name in registry.devices()]
    intervals_s = [each.interval_s or INTERVAL_S_DEFAULT for each in devices if each.vendors()]
    per_s = sum([1 / interval_s for interval_s in intervals_s])
    return max(SHARED_CAPACITY, _BACKLOG_S * per_s), max(SHARED_RATE_PER_S, RATE_FACTOR * per_s)


def _source(topic: str) -> tuple[str, DeviceTopic | None]:
    """Who sent it: a device of ours, one for its urgent words, or a vendor's whole topic."""
    if not topic.startswith(f"{PREFIX}/"):
        return topic, None
    if said := adapter_of(topic):
        return _ADAPTERS + "/".join(said), None
    try:
        place = parse(topic)
    except TopicError:
        return _NONSENSE, None
    urgent = place.kind in _URGENT and place.verb is Verb.EVT
    return (f"{place.dev} urgent" if urgent else place.dev), place
