"""Whatever is put into the shadow, promoted and rolled back, no judgement changes by a byte."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import wire
from edge.checkpoint import decode
from edge.entry import Entry, Link, Ruled, Tick
from edge.mode import Mode
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, SECOND_NS, Finding, FindingState
from edge.shadow import ShadowState
from tests.property.edge_world import REGISTRY, START_S, entries, message

START_NS = START_S * SECOND_NS
RULES = ("welfare", "device_silent")
NAMES = (*RULES, "welfare@u01", "device_silent@u01", "welfare@u02")
MODES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Mode))
PHASES = st.lists(st.tuples(st.integers(8, 20), st.sampled_from([0, 0, 6])), min_size=3, max_size=8)


def _story(phases: list[tuple[int, int]]) -> list[Entry]:
    """Hours of use and hours without, a long silence of the device, and the clock's ticks."""
    litres, hour, sent = 1_000, 0, list[wire.Message]()
    for hours, used_l in phases:
        for _ in range(hours):
            sent.append(message(len(sent), [(3_600.0 * hour, litres)]))
            litres, hour = litres + used_l, hour + 1
        hour += 5
    gate = Pipeline(REGISTRY)
    story: list[Entry] = [Link(up=True, at_ns=START_NS)]
    for entry in entries(gate, sent):
        at_ns = entry.messages[0].readings[0].received_ns
        story += [entry, Tick(at_ns + HOUR_NS * 4)]
    return story


def _lived(story: list[Entry]) -> tuple[Pipeline, list[Finding], list[Finding]]:
    """A pipeline that lived through `story`, what it told people, and what it kept to itself."""
    pipeline, told, kept = Pipeline(REGISTRY), list[Finding](), list[Finding]()
    for entry in story:
        told += pipeline.step(entry)
        kept += pipeline.shadowed
    return pipeline, told, kept


def _mixed(story: list[Entry], changes: list[tuple[int, dict[str, Mode]]]) -> list[Entry]:
    mixed = list(story)
    for version, (place, modes) in enumerate(sorted(changes, key=lambda each: -each[0]), 1):
        mixed.insert(min(place, len(story)), Ruled(version, START_NS, modes))
    return mixed


def _judgement(pipeline: Pipeline) -> bytes:
    """All that the pipeline knows, but who is told and how often."""
    state = decode(pipeline.dump())
    state.shadow = ShadowState()
    state.counts = {k: v for k, v in state.counts.items() if not k.startswith("findings")}
    return msgspec.msgpack.encode(state)


@settings(max_examples=60, deadline=None)
@given(PHASES, st.lists(st.tuples(st.integers(0, 300), MODES), max_size=5))
def test_modes_change_no_judgement_and_lose_no_statement(
    phases: list[tuple[int, int]], changes: list[tuple[int, dict[str, Mode]]]
) -> None:
    story = _story(phases)
    plain, everything, nothing = _lived(story)
    moded, told, kept = _lived(_mixed(story, changes))
    assert nothing == []
    assert _judgement(moded) == _judgement(plain)
    names = {(each.id, each.revision) for each in everything}
    assert {(each.id, each.revision) for each in told + kept} == names
    for each in told:  # nobody hears of the end of what they were not told
        if each.state is FindingState.CLEARED:
            assert any(was.id == each.id and was.state is FindingState.RAISED for was in told)


@settings(max_examples=40, deadline=None)
@given(PHASES, st.integers(0, 200), st.integers(1, 80))
def test_after_a_roll_back_people_are_told_byte_for_byte_what_they_would_have_been(
    phases: list[tuple[int, int]], place: int, hours: int
) -> None:
    story = _story(phases)
    hidden = [Ruled(1, START_NS, {"welfare": Mode.SHADOW}), *story]
    there, back = min(place, len(story)), min(place + hours, len(story))
    tried = [
        *hidden[: there + 1],
        Ruled(2, START_NS, {}),
        *hidden[there + 1 : back + 1],
        Ruled(3, START_NS, {"welfare": Mode.SHADOW}),
        *hidden[back + 1 :],
    ]
    _, expected, _ = _lived(hidden)
    _, told, _ = _lived(tried)
    during = {each.id for each in told if each.rule == "welfare"}
    rest = [each for each in told if each.id not in during]
    assert msgspec.json.encode(rest) == msgspec.json.encode(expected)


@settings(max_examples=30, deadline=None)
@given(PHASES, st.lists(st.tuples(st.integers(0, 300), MODES), max_size=4), st.integers(0, 300))
def test_a_restart_anywhere_parts_alike(
    phases: list[tuple[int, int]], changes: list[tuple[int, dict[str, Mode]]], cut: int
) -> None:
    story = _mixed(_story(phases), changes)
    whole, told, kept = _lived(story)
    first, early, early_kept = _lived(story[:cut])
    second = Pipeline(REGISTRY)
    second.restore(first.dump())
    for entry in story[cut:]:
        early += second.step(entry)
        early_kept += second.shadowed
    assert (early, early_kept) == (told, kept)
    assert second.dump() == whole.dump()
