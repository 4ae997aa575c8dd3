"""A whole gateway over a real SQLite file, with one site, its people and a settable clock."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from alerts.plan import Plans
from alerts.roster import Person, Places, Roster
from edge.history import Span
from edge.outbox import Envelope
from edge.reading import (
    HOUR_NS,
    MINUTE_NS,
    Evidence,
    Finding,
    FindingState,
    Kind,
    Quality,
    Reading,
    Tier,
    Timeliness,
    TimeSource,
    finding_id,
)
from edge.registry import Registry
from gateway.access.accounts import Accounts
from gateway.access.login import Doorkeeper
from gateway.access.role import Role
from gateway.access.sessions import WebSessions
from gateway.api.desk import Desk
from gateway.api.hidden import Hidden
from gateway.api.homes import Homes
from gateway.api.incidents import IncidentReader
from gateway.book import Book
from gateway.db.engine import connect, upgrade
from gateway.engine import Engine
from gateway.live import Live
from gateway.rota import Rota
from gateway.web import build_app

NOW_NS = 1_767_225_600_000_000_000  # 2026-01-01 08:00 in China
PASSWORD = "lamp-in-the-window"
ORIGIN = "http://console.test"

PLANS: dict[str, Any] = {
    "version": 3,
    "plan": [
        {
            "id": f"default-{tier}",
            "category": "*",
            "tier": tier,
            "title_zh": "久未用水",
            "title_en": "No water use",
            "short_zh": "先电话后上门",
            "short_en": "call, then visit",
            "action_zh": "先打电话，无人接听就上门查看。",
            "action_en": "Call first; if nobody answers, go and see.",
            "ack_within": "60 s",
            "on_clear": "keep",
            "step": [
                {"after": "0 s", "roles": ["grid_worker"], "channels": ["sms", "webhook"]},
                {"after": "60 s", "roles": ["backup"], "channels": ["sms"]},
                {
                    "after": "5 min",
                    "roles": ["street"],
                    "channels": ["sms"],
                    "repeat": "30 min",
                    "repeat_max": 4,
                },
            ],
        }
        for tier in (1, 2, 3)
    ],
}
ROSTER = {
    "version": 1,
    "person": [
        {
            "id": "p01",
            "name": "李秀英",
            "roles": ["grid_worker"],
            "areas": ["s01"],
            "sms": "13800000001",
            "webhook": "https://hooks.example/p01",
        },
        {
            "id": "p02",
            "name": "王建国",
            "roles": ["backup"],
            "areas": ["s01"],
            "sms": "13800000002",
        },
        {
            "id": "p03",
            "name": "陈主任",
            "roles": ["street"],
            "areas": ["s01"],
            "sms": "13800000003",
        },
    ],
}
PLACES = {
    "version": 1,
    "place": {
        "s01/b03/u0301": {"zh": "3栋2单元301", "en": "Bldg 3, 2-301"},
        "s01/b03/u0502": {"zh": "3栋2单元502", "en": "Bldg 3, 2-502"},
        "s01/b05/u1201": {"zh": "5栋1单元1201", "en": "Bldg 5, 1-1201"},
        "s01/b05/u0001": {"zh": "5栋1单元101", "en": "Bldg 5, 1-101"},
    },
}
REGISTRY = {
    "version": 1,
    "site": "s01",
    "unit": [
        {"code": "u0301", "building": "b03", "care": ["alone"]},
        {"code": "u0502", "building": "b03", "care": ["alone"]},
        {"code": "u1201", "building": "b05", "care": ["alone"]},
        {"code": "u0001", "building": "b05"},
    ],
    "device": [
        {"id": f"m{unit}", "kind": "water", "unit": unit, "interval": "15 min"}
        for unit in ("u0301", "u0502", "u1201", "u0001")
    ],
}


@dataclass
class SetClock:
    """A clock that stands still until told."""

    now: int = NOW_NS
    speed: float = 1.0

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now


@dataclass
class ListHistory:
    """A history that is a list."""

    rows: list[Reading] = field(default_factory=list)
    on_the_way: list[Span] = field(default_factory=list)

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        found = [r for r in self.rows if r.device in devices and start_ns <= r.at_ns < end_ns]
        return sorted(found, key=lambda r: r.at_ns)[:limit]

    def missing(self) -> list[Span]:
        return self.on_the_way

    def add(self, unit: str, at_ns: int, m3: float) -> None:
        self.rows.append(
            Reading(
                device=f"m{unit}",
                unit=unit,
                kind=Kind.WATER,
                channel="water.total",
                value=m3,
                at_ns=at_ns,
                received_ns=at_ns,
                clock=TimeSource.DEVICE,
                quality=Quality.GOOD,
                historical=False,
                seq=len(self.rows),
                boot=0,
                resolution=0.001,
            )
        )


@dataclass
class World:
    """The desk under test and what it is made of."""

    desk: Desk
    app: FastAPI
    clock: SetClock
    history: ListHistory
    seq: int = 0

    def raise_finding(
        self,
        unit: str,
        *,
        tier: Tier = Tier.URGENT,
        hours: float = 12.3,
        said: tuple[str, str] | None = None,
        rule: str = "welfare",
    ) -> str:
        """An incident is open for `unit`; its id."""
        self.seq += 1
        now_ns = self.clock.now_ns()
        since_ns = now_ns - int(hours * HOUR_NS)
        subject = self.desk.homes.registry.subject(unit)
        zh, en = said or (
            f"{hours} 小时内用水 0 升（阈值 10 升），数据完整至 07:50",
            f"0 L used in {hours} h (threshold 10 L); data complete to 07:50",
        )
        finding = Finding(
            id=finding_id(rule, subject, since_ns),
            revision=0,
            rule=rule,
            rule_version=1,
            subject=subject,
            category="welfare",
            tier=tier,
            state=FindingState.RAISED,
            since_ns=since_ns,
            at_ns=now_ns,
            timeliness=Timeliness.LIVE,
            evidence=Evidence(
                seen={"volume_l": 0.0, "window_h": hours},
                usual={"threshold_l": 10.0},
                complete_until_ns=now_ns - 10 * MINUTE_NS,
                delay_s_worst=2_700.0,
                sentence_zh=zh,
                sentence_en=en,
            ),
        )
        self.desk.engine.take_finding(Envelope(1, "e01", "epoch", self.seq, finding), now_ns)
        return f"i{finding.id}"

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A browser with no session."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=ORIGIN,
            headers={"origin": ORIGIN, **headers},
        )

    def signed_in(self, role: str = Role.OPERATOR) -> httpx.AsyncClient:
        """A browser signed in as somebody of that role, or by the login of that name."""
        found = Accounts(self.desk.db).find(str(role))
        assert found is not None
        client = self.client()
        client.cookies.set("shouwang", self.desk.sessions.open(found.id, self.clock.now_ns()))
        return client


def ask(
    world: World, method: str, path: str, role: str = Role.OPERATOR, **sent: Any
) -> httpx.Response:
    """What somebody of that role, or of the login of that name, is answered."""

    async def run() -> httpx.Response:
        async with world.signed_in(role) as client:
            return await client.request(method, path, **sent)

    return asyncio.run(run())


def known_as(world: World, **logins: tuple[str, ...]) -> None:
    """The people of the roster sign in by these logins, by person."""
    people = [
        person.model_copy(update={"logins": logins.get(person.id, ())})
        for person in world.desk.book.roster.person
    ]
    go_by(world, people)


def go_by(world: World, people: Sequence[Person]) -> None:
    """The roster has these people from now on."""
    roster = world.desk.book.roster.model_copy(update={"person": tuple(people)})
    world.desk.engine.book = replace(world.desk.book, roster=roster)


def routes(world: World) -> list[tuple[str, str]]:
    """Every method and path of the application, as its own table of routes has them."""
    return [
        (method, found.path)
        for route in world.app.routes
        for found in getattr(route, "effective_route_contexts", lambda r=route: [r])()
        for method in getattr(found, "methods", None) or {"GET"}
    ]


def make_book(public_url: str = ORIGIN) -> Book:
    return Book(
        plans=Plans.model_validate(PLANS),
        roster=Roster.model_validate(ROSTER),
        places=Places.model_validate(PLACES),
        public_url=public_url,
        secret=b"s" * 32,
    )


def make_world(folder: Path, *, now_ns: int = NOW_NS, metrics_token: str | None = None) -> World:
    """A world whose database lies in `folder`, with an account of each role."""
    clock, history = SetClock(now_ns), ListHistory()
    db = connect(f"sqlite:///{folder / 'gateway.sqlite3'}")
    upgrade(db)
    book = make_book()
    registry = Registry.parse(REGISTRY, folder / "registry.toml")
    engine, sessions, live = Engine(db, book, random.Random(1)), WebSessions(db), Live()
    engine.changes.append(live.publish)
    accounts = Accounts(db)
    for role in Role:
        accounts.add(role.value, PASSWORD, role, clock.now_ns())
    desk = Desk(
        db=db,
        engine=engine,
        clock=clock,
        live=live,
        homes=Homes(registry, history, clock, Hidden(db, registry).homes),
        incidents=IncidentReader(db),
        sessions=sessions,
        doorkeeper=Doorkeeper(accounts, sessions, clock),
        secure=False,
        rota=Rota(engine, clock),
    )
    return World(desk, build_app(desk, metrics_token=metrics_token), clock, history)
