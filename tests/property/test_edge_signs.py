"""A stream beside water and door: one that tells nothing changes nothing, and restarts no more."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import Admitted, Message
from edge.pipeline import Pipeline
from edge.reading import Finding, Kind, Reading
from edge.registry import Registry
from tests.unit.edge.worlds import litres, reading

BOOK = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [
            {
                "code": "u01",
                "building": "b01",
                "care": ["alone"],
                "routine": {"alarms_per_month_with_door": 1.0, "signs": ["elec", "gas", "plug"]},
            }
        ],
        "device": [
            {"id": "wm-1", "kind": "water", "unit": "u01", "interval": "1 h"},
            {"id": "door-1", "kind": "door", "unit": "u01"},
            {"id": "em-1", "kind": "elec", "unit": "u01"},
        ],
    },
    Path("registry.toml"),
)
DAYS = st.lists(
    st.tuples(st.booleans(), st.integers(7, 12), st.integers(14, 23)), min_size=3, max_size=8
)
"""Whether anything is used on a day, from and until which hour."""


def told(days: list[tuple[bool, int, int]], *, stove: int = 0) -> list[Message]:
    """Hourly registers, and a walk at ten o'clock; the stove is on in every so many hours."""
    said: list[Reading] = []
    register_l, kwh = 1_000.0, 50.0
    for day, (lived, first, last) in enumerate(days * 3):
        for clock in range(24):
            hour, up = 24 * day + clock, lived and first <= clock < last
            register_l += 6 * up
            kwh += 0.1 + 0.5 * bool(stove and up and clock % stove == 0)
            said.append(litres(hour, register_l))
            if stove:
                elec = {"device": "em-1", "kind": Kind.ELEC, "resolution": 0.01}
                said.append(reading(hour + 0.02, "elec.total", kwh, **elec))
            if lived and clock in (first, first + 2):
                way = "out" if clock == first else "in"
                keys = {"device": "door-1", "kind": Kind.DOOR}
                said.append(reading(hour + 0.5, "door.direction", way, **keys))
    return [
        Message(each.device, 1, seq, seq.to_bytes(8, "big"), (each,))
        for seq, each in enumerate(said, 1)
    ]


def lived(messages: list[Message]) -> tuple[list[Finding], Pipeline]:
    pipeline, found = Pipeline(BOOK), list[Finding]()
    for each in messages:
        found += pipeline.step(Admitted((each,)))
    return found, pipeline


def gist(found: list[Finding]) -> list[tuple[object, ...]]:
    return [(each.id, each.revision, each.state, each.since_ns, each.at_ns) for each in found]


@settings(max_examples=25, deadline=None)
@given(DAYS, st.sampled_from(["constant", "standing", "even", "dead", "late"]))
def test_a_stream_that_tells_nothing_changes_no_finding(
    days: list[tuple[bool, int, int]], sort: str
) -> None:
    plain = told(days)
    beside = []
    for hour in range(24 * 3 * len(days)):
        channel, value, at_h = {
            "constant": ("elec.power", 300.0, hour + 0.02),
            "standing": ("elec.total", 100.0, hour + 0.02),
            "even": ("elec.total", 100 + 0.2 * hour, hour + 0.02),
            "dead": ("elec.total", 100 + (hour % 2), min(hour, 4) + 0.02),
            "late": ("elec.total", 100 + hour**1.2, -float(hour)),
        }[sort]
        beside.append(reading(at_h, channel, value, device="em-1", kind=Kind.ELEC, resolution=0.01))
    with_it = plain + [
        Message("em-1", 1, seq, seq.to_bytes(8, "big"), (each,))
        for seq, each in enumerate(beside, 1)
    ]
    with_it.sort(key=lambda each: each.readings[0].at_ns)
    assert gist(lived(with_it)[0]) == gist(lived(plain)[0])


@settings(max_examples=25, deadline=None)
@given(DAYS, st.sets(st.integers(0, 500), max_size=3), st.integers(1, 9))
def test_neither_restarts_nor_batches_nor_copies_change_anything(
    days: list[tuple[bool, int, int]], restarts: set[int], size: int
) -> None:
    messages = told(days, stove=2)
    expected, plain = lived(messages)
    pipeline, found = Pipeline(BOOK), list[Finding]()
    for first in range(0, len(messages), size):
        batch = messages[first : first + size]
        if first // size in restarts:
            blob = pipeline.dump()
            pipeline = Pipeline(BOOK)
            pipeline.restore(blob)
        found += pipeline.step(Admitted(tuple(batch)))
    assert found == expected
    copied = list[Finding]()
    for each in messages[-20:]:
        copied += pipeline.step(Admitted((each,)))
    assert copied == []
    quiets = [each.homes()["u01"].state.quiet for each in (pipeline, plain)]
    assert quiets[0] is not None
    assert quiets[1] is not None
    assert quiets[0].state == quiets[1].state
