"""From deliveries to findings: admit a message, then fold what was admitted, in order.

Pure and deterministic: the same entries from the same checkpoint make the same findings
with the same ids and revisions. Waiting, storing and sending are the shell's.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from traceback import format_exception
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, msgpack, structs
from pydantic import Field

from edge import episode, topic, wire
from edge.admission import Identity, Known, Memory, compare
from edge.completeness import Home
from edge.detectors.base import device_detectors, home_detectors
from edge.entry import Admitted, Entry, Link, Message, Tick
from edge.meter import Meter, MeterState
from edge.reading import SECOND_NS, Finding, Kind, Reading, Timeliness
from edge.registry import Registry
from edge.rhythm import Presence
from edge.settings import Settings
from edge.vendors import Vendors
from edge.watch import Watch, Watched, WatchState
from edge.wire import Decoded, Reason, Rejection, WireError

CHECKPOINT_VERSION = 1
_FAILURES_KEPT = 100
_TRACE_MAX = 2_000


class PipelineSettings(Settings):
    """How local times are written, and how many message names a device is remembered by."""

    utc_offset_h: float = Field(8.0, ge=-12, le=14)
    identities: int = Field(128, ge=1, le=100_000)


class CheckpointError(Exception):
    """The blob is no checkpoint of this version: replay the journal from its beginning."""


class Failure(NamedTuple):
    """A rule broke on a subject, which it cannot judge until it is mended; with its trace."""

    rule: str
    subject: str
    trace: str


class Admission(Struct, frozen=True):
    """What became of one delivery; append `message`, when there is one, to the journal."""

    message: Message | None
    duplicates: int
    rejections: tuple[Rejection, ...]

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was admitted; empty when nothing was."""
        return self.message.readings if self.message else ()


class _Checkpoint(Struct, array_like=True):
    version: int
    counts: dict[str, int]
    memory: dict[str, list[tuple[int, int, bytes]]]
    meters: dict[str, MeterState]
    devices: dict[str, Presence]
    watches: dict[str, WatchState]


