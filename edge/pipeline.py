"""From deliveries to findings: admit a message, then fold what was admitted, in order.

Pure and deterministic: the same entries from the same checkpoint make the same findings
with the same ids and revisions. Waiting, storing and sending are the shell's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Final, cast

from msgspec import structs

from edge import episode
from edge.adapters import GRACE_NS
from edge.admission import Known, Memory
from edge.checkpoint import Checkpoint, CheckpointError, decode, encode
from edge.completeness import Home
from edge.device_time import Clocks
from edge.entry import (
    AdapterStatus,
    Admitted,
    Entry,
    Labelled,
    Link,
    Message,
    Parts,
    Provisioned,
    Retuned,
    Ruled,
    Tick,
)
from edge.fields import Fields
from edge.gate import Gate
from edge.learning import Learning
from edge.pipeline_settings import PipelineSettings
from edge.presence import Presence
from edge.reading import Finding
from edge.registry import Registry
from edge.settings import ConfigError
from edge.subjects import Subjects
from edge.succession import closed, raised, read_registry_bytes
from edge.supervision import Failure, Supervisor
from edge.sweep import Sweep
from edge.telemetry import Telemetry
from edge.uptimes import Uptimes
from edge.vendors import Vendors
from edge.watch import Watched, judged

_NEW: Final = Known.NEW
_astuple: Final = structs.astuple


class Pipeline:
    """The fold over the journal, and the gate before it."""

    def __init__(
        self,
        registry: Registry,
        settings: PipelineSettings | None = None,
        vendors: Vendors | None = None,
    ) -> None:
        settings = settings or PipelineSettings()
        self._own_registry = registry
        self._utc_offset_h = settings.utc_offset_h
        self._vendors = vendors or Vendors(registry, ())
        self._memory = Memory(settings.identities)
        self.clocks = Clocks()
        self.learning = Learning(settings.leeway())
        self.shadowed: tuple[Finding, ...] = ()  # what the last step said that is for nobody
        self._counts: Counter[str] = Counter()
        self._messages = self._readings = 0
        self._due_ns: int | None = None
        self._supervisor = Supervisor(self._counts)
        self._adopt(0, b"")

    def step(self, entry: Entry) -> tuple[Finding, ...]:
        """Fold one entry in; the findings it makes for people, in order.

        After a restart and its replay, step a `Link` that says how the link is now.
        """
        found: list[Finding] = []
        match entry:
            case Admitted(messages):
                for message in messages:
                    self._message(message, found)
                self._sooner(self._telemetry.take_due_ns())
            case Tick(now_ns):
                found = list(self._tick(now_ns))
            case Link(up, at_ns, kept):
                self._subjects.link(at_ns, up=up, kept=kept)
                self._look_ahead(at_ns)
            case AdapterStatus():
                found = list(self._adapter(entry))
            case Provisioned():
                found = list(self._provision(entry))
            case Labelled() | Retuned():
                if self.learning.take(entry, self._subjects):
                    self._look_ahead(self._subjects.hearing.state().proof_ns)
                self._counts["labels"] += self.learning.taken
            case Ruled():
                found = list(self.learning.go_by(entry, self._subjects.watches()))
        told, self.shadowed = self.learning.part(found)
        self._counts["findings"] += len(told)
        self._counts["findings_shadow"] += len(self.shadowed)
        return told

    def take_failures(self) -> tuple[Failure, ...]:
        """The rules that broke since the last call, at most the last 100; all are counted."""
        return self._supervisor.take_failures()

    def due_ns(self) -> int | None:
        """The earliest wall time at which a Tick may make a finding; None when none can.

        It may be too early, never too late: a Tick that makes no finding need not be kept.
        """
        return self._due_ns

    def counters(self) -> dict[str, int]:
        """What was folded so far, by name; meter counts are summed over all watched homes."""
        totals = Counter(self._counted())
        for _, meter in self._subjects.meters():
            totals.update(structs.asdict(meter.counts))
        totals["cards_forgotten"] = self._subjects.points.cards.state.forgotten
        return dict(totals)

    def devices(self) -> Mapping[str, Watched[Presence]]:
        """Every watched device by its id; to be looked at only."""
        return self._subjects.devices

    def homes(self) -> Mapping[str, Watched[Home]]:
        """Every watched home by its code; to be looked at only."""
        return self._subjects.watched

    def late_s(self, now_ns: int) -> dict[str, tuple[float, float]]:
        """The longest delays of the latest devices, in this week and in the one before."""
        return self._subjects.latenesses.worst(now_ns)

    def uptimes(self) -> Uptimes:
        """For how long its cameras and lifts were up; to be looked at only."""
        return self._subjects.uptimes

    def dump(self) -> bytearray:
        """The whole state as a checkpoint, uncompressed."""
        return encode(self._checkpoint())

    def restore(self, blob: bytes | bytearray) -> None:
        """Become the pipeline that dumped `blob`, as far as the registry still knows its parts.

        Raises:
            CheckpointError: the blob cannot be read; this pipeline is unchanged.
        """
        saved = decode(blob)
        try:
            self._adopt(*saved.registry)
        except ConfigError as error:
            raise CheckpointError(f"its registry cannot be used: {error}") from error
        self._counts.clear()
        self._counts.update(saved.counts)
        self._messages = self._counts.pop("messages", 0)
        self._readings = self._counts.pop("readings", 0)
        self._memory.restore(saved.names)
        self._memory.restore_listed(saved.memory)
        self.learning.restore(saved)
        self._take_up(saved, saved.hearing.proof_ns)
        self._look_ahead(0)

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            self._counted(),
            {},
            {key: meter.state() for key, meter in self._subjects.meters()},
            {name: device.state.state() for name, device in self._subjects.devices.items()},
            {key: watch.state() for key, watch in self._subjects.watches()},
            self._subjects.hearing.state(),
            {name: adapter.state.state for name, adapter in self._subjects.adapters.items()},
            {key: each.state.state for key, each in self._subjects.supplies.by_subject.items()},
            self.clocks.state(),
            (self.registry_version, self.registry_table),
            self.learning.labels.state(),
            self._subjects.signals.states(),
            {code: quiet.state for code, quiet in self._subjects.quiets()},
            self._subjects.points.states(),
            self._subjects.uptimes.states(),
            {code: night.state for code, night in self._subjects.nights()},
            self.learning.shadow.state,
            self.learning.tuning.state,
            self._subjects.instruments.states(),
            self._subjects.numberings.state(),
            self._subjects.latenesses.states(),
            self._memory.state(),
            self.learning.places.state,
        )

    def _counted(self) -> dict[str, int]:
        counts = dict(self._counts)
        if self._messages:
            counts["messages"], counts["readings"] = self._messages, self._readings
        return counts

    def _adopt(self, version: int, table: bytes) -> None:
        """Go by another registry, as if nothing had happened yet but what is remembered."""
        registry = read_registry_bytes(table) if version else self._own_registry
        self.registry, self.registry_version, self.registry_table = registry, version, table
        self.gate = Gate(registry, self._vendors.under(registry), self._memory, self.clocks)
        self._subjects = Subjects(registry, self._memory, self._utc_offset_h)
        self.learning.tuning.go_by(registry.units())
        self._sweep = Sweep(registry, self._subjects.devices, self._supervisor)
        self._telemetry = Telemetry(
            self._subjects, self.clocks, self._sweep, self._supervisor, self._counts
        )

    def _take_up(self, saved: Checkpoint, at_ns: int) -> None:
        self.clocks.restore({k: v for k, v in saved.clocks.items() if self.registry.knows(k)})
        self._subjects.restore(saved, at_ns)
        self.learning.apply(self._subjects)

    def _provision(self, change: Provisioned) -> Iterator[Finding]:
        """Carry on under another registry; what was raised about a place that is gone ends."""
        saved, before = self._checkpoint(), raised(self._subjects.watches())
        try:
            self._adopt(change.version, change.table)
        except ConfigError:  # it was sound when it was taken, by rules of another time
            self._counts["registries_unusable"] += 1
            return
        self.learning.go_on(self.registry, change.at_ns)
        self._take_up(saved, change.at_ns)
        yield from closed(before, dict(self._subjects.watches()), self.registry, change.at_ns)
        for name in self._subjects.devices:
            self._subjects.listen_to(name, change.at_ns)
        self._look_ahead(change.at_ns)

    def _message(self, message: Message, found: list[Finding]) -> None:
        device, boot, seq, digest, readings = cast("Parts", _astuple(message))
        subjects = self._subjects
        route = subjects.routes.get(device)
        names = self._memory.names(device) if route is None else route.names
        known = self._memory.admit_to(names, boot, seq, digest)
        if known is not _NEW:
            self._counts["duplicates" if known is Known.COPY else "ids_reused"] += 1
            return
        self._messages += 1
        self._readings += len(readings)
        if route is None:
            self._counts["unbound"] += len(readings)
            return
        before = len(found)
        said = [Fields(reading) for reading in readings]
        self._telemetry.follow(found, route, said)
        if len(found) > before + 1:
            found[before:] = episode.without_false_urgency(found[before:])
        guard = self._supervisor.guarded
        for each in said:
            if each.channel in subjects.urgent:
                found += subjects.ring(each.reading, guard)
                self._sooner(subjects.points.due_ns(device))
        if subjects.numberings.jumps(route.last, device, boot, seq):
            found += guard("numbering", device, subjects.numberings.hear(message, guard))
        newest = said[0] if len(said) == 1 else max(said, key=attrgetter("at_ns"))
        if subjects.latenesses.concern(newest, route.presence):
            found += guard("lateness", device, subjects.latenesses.hear(message, guard))

    def _tick(self, now_ns: int) -> Iterator[Finding]:
        """Raise what time alone has made true."""
        yield from self._sweep.tick(now_ns)
        for name in self._subjects.adapters:
            yield from self._judged_adapter(name, now_ns)
        yield from self._subjects.points.tick(now_ns, self._supervisor.guarded)
        self._find_due()

    def _adapter(self, status: AdapterStatus) -> Iterator[Finding]:
        """Take in what an adapter says of itself: its devices are unknown while it is down."""
        watched = self._subjects.adapters.get(status.adapter)
        if watched is None:
            self._counts["unbound"] += 1
            return
        before = watched.state.state
        if not watched.state.hear(status):
            return
        if status.up:
            afresh = not before.up and status.at_ns - (before.since_ns or 0) > GRACE_NS
            self._subjects.hearing.adapter_up(status.adapter, status.at_ns, afresh=afresh)
        else:
            self._subjects.hearing.adapter_down(status.adapter, status.at_ns)
            self._subjects.uptimes.cut(status.at_ns, status.adapter)
        yield from self._judged_adapter(status.adapter, status.at_ns)
        self._look_ahead(status.at_ns)

    def _judged_adapter(self, name: str, now_ns: int) -> Iterator[Finding]:
        adapter = self._subjects.adapters[name].state
        for watch in self._subjects.adapters[name].watches:
            said = judged(watch, adapter, now_ns, adapter.subject)
            yield from self._supervisor.guarded(watch.rule, name, said)

    def _look_ahead(self, now_ns: int) -> None:
        """Find anew when every device is worth asking: what all of them hang on has changed."""
        self._sweep.look_ahead(now_ns)
        self._find_due()

    def _find_due(self) -> None:
        self._due_ns = self._sweep.first_ns()
        for name, adapter in self._subjects.adapters.items():
            for each in adapter.watches:
                self._sooner(self._sweep.next_due(each, adapter.state, name))
        self._sooner(self._subjects.points.due_ns())

    def _sooner(self, due_ns: int | None) -> None:
        if due_ns is not None:
            self._due_ns = due_ns if self._due_ns is None else min(due_ns, self._due_ns)
