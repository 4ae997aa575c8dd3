"""The console says so when it cannot know: nothing heard, old news, a wrong clock, a lost alert."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from alerts.incident import Act, Command, Outcome
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, FindingState
from gateway.console.page import Voice, warnings
from gateway.console.texts import TEXTS, Lang, say
from gateway.db.edges import Letter
from gateway.health import Link
from tests.unit.gateway.desk_world import NOW_NS, World, make_world
from tests.unit.gateway.test_console import see


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def banners(world: World) -> str:
    page = see(world, "/").text
    return "\n".join(part.split("</p>")[0] for part in page.split('role="alert"')[1:])


def hear(world: World, **told: object) -> None:
    world.desk.engine.hear("e01", world.clock.now, fresh=True, up=True, **told)


def test_before_any_edge_reports_the_page_says_that_nothing_is_seen(world: World) -> None:
    assert say(Lang.ZH, "system.no_edge") in banners(world)
    hear(world)
    assert banners(world) == ""


def test_an_edge_known_by_an_old_retained_word_alone_is_not_shown_as_up(world: World) -> None:
    world.desk.engine.hear("e01", NOW_NS, fresh=False, up=True, boot=4)
    assert world.desk.vitals().edges[0].state is Link.STALE
    assert not world.desk.vitals().hears
    assert say(Lang.ZH, "system.edge_unheard", edge="e01") in banners(world)
    assert say(Lang.ZH, "system.never") in see(world, "/edges").text


def test_an_alert_that_could_not_be_read_is_told_above_every_page_for_a_day(world: World) -> None:
    hear(world)
    world.desk.engine.refuse(Letter("sw/1/s01/_finding/e01", b"{", "not_json", ""), NOW_NS)
    world.desk.engine.refuse(Letter("sw/1/s01/_edge/e01/health", b"{", "not_json", ""), NOW_NS)
    assert say(Lang.ZH, "system.refused", count=1) in banners(world)
    world.clock.now += 25 * HOUR_NS
    hear(world)
    assert banners(world) == ""


@pytest.mark.parametrize("lang", Lang)
def test_a_channel_that_has_cost_all_it_may_is_named(world: World, lang: Lang) -> None:
    hear(world)
    vitals = structs.replace(world.desk.vitals(), capped=("sms", "voice"))
    told = warnings(Voice(lang, NOW_NS, world.desk.book.zone), vitals)
    named = [say(lang, f"channel.{name}") for name in ("sms", "voice")]
    assert [alarm.text for alarm in told if all(name in alarm.text for name in named)]


@pytest.mark.parametrize(("ahead_ns", "wrong"), [(0, False), (HOUR_NS, True), (-HOUR_NS, True)])
def test_an_edge_whose_clock_is_wrong_is_named(world: World, ahead_ns: int, wrong: bool) -> None:
    hear(world, health=f'{{"at_ns": {NOW_NS + ahead_ns}}}')
    assert (say(Lang.ZH, "system.edge_clock", edge="e01") in banners(world)) is wrong


def test_an_edge_that_does_not_know_the_time_is_named_and_what_it_keeps_counted(
    world: World,
) -> None:
    hear(world, health='{"at_ns": 3600000000000, "clock_trusted": 0.0, "held_deliveries": 412.0}')
    assert say(Lang.ZH, "system.edge_time", edge="e01", count="412") in banners(world)
    assert say(Lang.ZH, "system.edge_clock", edge="e01") not in banners(world)
    world.clock.now += MINUTE_NS
    told = f'{{"at_ns": {world.clock.now}, "clock_trusted": 1.0, "held_deliveries": 0}}'
    hear(world, health=told)
    assert banners(world) == ""


def test_a_kernel_and_a_gateway_whose_clocks_disagree_are_named(world: World) -> None:
    hear(world, health=f'{{"at_ns": {NOW_NS}, "clock_trusted": 1, "clocks_disagree": 1.0}}')
    assert say(Lang.ZH, "system.edge_clocks", edge="e01") in banners(world)


def test_an_edge_with_a_broken_rule_is_named(world: World) -> None:
    hear(world, health='{"rules_broken": {"welfare": 3}}')
    assert say(Lang.ZH, "system.edge_rules", edge="e01") in banners(world)
    world.clock.now += MINUTE_NS
    hear(world, health='{"rules_broken": 0}')
    assert banners(world) == ""


def test_an_edge_that_is_flooded_names_the_device(world: World) -> None:
    hear(world, health='{"flooding": {"door-9": 4000}}')
    assert say(Lang.ZH, "system.edge_flood", edge="e01", devices="door-9") in banners(world)
    world.clock.now += MINUTE_NS
    hear(world, health='{"flooding": {}}')
    assert banners(world) == ""


@pytest.mark.parametrize("state", FindingState)
def test_every_turn_of_a_finding_has_a_word_on_the_timeline(state: FindingState) -> None:
    assert f"event.{state.value}" in TEXTS


def test_what_was_closed_and_is_not_over_stays_on_the_first_page(world: World) -> None:
    made = world.raise_finding("u0301")
    known = world.desk.incidents.detail(made)
    assert known is not None
    close = Command(Act.CLOSE, by="p01", outcome=Outcome.FALSE_ALARM)
    world.desk.engine.act(made, close, now_ns=world.clock.now)
    assert say(Lang.ZH, "home.lasting") in see(world, "/").text
    over = structs.replace(known.finding, revision=1, state=FindingState.CLEARED)
    world.desk.engine.take_finding(Envelope(1, "e01", "epoch", 2, over), world.clock.now)
    assert say(Lang.ZH, "home.lasting") not in see(world, "/").text


def test_what_was_merged_points_to_where_it_goes_on(world: World) -> None:
    one, other = (world.raise_finding(unit) for unit in ("u0301", "u0502"))
    world.desk.engine.act(one, Command(Act.MERGE, by="op", into=other), now_ns=world.clock.now)
    page = see(world, f"/incidents/{one}").text
    assert f'<a href="/incidents/{other}">{say(Lang.ZH, "incident.merged_into")}</a>' in page