class Pipeline:
    """The fold over the journal, and the gate before it."""

    def __init__(
        self,
        registry: Registry,
        settings: PipelineSettings | None = None,
        vendors: Vendors | None = None,
    ) -> None:
        self._registry = registry
        self._vendors = vendors or Vendors(registry, ())
        settings = settings or PipelineSettings()
        self._memory = Memory(settings.identities)
        self._counts: Counter[str] = Counter()
        self._due_ns: int | None = None
        self._failures: deque[Failure] = deque(maxlen=_FAILURES_KEPT)
        self._homes = dict(_watched_homes(registry, settings.utc_offset_h))
        self._devices = dict(_watched_devices(registry, settings.utc_offset_h))
        self._share_rhythms()

    def admit(
        self,
        topic_text: str,
        payload: bytes,
        received_ns: int,
        *,
        batch: dict[Identity, bytes] | None = None,
    ) -> Admission:
        """Judge one delivery; nothing but `batch` changes, so a failed commit costs nothing.

        Hand in one fresh `batch` for all deliveries that go into one journal append: copies
        among them are then known before any of them is stepped.
        """
        try:
            decoded = wire.decode(topic_text, payload, received_ns)
            self._check_origin(topic_text, decoded.device)
        except WireError as error:
            return Admission(None, 0, (error.rejection,))
        return self._admission(decoded, batch)

    def admissions(
        self,
        topic_text: str,
        payload: bytes,
        received_ns: int,
        *,
        batch: dict[Identity, bytes] | None = None,
    ) -> tuple[Admission, ...]:
        """As `admit`, for any topic: a vendor's delivery may hold messages of several devices."""
        if topic_text.startswith(f"{topic.PREFIX}/") or not self._vendors.enabled:
            return (self.admit(topic_text, payload, received_ns, batch=batch),)
        try:
            found = self._vendors.decode(topic_text, payload, received_ns)
        except WireError as error:
            return (Admission(None, 0, (error.rejection,)),)
        return tuple(
            Admission(None, 0, (each,))
            if isinstance(each, Rejection)
            else self._admission(each, batch)
            for each in found
        )

    def _admission(self, decoded: Decoded, batch: dict[Identity, bytes] | None) -> Admission:
        identity = (decoded.device, decoded.boot, decoded.seq)
        known = self._memory.known(identity, decoded.digest)
        if batch is not None and known is Known.NEW:
            known = compare(batch.get(identity), decoded.digest)
        if known is Known.COPY:
            return Admission(None, 1, ())
        if known is Known.REUSED:
            detail = "device {} boot {} seq {} said something else before".format(*identity)
            return Admission(None, 0, (Rejection(Reason.ID_REUSED, detail),))
        if not decoded.readings:
            return Admission(None, 0, decoded.rejected)
        if batch is not None:
            batch[identity] = decoded.digest
        return Admission(Message(*identity, decoded.digest, decoded.readings), 0, decoded.rejected)

    def step(self, entry: Entry) -> tuple[Finding, ...]:
        """Fold one entry in; the findings it makes, in order.

        After a restart and its replay, step a `Link` that says how the link is now.
        """
        match entry:
            case Admitted(messages):
                found = [finding for message in messages for finding in self._message(message)]
            case Tick(now_ns):
                found = list(self._tick(now_ns))
            case Link(up, at_ns):
                found = []
                self._link(at_ns, up=up)
        self._counts["findings"] += len(found)
        return tuple(found)

    def take_failures(self) -> tuple[Failure, ...]:
        """The rules that broke since the last call, at most the last 100; all are counted."""
        failures = tuple(self._failures)
        self._failures.clear()
        return failures

    def due_ns(self) -> int | None:
        """The earliest wall time at which a Tick may make a finding; None when none can.

        It may be too early, never too late: a Tick that makes no finding need not be kept.
        """
        return self._due_ns

    def counters(self) -> dict[str, int]:
        """What was folded so far, by name; meter counts are summed over all watched homes."""
        totals = Counter(self._counts)
        for _, meter in self._meters():
            totals.update(structs.asdict(meter.counts))
        return dict(totals)

    def dump(self) -> bytes:
        """The whole state as a checkpoint, uncompressed."""
        return msgpack.encode(
            _Checkpoint(
                CHECKPOINT_VERSION,
                dict(self._counts),
                self._memory.state(),
                {key: meter.state() for key, meter in self._meters()},
                {name: device.state for name, device in self._devices.items()},
                {key: watch.state() for key, watch in self._watches()},
            )
        )

    def restore(self, blob: bytes) -> None:
        """Become the pipeline that dumped `blob`, as far as the registry still knows its parts.

        Raises:
            CheckpointError: the blob cannot be read; this pipeline is unchanged.
        """
        try:
            saved = msgpack.decode(blob, type=_Checkpoint)
        except msgspec.MsgspecError as error:
            raise CheckpointError(f"not a checkpoint: {error}") from error
        if saved.version != CHECKPOINT_VERSION:
            raise CheckpointError(f"checkpoint of version {saved.version}")
        self._counts = Counter(saved.counts)
        self._memory.restore(saved.memory)
        self._restore_subjects(saved)
        self._look_ahead(0)

    def _restore_subjects(self, saved: _Checkpoint) -> None:
        for key, meter in self._meters():
            if meter_state := saved.meters.get(key):
                meter.restore(meter_state)
        for name, device in self._devices.items():
            if presence := saved.devices.get(name):
                presence.expected_ns = device.state.expected_ns
                device.state = presence
        self._share_rhythms()
        for key, watch in self._watches():
            if watch_state := saved.watches.get(key):
                watch.restore(watch_state)

    def _share_rhythms(self) -> None:
        """Let the meters know how often their devices are heard."""
        for home in self._homes.values():
            for binding, meter in home.state.named():
                if device := self._devices.get(binding.device.id):
                    meter.rhythm = device.state.rhythm

    def _meters(self) -> Iterator[tuple[str, Meter]]:
        for home in self._homes.values():
            for binding, meter in home.state.named():
                yield f"{binding.unit.code} {binding.device.id} {binding.from_ns}", meter

    def _watches(self) -> Iterator[tuple[str, Watch[Any]]]:
        watched: Iterable[tuple[str, Watched[Any]]]
        watched = chain(self._homes.items(), self._devices.items())
        for key, subject in watched:
            for watch in subject.watches:
                yield f"{key} {watch.rule}", watch

    def _check_origin(self, topic_text: str, device: str) -> None:
        site = topic.parse(topic_text).site
        if site != self._registry.site:
            raise WireError(
                Reason.WRONG_SITE, f"{site!r}; this edge serves {self._registry.site!r}"
            )
        if not self._registry.knows(device):
            raise WireError(Reason.UNKNOWN_DEVICE, f"{device!r} is not in the registry")

    def _message(self, message: Message) -> list[Finding]:
        identity = (message.device, message.boot, message.seq)
        known = self._memory.known(identity, message.digest)
        if known is not Known.NEW:
            self._counts["duplicates" if known is Known.COPY else "ids_reused"] += 1
            return []
        self._memory.remember(identity, message.digest)
        self._counts["messages"] += 1
        self._counts["readings"] += len(message.readings)
        readings: Sequence[Reading] = message.readings
        if len(readings) > 1:
            readings = sorted(readings, key=attrgetter("at_ns"))
        device = message.device
        found = [*self._supervised("presence", device, self._heard(readings[-1]))]
        for reading in readings:
            found += self._supervised("meter", device, self._water(reading))
        return episode.without_false_urgency(found) if len(found) > 1 else found

    def _heard(self, newest: Reading) -> Iterator[Finding]:
        """Note that the device was heard; what was raised about its silence may clear."""
        device = self._devices.get(newest.device)
        if device is None:
            return
        device.observe(newest)
        for watch in device.watches:
            if watch.episode:
                judged = _judged(watch, device.state, newest.received_ns, watch.episode.subject)
                yield from self._supervised(watch.rule, newest.device, judged)
            self._sooner(self._next_due(watch, device.state, newest.device))

    def _water(self, reading: Reading) -> Iterator[Finding]:
        """Give the reading to the home in which its device hung at the time of the event."""
        binding = self._registry.binding(reading.device, reading.at_ns)
        if binding is None:
            self._counts["unbound"] += 1
            return
        code = binding.unit.code
        home = self._homes.get(code)
        if home is None or binding.device.kind is not Kind.WATER:
            return
        home.observe(reading)
        newest_ns = home.state.newest_ns()
        if newest_ns is None:
            return
        for watch in home.watches:
            judged = _judged(watch, home.state, newest_ns, self._registry.subject(code), reading)
            yield from self._supervised(watch.rule, code, judged)

    def _tick(self, now_ns: int) -> Iterator[Finding]:
        """Raise what time alone has made true."""
        for name, device in self._devices.items():
            subject = self._registry.device_subject(name, now_ns)
            for watch in device.watches:
                if subject and not watch.episode:
                    judged = _judged(watch, device.state, now_ns, subject)
                    yield from self._supervised(watch.rule, name, judged)
        self._look_ahead(now_ns)

    def _supervised(self, rule: str, of: str, judged: Iterator[Finding]) -> Iterator[Finding]:
        """What is `judged`; a rule that breaks stops neither the others nor the edge.

        An entry that broke a rule is in the journal, so every start would meet it again.
        """
        try:
            yield from judged
        except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
            self._note_broken(rule, of, error)

    def _next_due(self, watch: Watch[Presence], state: Presence, device: str) -> int | None:
        try:
            return watch.next_due(state)
        except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
            self._note_broken(watch.rule, device, error)
            return None

    def _note_broken(self, rule: str, of: str, error: Exception) -> None:
        self._counts["rules_broken"] += 1
        trace = "".join(format_exception(error))[-_TRACE_MAX:]
        self._failures.append(Failure(rule, of, trace))

    def _link(self, at_ns: int, *, up: bool) -> None:
        """Count every silence afresh from here: what the edge could not hear was not silence."""
        for name, device in self._devices.items():
            device.state.listening_ns = self._installed_ns(name, at_ns) if up else None
            heard_ns = device.state.rhythm.last_ns
            if heard_ns and heard_ns > at_ns and not any(w.episode for w in device.watches):
                device.state.rhythm.last_ns = at_ns  # the wall clock was put back
        self._look_ahead(at_ns)

    def _installed_ns(self, device: str, at_ns: int) -> int | None:
        starts = [b.from_ns for b in self._registry.bindings(device) if at_ns < b.to_ns]
        return max(at_ns, starts[0]) if starts else None

    def _look_ahead(self, now_ns: int) -> None:
        self._due_ns = None
        for name, device in self._devices.items():
            for watch in device.watches:
                due_ns = self._next_due(watch, device.state, name)
                if due_ns is not None and self._registry.binding(name, max(due_ns, now_ns)):
                    self._sooner(due_ns)

    def _sooner(self, due_ns: int | None) -> None:
        if due_ns is not None:
            self._due_ns = due_ns if self._due_ns is None else min(due_ns, self._due_ns)


