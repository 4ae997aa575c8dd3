"""A sweep that asks only whose moment has come says what asking everybody says."""

from pathlib import Path
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.deadlines import Deadlines
from edge.entry import AdapterStatus, Admitted, Entry, Link, Message, Tick
from edge.pipeline import Pipeline
from edge.reading import MINUTE_NS, SECOND_NS, Finding, Kind, Quality, Reading, TimeSource
from edge.registry import Registry

START_NS = 1_767_225_600 * SECOND_NS
DEVICES = 6
LATER = "2026-01-02T00:00:00+00:00"


def _device(number: int) -> dict[str, object]:
    """One behind an adapter, one that hangs nowhere for half a day, and plain ones."""
    device: dict[str, object] = {
        "id": f"wm-{number}", "kind": "water", "unit": "u01", "interval": f"{10 + number} min",
    }  # fmt: skip
    extra: dict[int, dict[str, object]] = {
        1: {"adapter": "gw-1"},
        2: {"to": "2026-01-01T12:00:00Z"},
    }
    return device | extra.get(number, {})


REGISTRY = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u01", "building": "b01", "care": ["alone"]}],
        "adapter": [{"id": "gw-1"}],
        "device": [
            *[_device(number) for number in range(DEVICES)],
            _device(2) | {"from": LATER, "to": "2026-06-01T00:00:00Z"},
        ],
    },
    Path("registry.toml"),
)

HAPPENINGS = st.lists(
    st.tuples(
        st.integers(1, 300),  # minutes since the last one
        st.one_of(
            st.integers(0, DEVICES - 1),  # this device is heard
            st.sampled_from(["tick", "tick", "link up", "link down", "adapter up", "adapter down"]),
        ),
    ),
    min_size=5,
    max_size=60,
)


def _entry(seq: int, at_ns: int, what: int | str) -> Entry:
    if isinstance(what, int):
        reading = Reading(
            f"wm-{what}", "u01", Kind.WATER, "water.total", 1.0, at_ns, at_ns, TimeSource.METER,
            Quality.GOOD, historical=False, seq=seq, boot=1, resolution=0.001,
        )  # fmt: skip
        return Admitted((Message(f"wm-{what}", 1, seq, seq.to_bytes(8, "big"), (reading,)),))
    subject, _, way = what.partition(" ")
    if subject == "link":
        return Link(up=way == "up", at_ns=at_ns, kept=True)
    if subject == "adapter":
        return AdapterStatus("gw-1", up=way == "up", boot=1, at_ns=at_ns)
    return Tick(at_ns)


def _everybody(deadlines: Deadlines, _: int) -> range:
    return range(len(deadlines))


def _pipeline() -> Pipeline:
    made = Pipeline(REGISTRY)
    made.step(Link(up=True, at_ns=START_NS))
    return made


@settings(max_examples=200, deadline=None)
@given(HAPPENINGS)
def test_the_column_leaves_out_nobody_whom_a_rule_would_raise(
    happenings: list[tuple[int, int | str]],
) -> None:
    swept, asked = _pipeline(), _pipeline()
    at_ns = START_NS
    for seq, (minutes, what) in enumerate(happenings):
        at_ns += minutes * MINUTE_NS
        entry = _entry(seq, at_ns, what)
        due_ns = swept.due_ns()
        said: tuple[Finding, ...] = swept.step(entry)
        with patch.object(Deadlines, "passed", _everybody):
            expected = asked.step(entry)
        assert said == expected
        if said and isinstance(entry, Tick):
            assert due_ns is not None
            assert due_ns <= at_ns


def test_a_device_that_hangs_nowhere_for_a_while_is_asked_again_once_it_hangs() -> None:
    pipeline = _pipeline()
    found: list[Finding] = []
    for hours in range(1, 48):
        found += pipeline.step(Tick(START_NS + hours * 60 * MINUTE_NS))
    spoken = {each.subject for each in found}
    assert "s01/b01/u01/wm-2" in spoken
    assert len(spoken) == DEVICES


def test_a_column_of_nobody_has_no_first_moment() -> None:
    assert Deadlines(0).first_ns() is None
    assert list(Deadlines(0).passed(START_NS)) == []
