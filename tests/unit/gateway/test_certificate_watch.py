"""Whoever runs a site hears of a certificate's end 30 days before it, and once a stage."""

import json
import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.incident import Incident
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.certificate_watch import RULE, CertificateWatch
from gateway.db.engine import reading
from gateway.db.tables import outbox
from gateway.health import Pulse, check
from gateway.metrics import GatewayCollector
from simulators.broker import MemoryBroker
from tests.unit.gateway.desk_world import NOW_NS, World, make_world


class Link:
    """A gateway's session that may go by TLS."""

    def __init__(self) -> None:
        self.connected = True
        self.certificate_until_ns: int | None = None

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the watch only looks: {name}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


class Watching:
    """The watch over one world; each look is a minute after what it is told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.link = Link()
        self.leads = True
        self.watch = CertificateWatch(
            world.desk.engine, self.link, site="s01", clock=world.clock,  # type: ignore[arg-type]
            leads=lambda: self.leads,
        )  # fmt: skip

    def at(self, days_before: float, end_ns: int) -> None:
        self.world.clock.now = end_ns - int(days_before * DAY_NS)

    def edge(self, name: str, until_s: object, *, up: bool = True) -> None:
        health = json.dumps({"broker_certificate_until_s": until_s})
        self.world.desk.engine.hear(
            name, self.world.clock.now, fresh=True, up=up, boot=1, health=health
        )

    def look(self) -> None:
        self.world.clock.now += MINUTE_NS
        self.watch.look(self.world.clock.now)

    @property
    def incidents(self) -> list[Incident]:
        found = self.world.desk.incidents.page(limit=50).incidents
        return [each for each in found if each.rule == RULE]


END_NS = NOW_NS // SECOND_NS * SECOND_NS + 400 * DAY_NS


@pytest.fixture
def watching(world: World) -> Watching:
    return Watching(world)


def test_an_end_far_away_is_nobody_s_business(watching: Watching) -> None:
    watching.link.certificate_until_ns = END_NS
    watching.at(31, END_NS)
    watching.look()
    assert watching.incidents == []


def test_the_nearer_the_end_the_more_urgent_one_incident_is(watching: Watching) -> None:
    watching.link.certificate_until_ns = END_NS
    tiers = []
    for days in (30, 20, 7, 3, 1, 0.5, -2):
        watching.at(days, END_NS)
        watching.look()
        watching.look()
        (incident,) = watching.incidents
        tiers.append(incident.tier)
    assert tiers == [Tier.GENERAL] * 2 + [Tier.IMPORTANT] * 2 + [Tier.URGENT] * 3


def test_people_read_when_it_ends_whom_it_cuts_off_and_what_to_do(watching: Watching) -> None:
    watching.link.certificate_until_ns = END_NS
    watching.at(7, END_NS)
    watching.edge("e01", END_NS / SECOND_NS)
    watching.look()
    (incident,) = watching.incidents
    day = f"{watching.world.desk.engine.book.local(END_NS):%Y-%m-%d}"
    for sentence, words in (
        (incident.sentence_zh, (day, "剩 6 天", "网关、边缘站 e01", "更换证书")),
        (incident.sentence_en, (day, "in 6 days", "the gateway, edge e01", "renew it")),
    ):
        assert [word for word in words if word not in sentence] == []
    with reading(watching.world.desk.db) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)), "somebody is told"


def test_what_many_edges_rest_on_is_one_incident(watching: Watching) -> None:
    watching.at(5, END_NS)
    for number in range(20):
        watching.edge(f"e{number:02}", END_NS / SECOND_NS)
    watching.look()
    (incident,) = watching.incidents
    assert "等 20 处" in incident.sentence_zh
    assert "and 17 more" in incident.sentence_en


def test_brokers_with_certificates_of_their_own_are_told_apart(watching: Watching) -> None:
    watching.at(5, END_NS)
    watching.edge("e01", END_NS / SECOND_NS)
    watching.edge("e02", END_NS / SECOND_NS + 60)
    watching.look()
    assert len(watching.incidents) == 2


def test_a_renewed_certificate_ends_the_incident_once_all_go_by_it(watching: Watching) -> None:
    watching.at(5, END_NS)
    watching.link.certificate_until_ns = END_NS
    watching.edge("e01", END_NS / SECOND_NS)
    watching.look()
    watching.link.certificate_until_ns = END_NS + 365 * DAY_NS
    watching.look()
    assert watching.incidents[0].condition_active, "the edge still goes by the old one"
    watching.edge("e01", END_NS / SECOND_NS, up=False)
    watching.look()
    assert watching.incidents[0].condition_active, "and its silence proves nothing"
    watching.edge("e01", END_NS / SECOND_NS + 365 * 86_400)
    watching.look()
    assert not watching.incidents[0].condition_active
    assert "无需处理" in watching.incidents[0].sentence_zh


def test_without_a_link_or_the_lead_nothing_is_said_or_taken_back(watching: Watching) -> None:
    watching.at(5, END_NS)
    watching.link.certificate_until_ns = END_NS
    watching.leads = False
    watching.look()
    assert watching.incidents == []
    watching.leads = True
    watching.look()
    watching.link.connected, watching.link.certificate_until_ns = False, None
    watching.look()
    assert watching.incidents[0].condition_active


@pytest.mark.parametrize("told", [None, "soon", -1, 0, 1e300, True, [], {}])
def test_what_an_edge_says_that_is_no_time_raises_nothing(watching: Watching, told: object) -> None:
    watching.edge("e01", told)
    watching.look()
    assert watching.incidents == []


def test_a_link_in_memory_rests_on_no_certificate(world: World) -> None:
    session = MemoryBroker(world.clock, random.Random(1)).session("gateway", [])
    watch = CertificateWatch(world.desk.engine, session, site="s01", clock=world.clock)
    assert watch.own_until_ns is None


@pytest.mark.parametrize(("until_ns", "shown"), [(None, math.inf), (END_NS, END_NS / SECOND_NS)])
def test_the_end_is_a_metric(world: World, until_ns: int | None, shown: float) -> None:
    pulse = Pulse(certificate_until_ns=until_ns)
    desk = world.desk
    collector = GatewayCollector(desk.engine, desk.live, lambda: check(desk.db, pulse, NOW_NS))
    name = "shouwang_gateway_broker_certificate_until_seconds"
    (family,) = [each for each in collector.collect() if each.name == name]
    assert [sample.value for sample in family.samples] == [shown]
