"""Doors, cameras and circuits fold like everything else: a restart anywhere changes no finding."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import Admitted, Entry, Link, Message, Tick
from edge.pipeline import Pipeline
from edge.reading import Finding, Kind, Reading
from tests.unit.edge.worlds import METER, at, reading, registry

DOOR = {
    "held_open": "2 min",
    "reported": True,
    "hours": "08:00-12:00",
    "reader": "reader-1",
    "at_m": [0, 0],
}
FEEDER = {"rating_a": 40, "phases": 3, "hours": "08:00-12:00", "idle_w": 50}
BOOK = registry(
    devices=(
        METER,
        {"id": "reader-1", "kind": "door", "unit": "u01"},
        {"id": "door-1", "kind": "door", "unit": "u01", "door": DOOR},
        {"id": "door-2", "kind": "door", "unit": "u01", "door": {"at_m": [900, 0]}},
        {"id": "cam-1", "kind": "cam", "unit": "u01"},
        {"id": "em-1", "kind": "elec", "unit": "u01", "feeder": FEEDER},
        {"id": "plug-1", "kind": "plug", "unit": "u01", "feeder": {"charging": "forbidden"}},
    )
)
WORDS = st.sampled_from(
    [
        ("door-1", "door.contact", "open"),
        ("door-1", "door.contact", "closed"),
        ("reader-1", "door.access", "granted"),
        ("reader-1", "door.access", "denied"),
        ("reader-1", "door.method", "button"),
        ("reader-1", "door.token", "a" * 12),
        ("door-2", "door.token", "a" * 12),
        ("door-2", "door.access", "granted"),
        ("cam-1", "cam.state", "down"),
        ("cam-1", "cam.state", "up"),
        ("cam-1", "cam.state", "unknown"),
        ("em-1", "elec.current", 30.0),
        ("em-1", "elec.current.b", 70.0),
        ("em-1", "elec.current.c", 5.0),
        ("em-1", "elec.power", 400.0),
        ("plug-1", "elec.power", 150.0),
        ("plug-1", "elec.power", 5.0),
        ("plug-1", "elec.total", 3.5),
    ]
)
Word = tuple[str, str, str | float]
STEP_S = st.sampled_from([1, 5, 20, 60, 130, 400, 1_900])
EVENTS = st.lists(st.tuples(STEP_S, WORDS | st.sampled_from(["tick", "up", "down"])), max_size=60)


def said(hour: float, word: Word) -> Reading:
    device, channel, value = word
    return reading(hour, channel, value, device=device, kind=Kind.DOOR)


def entries(events: list[tuple[int, Word | str]]) -> list[Entry]:
    hour = 0.0
    steps: list[Entry] = [Link(up=True, at_ns=at(0))]
    for number, (step_s, event) in enumerate(events):
        hour += step_s / 3_600
        if event == "tick":
            steps.append(Tick(at(hour)))
        elif isinstance(event, str):
            steps.append(Link(event == "up", at(hour)))
        else:
            each = said(hour, event)
            digest = number.to_bytes(8, "big")
            steps.append(Admitted((Message(each.device, 0, number, digest, (each,)),)))
    return steps


@settings(max_examples=60)
@given(EVENTS, st.integers(0, 60))
def test_a_restart_from_a_checkpoint_changes_no_finding(
    events: list[tuple[int, Word | str]], cut: int
) -> None:
    steps = entries(events)
    whole, first, second = Pipeline(BOOK), Pipeline(BOOK), Pipeline(BOOK)
    told = [found for entry in steps for found in whole.step(entry)]
    before = [found for entry in steps[:cut] for found in first.step(entry)]
    second.restore(first.dump())
    assert before + [found for entry in steps[cut:] for found in second.step(entry)] == told
    assert whole.take_failures() == ()


@settings(max_examples=60)
@given(EVENTS)
def test_ticks_that_make_no_finding_need_not_be_kept(
    events: list[tuple[int, Word | str]],
) -> None:
    live, replayed = Pipeline(BOOK), Pipeline(BOOK)
    told: list[Finding] = []
    kept: list[Entry] = []
    for entry in entries(events):
        found = live.step(entry)
        told += found
        if found or not isinstance(entry, Tick):
            kept.append(entry)
    assert [found for entry in kept for found in replayed.step(entry)] == told
