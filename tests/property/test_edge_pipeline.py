from collections import defaultdict
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import Admitted, Entry, Link, Tick, decode, encode
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS, Finding, FindingState
from tests.property.edge_world import (
    REGISTRY,
    START_S,
    entries,
    fed,
    hours,
    listening,
    message,
)

WINDOW_H = 12
THRESHOLD_L = 10
Sample = tuple[float, int]


@st.composite
def lives(draw: st.DrawFn) -> list[Sample]:
    """Four days of a resident, sampled every 30 or 60 minutes: (seconds, register in litres)."""
    step_s = draw(st.sampled_from([1_800, 3_600]))
    quiet = st.tuples(st.integers(4, 40), st.sampled_from([0, 0, 1]))
    busy = st.tuples(st.integers(1, 8), st.integers(2, 60))
    phases = draw(st.lists(quiet | busy, min_size=2, max_size=14))
    draws_l = [litres for count, litres in phases for _ in range(count)]
    registers = accumulate(draws_l, initial=1_000)
    return [(float(i * step_s), litres) for i, litres in enumerate(registers)]


def used_l(life: list[Sample], start_h: float, end_h: float) -> int:
    """The true use that shows between two times: all of it happens just before a sample."""
    inside = [litres for at_s, litres in life if at_s <= end_h * 3600 + 1]
    before = [litres for at_s, litres in life if at_s <= start_h * 3600 + 1]
    return inside[-1] - before[-1]


def told(findings: list[Finding]) -> list[tuple[str, FindingState]]:
    return [(f.id, f.state) for f in findings if f.state is not FindingState.UPDATED]


def welfare(parts: list[list[Finding]]) -> list[Finding]:
    return [found for part in parts for found in part if found.rule == "welfare"]


def single(life: list[Sample]) -> list[list[Finding]]:
    return fed(listening(), [message(i, [sample]) for i, sample in enumerate(life)])


@given(lives(), st.data())
def test_missing_data_never_make_a_finding_that_the_full_data_deny(
    life: list[Sample], data: st.DataObject
) -> None:
    kept = [sample for sample in life if data.draw(st.booleans())]
    for found in welfare(single(kept)) if kept else []:
        if found.state is FindingState.RAISED:
            end_h = hours(found.at_ns)
            assert used_l(life, end_h - WINDOW_H, end_h) < THRESHOLD_L
            assert used_l(life, hours(found.since_ns), end_h) < THRESHOLD_L


@given(lives())
def test_full_data_raise_as_soon_as_the_window_is_quiet(life: list[Sample]) -> None:
    first_quiet_s = next(
        (
            at_s
            for at_s, _ in life
            if at_s >= WINDOW_H * 3600
            and used_l(life, at_s / 3600 - WINDOW_H, at_s / 3600) < THRESHOLD_L
        ),
        None,
    )
    raised = [found for found in welfare(single(life)) if found.state is FindingState.RAISED]
    assert [hours(found.at_ns) * 3600 for found in raised[:1]] == (
        [] if first_quiet_s is None else [first_quiet_s]
    )


@given(lives(), st.data())
def test_batching_and_repeating_messages_tell_the_same_story(
    life: list[Sample], data: st.DataObject
) -> None:
    batches: list[list[Sample]] = []
    rest = life
    while rest:
        size = data.draw(st.integers(1, 30))
        batches.append(rest[:size])
        rest = rest[size:]
    pipeline = listening()
    made = entries(pipeline, [message(i, batch) for i, batch in enumerate(batches)])
    twice = [entry for entry in made for _ in range(data.draw(st.integers(1, 2)))]
    batched = welfare([list(pipeline.step(entry)) for entry in twice])
    assert told(batched) == told(welfare(single(life)))


@given(lives(), st.data())
def test_reordered_messages_leave_the_same_sample_window(
    life: list[Sample], data: st.DataObject
) -> None:
    within = [sample for sample in life if sample[0] > life[-1][0] - 90 * 3600]
    pipeline, ordered = listening(), listening()
    made = entries(pipeline, [message(i, [sample]) for i, sample in enumerate(within)])
    for entry in data.draw(st.permutations(made)):
        pipeline.step(entry)
    for entry in made:
        ordered.step(entry)
    chain, expected = (
        p._subjects.homes["u01"].state.named()[0][1].chain for p in (pipeline, ordered)
    )
    assert chain.times_ns == expected.times_ns
    assert chain.volumes_ml == expected.volumes_ml


@st.composite
def journals(draw: st.DrawFn) -> list[Entry]:
    """A life with lost, late and repeated messages, ticks and a link that comes and goes."""
    life = draw(lives())
    made: list[Entry] = list(
        entries(listening(), [message(i, [sample]) for i, sample in enumerate(life)])
    )
    kept = [entry for entry in made if draw(st.integers(0, 5))]
    journal: list[Entry] = [Link(up=True, at_ns=START_S * 10**9)]
    for entry in kept:
        assert isinstance(entry, Admitted)
        now_ns = entry.messages[0].readings[0].received_ns
        journal.append(entry)
        match draw(st.integers(0, 12)):
            case 0:
                journal.append(Tick(now_ns + draw(st.integers(0, 30)) * HOUR_NS))
            case 1:
                journal.append(Link(up=False, at_ns=now_ns + MINUTE_NS))
            case 2:
                journal.append(Link(up=True, at_ns=now_ns + MINUTE_NS))
            case 3:
                journal.append(entry)
    return journal


@settings(max_examples=60)
@given(journals(), st.data())
def test_replay_from_any_checkpoint_makes_the_same_findings(
    journal: list[Entry], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(journal)))
    live = Pipeline(REGISTRY)
    for entry in journal[:cut]:
        live.step(entry)
    blob = live.dump()
    again = Pipeline(REGISTRY)
    again.restore(blob)
    assert again.dump() == blob
    for entry in journal[cut:]:
        assert again.step(decode(encode(entry))) == live.step(entry)
    assert again.dump() == live.dump()


@settings(max_examples=60)
@given(journals())
def test_each_finding_is_raised_once_updated_at_will_and_cleared_at_most_once(
    journal: list[Entry],
) -> None:
    pipeline = Pipeline(REGISTRY)
    stories: defaultdict[str, list[Finding]] = defaultdict(list)
    for entry in journal:
        for found in pipeline.step(entry):
            stories[found.id].append(found)
    for story in stories.values():
        assert [found.revision for found in story] == list(range(len(story)))
        states = [found.state for found in story]
        assert states[0] is FindingState.RAISED
        assert FindingState.RAISED not in states[1:]
        assert FindingState.CLEARED not in states[:-1]


@settings(max_examples=60)
@given(journals())
def test_a_tick_before_it_is_due_makes_no_finding(journal: list[Entry]) -> None:
    pipeline = Pipeline(REGISTRY)
    for entry in journal:
        due_ns = pipeline.due_ns()
        found = pipeline.step(entry)
        if isinstance(entry, Tick) and (due_ns is None or entry.now_ns < due_ns):
            assert found == ()
