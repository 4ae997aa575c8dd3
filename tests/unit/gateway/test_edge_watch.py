"""An edge that is away is one incident, whatever restarts; its homes are unknown meanwhile."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from alerts.incident import Act, Command, Incident, Outcome
from edge.completeness import Use
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, FindingState, Tier, finding_id
from edge.seen import SeenPage
from gateway.api.homes import Status
from gateway.console.texts import Lang, say
from gateway.db import seen
from gateway.db.engine import reading, writing
from gateway.db.incidents import latest_finding
from gateway.edge_watch import RULE, EdgeWatch
from tests.unit.gateway.desk_world import NOW_NS, World, make_world
from tests.unit.gateway.test_console import see


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


class Watching:
    """The watch over one world, looked at minute by minute; a restart forgets what is in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.connected = True
        self.restart()

    def restart(self) -> None:
        self.watch = EdgeWatch(
            self.world.desk.engine, lambda: self.connected, site="s01", clock=self.world.clock
        )

    def minutes(self, count: int, *, heard: bool, edge: str = "e01") -> None:
        for _ in range(count):
            self.world.clock.now += MINUTE_NS
            if heard:
                self.word(up=True, edge=edge)
            self.watch.look(self.world.clock.now)

    def word(self, *, up: bool, boot: int = 1, edge: str = "e01") -> None:
        engine, now_ns = self.world.desk.engine, self.world.clock.now
        engine.hear(edge, now_ns, fresh=True, up=up, boot=boot)

    @property
    def incidents(self) -> list[Incident]:
        found = self.world.desk.incidents.page(limit=50).incidents
        return [each for each in found if each.rule == RULE]


@pytest.fixture
def watching(world: World) -> Watching:
    watching = Watching(world)
    watching.minutes(10, heard=True)
    return watching


def test_an_edge_that_dies_is_one_incident_until_it_is_back(watching: Watching) -> None:
    watching.word(up=False)
    watching.minutes(4, heard=False)
    assert watching.incidents == []
    watching.minutes(120, heard=False)
    (incident,) = watching.incidents
    assert (incident.tier, incident.category, incident.subject) == (
        Tier.IMPORTANT, "device", "s01/e01",
    )  # fmt: skip
    assert incident.condition_active
    assert "e01" in incident.sentence_zh
    watching.minutes(12, heard=True)
    (incident,) = watching.incidents
    assert not incident.condition_active
    assert "up again after 2.1 h" in incident.sentence_en


def test_one_that_falls_silent_without_a_word_is_found_too(watching: Watching) -> None:
    watching.minutes(11, heard=False)
    assert len(watching.incidents) == 1


def test_restarts_and_a_person_s_close_make_no_second_incident(watching: Watching) -> None:
    watching.word(up=False)
    watching.minutes(10, heard=False)
    (incident,) = watching.incidents
    close = Command(Act.CLOSE, "p01", Outcome.DEVICE_FAULT)
    watching.world.desk.engine.act(incident.id, close, now_ns=watching.world.clock.now)
    for _ in range(3):
        watching.restart()
        watching.minutes(10, heard=False)
    assert len(watching.incidents) == 1
    watching.minutes(12, heard=True)
    watching.minutes(20, heard=False)
    assert len(watching.incidents) == 2


def test_an_edge_that_flaps_is_one_incident(watching: Watching) -> None:
    watching.minutes(12, heard=False)
    for _ in range(30):
        watching.minutes(2, heard=True)
        watching.minutes(12, heard=False)
    assert len(watching.incidents) == 1


def test_the_gateway_s_own_outage_is_no_edge_s(watching: Watching) -> None:
    watching.connected = False
    watching.minutes(60, heard=False)
    watching.connected = True
    watching.minutes(4, heard=False)
    watching.restart()
    watching.minutes(4, heard=False)
    assert watching.incidents == []
    watching.minutes(3, heard=False)
    assert len(watching.incidents) == 1


def test_a_late_will_of_an_older_boot_does_not_take_a_living_edge_down(
    watching: Watching,
) -> None:
    watching.word(up=True, boot=3)
    watching.word(up=False, boot=2)
    assert watching.world.desk.vitals().edges[0].state.value == "up"
    watching.word(up=False, boot=3)
    assert watching.world.desk.vitals().edges[0].state.value == "down"


def raise_about(world: World, rule: str, subject: str) -> None:
    """A condition of that rule holds."""
    incident_id = world.raise_finding("u0301", tier=Tier.IMPORTANT, hours=5)
    with reading(world.desk.db) as connection:
        body = latest_finding(connection, incident_id.removeprefix("i"))
    other = structs.replace(
        body, id=finding_id(rule, subject, body.since_ns), rule=rule, subject=subject,
        category="supply",
    )  # fmt: skip
    world.desk.engine.take_finding(Envelope(1, "e01", "other", 1, other), world.clock.now)


def clear(world: World, rule: str, subject: str) -> None:
    since_ns = NOW_NS - 5 * HOUR_NS
    with reading(world.desk.db) as connection:
        body = latest_finding(connection, finding_id(rule, subject, since_ns))
    over = structs.replace(body, revision=1, state=FindingState.CLEARED)
    world.desk.engine.take_finding(Envelope(1, "e01", "other", 2, over), world.clock.now)


def statuses(world: World) -> dict[str, Status]:
    units = list(world.desk.homes.registry.units())
    return {each.unit: each for each in asyncio.run(world.desk.homes.statuses(units))}


def in_use(world: World) -> None:
    """Every home has used water up to now."""
    for unit in world.desk.homes.registry.units():
        for quarter in range(200):
            world.history.add(unit.code, NOW_NS - quarter * 15 * MINUTE_NS, 9 - quarter / 100)


def test_homes_without_supply_are_unknown_and_never_normal(world: World) -> None:
    in_use(world)
    assert {each.use for each in statuses(world).values()} == {Use.USED}
    raise_about(world, "supply_outage", "s01/b03")
    shown = statuses(world)
    assert {code for code, each in shown.items() if each.use is Use.UNKNOWN} == {"u0301", "u0502"}
    page = see(world, "/units").text
    assert page.count(say(Lang.ZH, "use.hidden.supply_outage")) == 2
    clear(world, "supply_outage", "s01/b03")
    assert {each.use for each in statuses(world).values()} == {Use.USED}


def test_all_homes_are_unknown_while_the_only_edge_is_down(watching: Watching) -> None:
    in_use(watching.world)
    watching.word(up=False)
    watching.minutes(6, heard=False)
    shown = statuses(watching.world).values()
    assert {(each.use, each.hidden_by) for each in shown} == {(Use.UNKNOWN, RULE)}


def test_the_homes_of_an_edge_that_is_down_are_unknown_while_another_is_up(
    watching: Watching,
) -> None:
    world = watching.world
    in_use(world)
    heard = {"mu0301": NOW_NS, "mu0502": NOW_NS}
    with writing(world.desk.db) as connection:
        seen.hear(connection, SeenPage(1, "e01", 1, 1, heard, {}), NOW_NS)
    watching.minutes(1, heard=True, edge="e02")
    watching.word(up=False)
    watching.minutes(10, heard=True, edge="e02")
    shown = statuses(world)
    assert {code: each.hidden_by for code, each in shown.items()} == {
        "u0301": "edge_down", "u0502": "edge_down", "u1201": None, "u0001": None,
    }  # fmt: skip
    assert shown["u0301"].use is Use.UNKNOWN
