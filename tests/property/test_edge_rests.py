"""A rule that rests says nothing else than a rule that is asked after every reading."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import wire
from edge.detectors.base import home_detectors
from edge.detectors.welfare import Welfare
from edge.entry import Admitted
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS, Finding
from edge.watch import Watched
from tests.property.edge_world import START_S, TOPIC, fed, listening, message

Said = tuple[list[Finding], dict[str, int]]

HOURS = st.one_of(
    st.tuples(st.integers(4, 30), st.sampled_from([0, 0, 1])),
    st.tuples(st.integers(1, 8), st.integers(2, 40)),
)
JOLTS = st.sampled_from(
    [0] * 12 + [-3, -500, 4_000, -1_000_000]  # glitches, a jump, another register
)
TICKS_M3 = st.sampled_from([0.001] * 8 + [0.01, 0.1])


@st.composite
def troubled(draw: st.DrawFn) -> list[wire.Message]:
    """Days of one meter with jolts, other ticks, faults, gaps and late messages."""
    phases = draw(st.lists(HOURS, min_size=2, max_size=10))
    litres = [each for count, each in phases for _ in range(count)]
    offset, sent = 2_000_000, []
    for hour, register in enumerate(accumulate(litres, initial=1_000)):
        jolt = draw(JOLTS)
        lasting = draw(st.booleans()) and jolt < -1_000
        value_l = max(0, register + offset + jolt)
        offset += jolt if lasting else 0
        records: tuple[wire.Record, ...] = (
            wire.Record(n="water.total", v=value_l / 1_000, r=draw(TICKS_M3)),
        )
        if draw(st.integers(0, 30)) == 0:
            fault = draw(st.sampled_from(["", "leak", "tamper"]))
            records += (wire.Record(n="meter.fault", vs=fault),)
        sent.append(wire.Message(dev="wm-1", seq=hour, t=START_S + 3_600.0 * hour, e=records))
    return _shuffled(draw, [each for each in sent if draw(st.integers(0, 15))])


def _shuffled(draw: st.DrawFn, sent: list[wire.Message]) -> list[wire.Message]:
    """Some messages come up to twelve places late."""
    late = [(at + draw(st.sampled_from([0] * 10 + [3, 12])), at) for at in range(len(sent))]
    return [sent[at] for _, at in sorted(late)]


def said_by(pipeline: Pipeline, sent: wire.Message) -> Said:
    newest_s = START_S + 40 * 86_400.0
    admission = pipeline.gate.admit(TOPIC, wire.encode(sent), int(newest_s * SECOND_NS))
    assert admission.message is not None, admission
    return list(pipeline.step(Admitted((admission.message,)))), pipeline.counters()


def restored(pipeline: Pipeline) -> Pipeline:
    fresh = listening()
    fresh.restore(pipeline.dump())
    return fresh


@contextmanager
def nobody_rests() -> Iterator[None]:
    """Every rule about a home is evaluated, whatever it says of its rest."""
    with ExitStack() as stack:
        for rule in home_detectors():
            stack.enter_context(patch.object(rule, "rest", lambda *_: None))
        stack.enter_context(patch.object(Watched, "rests", lambda *_: False))
        yield


@settings(max_examples=200)
@given(troubled(), st.sets(st.integers(0, 200), max_size=3))
def test_resting_changes_no_finding_and_no_count(
    sent: list[wire.Message], restarts: set[int]
) -> None:
    resting, asked = listening(), listening()
    for place, each in enumerate(sent):
        if place in restarts:
            resting = restored(resting)
        with nobody_rests():
            expected = said_by(asked, each)
        assert said_by(resting, each) == expected


def test_a_home_that_uses_water_is_rarely_evaluated() -> None:
    life = [(3_600.0 * hour, 1_000 + 5 * hour) for hour in range(96)]
    with patch.object(Welfare, "evaluate", autospec=True, side_effect=Welfare.evaluate) as asked:
        fed(listening(), [message(at, [sample]) for at, sample in enumerate(life)])
    assert asked.call_count < len(life) / 4
