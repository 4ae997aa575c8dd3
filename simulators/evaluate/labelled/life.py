"""A world lived through by the edge's own pipeline, knowing nothing before its time.

What goes missing goes missing as in life: the link is lost and comes back, an adapter is down,
a device is not heard. The clock ticks whenever the pipeline asks for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

from msgspec import structs

from edge.entry import AdapterStatus, Admitted, Entry, Link, Message, Tick
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS, FindingState, Reading
from edge.registry import Registry
from simulators.evaluate.labelled.scenario import Alarm, Hole, Span, Where, World

_TICK_NS = SECOND_NS
Timed = tuple[int, Entry]


def arriving(world: World, holes: Iterable[Hole]) -> tuple[Reading, ...]:
    """The readings that arrive in spite of `holes`, as and when they do."""
    behind = {each["id"]: each.get("adapter", "") for each in world.table["device"]}
    heard = world.readings
    for hole in holes:
        heard = tuple(_through(hole, behind, heard))
    return tuple(sorted(heard, key=lambda reading: reading.received_ns))


def alarms(world: World, span: Span, holes: Iterable[Hole]) -> dict[str, list[Alarm]]:
    """What every rule of the edge raises, by rule, in order, if `holes` are in the feed.

    Raises:
        RuntimeError: a rule broke; nothing that it does then is worth counting.
    """
    pipeline = Pipeline(Registry.parse(world.table, Path("evaluation")))
    made: dict[str, list[Alarm]] = {}
    for at_ns, entry in _ticking(pipeline, _entries(world, span, tuple(holes)), span.end_ns):
        for found in pipeline.step(entry):
            if found.state is FindingState.RAISED:
                subject = found.subject.rpartition("/")[2]
                made.setdefault(found.rule, []).append(Alarm(subject, found.since_ns, at_ns))
        for rule, subject, trace in pipeline.take_failures():
            raise RuntimeError(f"rule {rule} broke on {subject}: {trace}")
    return made


def _through(
    hole: Hole, behind: Mapping[str, str], readings: Iterable[Reading]
) -> Iterator[Reading]:
    names = {
        Where.LINK: behind.keys(),
        Where.ADAPTER: {device for device, adapter in behind.items() if adapter == hole.name},
        Where.DEVICE: {hole.name},
    }[hole.where]
    for reading in readings:
        if not hole.start_ns <= reading.received_ns < hole.end_ns or reading.device not in names:
            yield reading
        elif hole.keeps:
            yield structs.replace(reading, received_ns=hole.end_ns)


def _entries(world: World, span: Span, holes: tuple[Hole, ...]) -> list[Timed]:
    begun: list[Timed] = [(span.start_ns, Link(up=True, at_ns=span.start_ns))]
    names = [each["id"] for each in world.table.get("adapter", ())]
    begun += [
        (span.start_ns, AdapterStatus(name, up=True, boot=1, at_ns=span.start_ns)) for name in names
    ]
    told = [timed for boot, hole in enumerate(holes, 1) for timed in _told_of(hole, boot)]
    heard = [(reading.received_ns, _admitted(reading)) for reading in arriving(world, holes)]
    return sorted([*begun, *told, *heard], key=itemgetter(0))


def _told_of(hole: Hole, boot: int) -> Iterator[Timed]:
    """Yield what the edge notices of it; an adapter starts anew, as its `boot` after this one."""
    if hole.where is Where.LINK:
        yield hole.start_ns, Link(up=False, at_ns=hole.start_ns, kept=True)
        yield hole.end_ns, Link(up=True, at_ns=hole.end_ns, kept=True)
    elif hole.where is Where.ADAPTER:
        yield hole.start_ns, AdapterStatus(hole.name, up=False, boot=boot, at_ns=hole.start_ns)
        yield hole.end_ns, AdapterStatus(hole.name, up=True, boot=boot + 1, at_ns=hole.end_ns)


def _admitted(reading: Reading) -> Admitted:
    digest = reading.seq.to_bytes(8, "big")
    return Admitted((Message(reading.device, reading.boot, reading.seq, digest, (reading,)),))


def _ticking(pipeline: Pipeline, entries: Iterable[Timed], end_ns: int) -> Iterator[Timed]:
    """Yield the entries, and before each the ticks that the pipeline asks for until then."""
    ticked_ns = 0
    for at_ns, entry in [*entries, (end_ns, Tick(end_ns))]:
        while (due_ns := pipeline.due_ns()) is not None and due_ns < at_ns:
            ticked_ns = max(due_ns, ticked_ns + _TICK_NS)
            if ticked_ns >= at_ns:
                break
            yield ticked_ns, Tick(ticked_ns)
        yield at_ns, entry
