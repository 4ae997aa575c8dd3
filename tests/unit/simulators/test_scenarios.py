"""What every scenario promises, and how alarms are held against labels."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from edge.registry import Registry
from simulators.evaluate.labelled import life, table
from simulators.evaluate.labelled.command import main
from simulators.evaluate.labelled.match import from_missing_data, outcome
from simulators.evaluate.labelled.scenario import (
    START_NS,
    Alarm,
    Hole,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    Where,
    World,
    scenarios,
)
from simulators.evaluate.labelled.score import NOT_INSTALLED, verdicts
from simulators.evaluate.labelled.tape import Tape
from simulators.evaluate.labelled.trial import Month, span_of, trials

SPAN = Span(START_NS, START_NS, START_NS + 24 * HOUR_NS)
JUDGED = Judged("rule", Naive("never", lambda _: iter(())), within_ns=HOUR_NS)
TABLE: dict[str, Any] = {
    "version": 1,
    "site": "s01",
    "unit": [{"code": "u1", "building": "b01"}],
    "adapter": [{"id": "zb-1"}],
    "device": [
        {"id": "door-1", "kind": "door", "unit": "u1", "adapter": "zb-1"},
        {"id": "gas-1", "kind": "gas", "unit": "u1"},
    ],
}
EVERY = sorted(scenarios())


def drawn(scenario: Scenario, days: int = 3, number: int = 0) -> tuple[World, Span]:
    span = span_of(scenario, Month(scenario.name, number, days, 1))
    return scenario.draw(Random(f"{scenario.name} {number}"), span), span


def at(hours: float) -> int:
    return START_NS + int(hours * HOUR_NS)


def alarm(since: float, told: float, subject: str = "a") -> Alarm:
    return Alarm(subject, at(since), at(told))


def label(start: float, end: float, subject: str = "a") -> Label:
    return Label("rule", subject, at(start), at(end))


@pytest.mark.parametrize("name", EVERY)
def test_a_scenario_is_drawn_from_its_seed_alone(name: str) -> None:
    scenario = scenarios()[name]
    assert drawn(scenario) == drawn(scenario)
    assert drawn(scenario)[0].readings != drawn(scenario, number=1)[0].readings


@pytest.mark.parametrize("name", EVERY)
def test_a_scenario_labels_what_its_rules_may_say_of_its_site(name: str) -> None:
    scenario = scenarios()[name]
    world, span = drawn(scenario, days=10)
    registry = Registry.parse(world.table, Path(name))
    places = {unit.building for unit in registry.units()} | {u.code for u in registry.units()}
    places |= {adapter.id for adapter in registry.adapters}
    assert world.labels
    assert {each.rule for each in world.labels} <= {each.rule for each in scenario.rules}
    assert {each.subject for each in world.labels} <= {*registry.devices(), *places}
    assert all(each.start_ns < each.end_ns <= span.end_ns + HOUR_NS for each in world.labels)
    assert {each.device for each in world.readings} <= set(registry.devices())


@pytest.mark.parametrize("name", EVERY)
def test_data_go_missing_in_every_scenario(name: str) -> None:
    world, span = drawn(scenarios()[name], days=10)
    assert Where.LINK in {hole.where for hole in world.holes}
    assert all(span.warm_ns <= hole.start_ns < hole.end_ns for hole in world.holes)


@pytest.mark.parametrize("name", EVERY)
def test_the_rule_of_the_field_knows_nothing_before_its_time(name: str) -> None:
    scenario = scenarios()[name]
    world, span = drawn(scenario, days=4)
    cut_ns = span.warm_ns + 2 * 24 * HOUR_NS
    early = tuple(each for each in world.readings if each.received_ns <= cut_ns)
    for judged in scenario.rules:
        whole = [each for each in judged.naive.alarms(world.readings) if each.told_ns <= cut_ns]
        part = [each for each in judged.naive.alarms(early) if each.told_ns <= cut_ns]
        assert set(part) <= set(whole), judged.rule
        assert len(whole) - len(part) <= scenario.subjects, judged.rule  # timers that no news ends


@pytest.mark.parametrize("name", EVERY)
def test_the_whole_month_is_lived_by_the_edge_and_judged(name: str) -> None:
    made = trials(Month(name, 0, 2, 1))
    judged = {each.rule for each in scenarios()[name].rules}
    assert {each.rule for each in made if each.by == "edge"} == judged
    assert all(each.outcome is not None for each in made if each.by in ("edge", "naive"))


@pytest.mark.parametrize(
    ("alarms", "delays_h", "repeats", "late", "false"),
    [
        pytest.param([], [float("inf")], 0, 0, 0, id="nothing told is an event missed"),
        pytest.param([alarm(10, 10.5)], [0.5], 0, 0, 0, id="told while it lasts"),
        pytest.param([alarm(11, 11.9)], [1.9], 0, 0, 0, id="told within the window after it"),
        pytest.param([alarm(10, 13)], [float("inf")], 0, 1, 0, id="told too late, but not wrong"),
        pytest.param([alarm(9, 9.9)], [float("inf")], 0, 0, 1, id="told before it began"),
        pytest.param([alarm(2, 10.5)], [0.5], 0, 0, 0, id="said to have begun earlier"),
        pytest.param([alarm(10, 10.2), alarm(10, 10.5)], [0.2], 1, 0, 0, id="told twice"),
        pytest.param([alarm(10, 10.5, "b")], [float("inf")], 0, 0, 1, id="told of another"),
    ],
)
def test_an_alarm_is_true_late_or_false(
    alarms: list[Alarm], delays_h: list[float], repeats: int, late: int, false: int
) -> None:
    found = outcome(alarms, [label(10, 11)], JUDGED, SPAN)
    assert [each / 3600 for each in found.delays_s] == pytest.approx(delays_h)
    assert (found.repeats, found.late, len(found.false)) == (repeats, late, false)


def test_what_happens_in_the_warm_up_is_not_judged() -> None:
    late = SPAN._replace(warm_ns=at(12))
    found = outcome([alarm(3, 3.5), alarm(10, 10.5)], [label(10, 11)], JUDGED, late)
    assert (found.alarms, found.delays_s, found.false) == (0, (), ())


def test_an_alarm_is_from_missing_data_when_the_whole_data_make_none_like_it() -> None:
    lonely, alike = alarm(5, 5), alarm(10, 10)
    assert from_missing_data([lonely, alike], [alarm(10.5, 10.5)], HOUR_NS) == 1
    assert from_missing_data([alike], [alarm(10, 10, "b")], HOUR_NS) == 1


def said(*words: tuple[str, float]) -> tuple[Reading, ...]:
    tape = Tape(TABLE, Random(1))
    for device, hours in words:
        channel = "gas.alarm" if device == "gas-1" else "door.contact"
        tape.say(device, at(hours), channel, "gas" if device == "gas-1" else "open")
    return tape.readings()


@pytest.mark.parametrize(
    ("hole", "arrive"),
    [
        pytest.param(Hole(Where.LINK, at(1), at(3)), [], id="the link loses everything"),
        pytest.param(
            Hole(Where.LINK, at(1), at(3), keeps=True),
            [("door-1", at(3)), ("gas-1", at(3))],
            id="or holds it up",
        ),
        pytest.param(
            Hole(Where.ADAPTER, at(1), at(3), "zb-1"), [("gas-1", None)], id="an adapter its own"
        ),
        pytest.param(
            Hole(Where.DEVICE, at(1), at(3), "gas-1"), [("door-1", None)], id="a device itself"
        ),
        pytest.param(
            Hole(Where.LINK, at(4), at(5)), [("door-1", None), ("gas-1", None)], id="or nothing"
        ),
    ],
)
def test_a_hole_takes_what_arrives_in_it(hole: Hole, arrive: list[tuple[str, int | None]]) -> None:
    world = World(TABLE, said(("door-1", 2), ("gas-1", 2.5)), ())
    heard = life.arriving(world, (hole,))
    assert [each.device for each in heard] == [device for device, _ in arrive]
    assert all(at_ns in (None, h.received_ns) for h, (_, at_ns) in zip(heard, arrive, strict=True))


def test_the_edge_is_told_of_what_it_would_notice() -> None:
    down = Hole(Where.ADAPTER, at(1), at(3), "zb-1"), Hole(Where.ADAPTER, at(5), at(7), "zb-1")
    told = life.alarms(World(TABLE, (), ()), SPAN, down)
    assert [each.since_ns for each in told["adapter_down"]] == [at(1), at(5)]


def test_an_alarm_is_dated_by_when_a_person_could_be_told() -> None:
    world = World(TABLE, said(("gas-1", 2)), ())
    (prompt,) = life.alarms(world, SPAN, ())["gas_alarm"]
    assert prompt.subject == "gas-1"
    assert 0 < prompt.told_ns - at(2) < MINUTE_NS
    (held,) = life.alarms(world, SPAN, (Hole(Where.LINK, at(1), at(3), keeps=True),))["gas_alarm"]
    assert (held.since_ns, held.told_ns) == (at(2), at(3))


def test_the_clock_ticks_when_the_edge_asks_for_it() -> None:
    terms = {"held_open": "5 min"}
    door = {"id": "door-1", "kind": "door", "unit": "u1", "door": terms}
    world = World({**TABLE, "device": [door]}, said(("door-1", 2)), ())
    (held,) = life.alarms(world, SPAN, ())["door_held_open"]
    assert held.told_ns - at(2) == pytest.approx(5 * MINUTE_NS, abs=5 * SECOND_NS)


def quiet(table_of: dict[str, Any], naive_told: list[Alarm]) -> Scenario:
    naive = Naive("what it was told to say", lambda _: iter(naive_told))
    world = World(table_of, said(("gas-1", 2)), (Label("gas_alarm", "gas-1", at(2), at(3)),))
    return Scenario("quiet", (Judged("gas_alarm", naive),), lambda *_: world, 1, 1, 0)


@pytest.mark.parametrize(
    ("naive_told", "beats", "words"),
    [
        pytest.param([], True, "misses 0 of 1 events against 1", id="the field misses it"),
        pytest.param(
            [alarm(2, 2.1, "gas-1"), alarm(9, 9, "gas-1")],
            True,
            "has 0 false alarms against 1",
            id="the field cries wolf",
        ),
        pytest.param([alarm(2, 2.1, "gas-1")], False, "as good in both errors", id="both do well"),
    ],
)
def test_a_verdict_says_in_words_who_is_better(
    monkeypatch: pytest.MonkeyPatch, naive_told: list[Alarm], *, beats: bool, words: str
) -> None:
    scenario = quiet(TABLE, naive_told)
    monkeypatch.setattr("simulators.evaluate.labelled.trial.scenarios", lambda: {"quiet": scenario})
    (verdict,) = verdicts(scenario, trials(Month("quiet", 0, 1, 1)))
    assert (verdict.edge.recall, verdict.edge.precision) == (1.0, 1.0)
    assert verdict.beats_naive is beats
    assert words in verdict.in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (1.5, "1.5 s"),
        (119, "119 s"),
        (120, "2 min"),
        (86_400, "24 h"),
        (2e5, "2.31 d"),
    ],
)
def test_a_duration_is_in_the_largest_unit_of_which_there_are_two(
    seconds: float | None, words: str
) -> None:
    assert table.duration(seconds) == words


def test_the_command_writes_its_table_into_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    asked = ["--only", "hazards", "--months", "1", "--days", "3", "--jobs", "1"]
    assert main([*asked, "--markdown", str(page)]) == 0
    assert capsys.readouterr().out == ""
    written = page.read_text()
    assert written.startswith(f"before\n{table.BEGIN}\n`shouwang evaluate scenarios")
    assert written.endswith(f"{table.END}\nafter\n")
    assert "old" not in written
    assert "| `gas_alarm` | hazards | edge |" in written


def test_the_command_says_which_page_has_no_place_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    asked = ["--only", "hazards", "--months", "1", "--days", "1", "--jobs", "1"]
    assert main([*asked, "--markdown", str(page)]) == 1
    assert table.BEGIN in capsys.readouterr().err
    assert page.read_text() == "nothing\n"


def test_the_command_gives_every_number_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "hazards", "--months", "2", "--days", "2", "--jobs", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    gas = next(each for each in told["rules"] if each["rule"] == "gas_alarm")
    assert gas["edge"]["recall"] == 1.0
    assert gas["edge"]["alarms_from_missing_data"] == 0
    assert (gas["naive_says"], gas["beats_naive"]) == ("every message is an alert", False)


def test_an_unknown_scenario_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "hazards,nosuch"]) == 2
    assert "no scenario 'nosuch'" in capsys.readouterr().err


def test_a_comparator_that_is_not_there_is_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with_stream = quiet(TABLE, [])
    judged = with_stream.rules[0]._replace(stream=lambda _: iter(()))
    scenario = with_stream._replace(rules=(judged,))
    monkeypatch.setattr("simulators.evaluate.labelled.trial.scenarios", lambda: {"quiet": scenario})
    monkeypatch.setattr(
        "simulators.evaluate.labelled.trial.COMPARATORS", {"absent": lambda *_: None}
    )
    (verdict,) = verdicts(scenario, trials(Month("quiet", 0, 1, 1)))
    assert verdict.comparators == {"absent": NOT_INSTALLED}
    assert "absent" in table.text([verdict])
    assert NOT_INSTALLED in table.text([verdict])