def _judged(
    watch: Watch[Any], state: Any, now_ns: int, subject: str, reading: Reading | None = None
) -> Iterator[Finding]:
    """What `watch` says at `now_ns`; about the time of `reading`, where one led to it."""
    status = watch.evaluate(state, now_ns)
    if status is None:
        return
    fresh = Timeliness.LIVE
    if reading is not None:
        fresh = episode.timeliness(status, reading.received_ns, historical=reading.historical)
    yield from watch.speak(state, status, subject, fresh)


def _watched_homes(registry: Registry, utc_offset_h: float) -> Iterator[tuple[str, Watched[Home]]]:
    for unit in registry.units():
        rules = [rule for kind in home_detectors() for rule in kind.install(unit)]
        if rules:
            water = [b for b in registry.home(unit.code) if b.device.kind is Kind.WATER]
            yield unit.code, Watched(Home(water), rules, utc_offset_h)


def _watched_devices(
    registry: Registry, utc_offset_h: float
) -> Iterator[tuple[str, Watched[Presence]]]:
    for name in registry.devices():
        bound = [binding.device for binding in registry.bindings(name)]
        rules = [rule for kind in device_detectors() for rule in kind.install(bound[0])]
        intervals_ns = [int(d.interval_s * SECOND_NS) for d in bound if d.interval_s]
        presence = Presence(expected_ns=next(iter(intervals_ns), None))
        if rules:
            yield name, Watched(presence, rules, utc_offset_h)
