"""Counts, levels, climates and delays of any kind: a restart or a copy changes nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import Admitted, Link, Message
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS, Finding, Kind, Reading
from edge.registry import Registry
from tests.unit.edge.worlds import METER, UNIT, at, reading, registry

PLACE = {"code": "yard", "building": "b01"}
DEVICES = [
    METER,
    {"id": "cam-1", "kind": "cam", "unit": "yard", "crowd": {"lasts": "5 min"}},
    {"id": "ws-1", "kind": "env", "unit": "yard", "noise": {"homes": 9}},
    *({"id": f"env-{n}", "kind": "env", "unit": "u01"} for n in range(4)),
]
CHANNELS = {
    "cam-1": ("crowd.count", Kind.CAM, (0, 5, 30, 90)),
    "ws-1": ("noise.level", Kind.ENV, (30.0, 44.0, 60.0)),
    **{f"env-{n}": ("temperature.c", Kind.ENV, (18.0, 20.5, 21.0, 850.0)) for n in range(4)},
}
Said = tuple[str, int, int, int]
"""Who, which of its values, minutes since the last word, and hours late."""
words = st.lists(
    st.tuples(
        st.sampled_from(sorted(CHANNELS)),
        st.integers(0, 3),
        st.sampled_from((1, 10, 60, 600, 1_440)),
        st.sampled_from((0, 0, 0, 3, 9)),
    ),
    min_size=20,
    max_size=120,
)


def site() -> Registry:
    return registry((UNIT, PLACE), DEVICES)


def messages(said: list[Said]) -> list[Message]:
    made, received_ns = [], at(0)
    for seq, (device, which, minutes, late_h) in enumerate(said, 1):
        received_ns += minutes * MINUTE_NS
        channel, kind, values = CHANNELS[device]
        each: Reading = reading(
            0, channel, values[which % len(values)], device=device, kind=kind, seq=seq,
            at_ns=received_ns - late_h * HOUR_NS, received_ns=received_ns,
        )  # fmt: skip
        made.append(Message(device, 0, seq, seq.to_bytes(8, "big"), (each,)))
    return made


def lived(pipeline: Pipeline, made: list[Message]) -> list[Finding]:
    found = [each for message in made for each in pipeline.step(Admitted((message,)))]
    assert pipeline.take_failures() == ()
    return found


@settings(max_examples=40)
@given(words, st.data())
def test_a_restart_anywhere_changes_nothing(said: list[Said], data: st.DataObject) -> None:
    made = messages(said)
    cut = data.draw(st.integers(0, len(made)))
    whole, first, second = (Pipeline(site()) for _ in range(3))
    for each in (whole, first):
        each.step(Link(up=True, at_ns=at(0)))
    found = lived(whole, made)
    before = lived(first, made[:cut])
    second.restore(first.dump())
    assert before + lived(second, made[cut:]) == found
    assert second.dump() == whole.dump()


@settings(max_examples=40)
@given(words)
def test_copies_change_nothing(said: list[Said]) -> None:
    made = messages(said)
    once, twice = Pipeline(site()), Pipeline(site())
    for each in (once, twice):
        each.step(Link(up=True, at_ns=at(0)))
    assert lived(twice, [each for message in made for each in (message, message)]) == lived(
        once, made
    )
