"""A day of storms against the providers' own limits, in virtual time, from one seed.

Findings come in bursts of hundreds; DingTalk, Feishu, WeCom and an SMS service are played by
their documented rules, bans included, and are reached through the real channels, engine and
dispatcher.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import sqlalchemy as sa
from msgspec import structs

from alerts.channels.base import Channel
from alerts.channels.catalog import kinds
from alerts.incident import Act, Command, IllegalAct
from alerts.plan import Plans
from alerts.roster import Roster
from edge.clock import Clock, sleep
from edge.outbox import Envelope
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS, FindingState, Tier, finding_id
from gateway.book import Book
from gateway.db import tables
from gateway.db.budgets import Budgets
from gateway.db.engine import connect, reading, upgrade
from gateway.dispatcher import Dispatcher
from gateway.engine import Engine
from simulators import clock as virtual
from simulators.carriers import Asked, Dingtalk, Feishu, Rules, SmsService, WecomBot
from tests.contract.provider_talk import SECRET, make
from tests.unit.gateway.desk_world import make_book
from tests.unit.gateway.test_engine import a_finding

pytestmark = pytest.mark.slow
SEEDS = (1, 2)
START_NS = 1_767_225_600 * SECOND_NS
DAY_S = DAY_NS / SECOND_NS
STORMS, STORM_SIZE, CALM_SIZE = 3, 100, 100
URGENT_SHARE = 0.05
ROBOTS = ("dingtalk", "feishu", "wecom_bot")
ADDRESSES = {
    "dingtalk": "http://127.0.0.1:1/robot/send?access_token=0123abcd",
    "feishu": "http://127.0.0.1:1/open-apis/bot/v2/hook/0123abcd-4567",
    "wecom_bot": "http://127.0.0.1:1/cgi-bin/webhook/send?key=0123abcd-4567",
    "sms_http": "13800000001",
}


class _Body(httpx.AsyncByteStream):
    """A body that is read once, as from a socket."""

    def __init__(self, text: str) -> None:
        self._raw = text.encode()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._raw


class Wire(httpx.AsyncBaseTransport):
    """A carrier's rules without a network: an answer takes a fifth of a second."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await sleep(self._clock, 0.2)
        query = dict(parse_qsl(request.url.query.decode()))
        body = await request.aread()
        asked = Asked(request.method, request.url.path, query, dict(request.headers), body)
        said = self._rules(asked, self._clock.now_ns())
        return httpx.Response(said.status, headers=dict(said.headers), stream=_Body(said.body))


@dataclass(frozen=True)
class Sent:
    """One try that went out."""

    at_ns: int
    channel: str
    tier: int
    incident: str


@dataclass
class Day:
    """What became of a day."""

    dingtalk: Dingtalk
    feishu: Feishu
    wecom: WecomBot
    sms: SmsService
    sent: list[Sent]
    accepted: Mapping[str, int]
    opened: Mapping[str, tuple[int, int]]
    states: Counter[str]
    counts: Counter[tuple[str, str]]


def the_book() -> Book:
    """Two people in three chats and one phone; nobody escalates by the clock."""
    plan = {
        "category": "*",
        "title_zh": "久未用水",
        "title_en": "No water",
        "short_zh": "请查看",
        "short_en": "visit",
        "action_zh": "请查看。",
        "action_en": "Visit.",
        "ack_within": "5 min",
        "on_clear": "keep",
    }
    ways = {1: ["sms_http", "dingtalk"], 2: ["dingtalk", "feishu"], 3: ["wecom_bot"]}
    plans = [
        plan
        | {
            "id": f"t{tier}",
            "tier": tier,
            "step": [{"after": "0 s", "roles": ["grid_worker"], "channels": channels}],
        }
        for tier, channels in ways.items()
    ]
    worker = {
        "id": "wang",
        "name": "王芳",
        "roles": ["grid_worker"],
        "areas": ["s01"],
        "reach": ADDRESSES,
    }
    told = {name: kinds()[name] for name in ADDRESSES}
    return replace(
        make_book(),
        plans=Plans.model_validate({"version": 1, "plan": plans}),
        roster=Roster.model_validate({"version": 1, "person": [worker]}),
        budgets=Budgets(
            {name: kind.budgets for name, kind in told.items()},
            {name: kind.account for name, kind in told.items()},
            rush=frozenset(name for name, kind in told.items() if kind.rush),
        ),
    )


def findings(rng: random.Random) -> list[tuple[int, Tier]]:
    """When each finding comes, and how urgent it is: storms of seconds on a day of calm."""
    storms = [rng.uniform(0, DAY_S - 7_200) for _ in range(STORMS)]
    at_s = [rng.uniform(0, DAY_S - 7_200) for _ in range(CALM_SIZE)]
    at_s += [start + rng.uniform(0, 10) for start in storms for _ in range(STORM_SIZE)]
    lesser = [Tier.IMPORTANT, Tier.GENERAL]
    return [
        (
            START_NS + int(s * SECOND_NS),
            Tier.URGENT if rng.random() < URGENT_SHARE else rng.choice(lesser),
        )
        for s in sorted(at_s)
    ]


async def live(engine: Engine, clock: Clock, rng: random.Random) -> None:
    """The findings come, and each is answered some minutes later."""
    waiting: set[asyncio.Task[None]] = set()
    for number, (at_ns, tier) in enumerate(findings(rng)):
        await sleep(clock, max(0.0, (at_ns - clock.now_ns()) / SECOND_NS))
        subject = f"s01/b01/u{number:04}"
        finding = structs.replace(
            a_finding(),
            id=finding_id("welfare", subject, at_ns),
            subject=subject,
            category="other",
            tier=tier,
            state=FindingState.RAISED,
            since_ns=at_ns,
            at_ns=at_ns,
        )
        engine.take_finding(Envelope(1, "e01", "epoch", number + 1, finding), clock.now_ns())
        answer = _answer(engine, clock, f"i{finding.id}", rng.uniform(1_800, 5_400))
        waiting.add(asyncio.create_task(answer))
    await asyncio.gather(*waiting)


async def _answer(engine: Engine, clock: Clock, incident: str, after_s: float) -> None:
    await sleep(clock, after_s)
    with suppress(IllegalAct):
        engine.act(incident, Command(Act.ACKNOWLEDGE, by="wang"), now_ns=clock.now_ns())


def play(seed: int, folder: Path, patch: pytest.MonkeyPatch) -> Day:
    """The day of that seed."""
    rng = random.Random(seed)
    dingtalk, feishu, wecom, sms = Dingtalk(), Feishu(), WecomBot(), SmsService(SECRET)
    rules: dict[str, Rules] = {
        "dingtalk": dingtalk,
        "feishu": feishu,
        "wecom_bot": wecom,
        "sms_http": sms,
    }
    patch.setattr("gateway.dispatcher._IDLE_S", 600.0)  # a day has many idle half minutes
    database = connect("sqlite://")
    upgrade(database)
    engine = Engine(database, the_book(), rng)

    async def main(clock: virtual.VirtualClock) -> None:
        channels = {name: _wired(name, rules[name], clock, folder) for name in rules}
        dispatcher = asyncio.create_task(Dispatcher(engine, channels, clock).run())
        await live(engine, clock, rng)
        dispatcher.cancel()
        await asyncio.gather(dispatcher, return_exceptions=True)
        for channel in channels.values():
            await channel.aclose()

    virtual.run(main, START_NS)
    day = Day(
        dingtalk, feishu, wecom, sms, _sent(engine), _accepted(engine), _opened(engine),
        Counter(row.state for row in _rows(engine, sa.select(tables.outbox.c.state))),
        engine.counts,
    )  # fmt: skip
    database.dispose()
    return day


def _wired(name: str, rules: Rules, clock: Clock, folder: Path) -> Channel:
    channel = make(kinds()[name], 1, folder, timeout="15 s")
    caller = channel._caller  # type: ignore[attr-defined]
    caller._client = httpx.AsyncClient(transport=Wire(rules, clock))
    return channel


def _rows(engine: Engine, query: sa.Select[Any]) -> list[Any]:
    with reading(engine.database) as connection:
        return list(connection.execute(query).all())


def _reports(engine: Engine, state: str) -> list[Any]:
    out = tables.outbox.c
    return _rows(
        engine,
        sa.select(tables.ledger.c.at_ns, out.channel, out.tier, out.incident_id)
        .join(tables.outbox, out.id == tables.ledger.c.outbox_id)
        .where(tables.ledger.c.state == state)
        .order_by(tables.ledger.c.at_ns),
    )


def _sent(engine: Engine) -> list[Sent]:
    return [Sent(*row) for row in _reports(engine, "submitted")]


def _accepted(engine: Engine) -> dict[str, int]:
    """When each incident was first taken by a provider."""
    first: dict[str, int] = {}
    for at_ns, _, _, incident in _reports(engine, "accepted"):
        first.setdefault(incident, at_ns)
    return first


def _opened(engine: Engine) -> dict[str, tuple[int, int]]:
    incident = tables.incident.c
    query = sa.select(incident.id, incident.opened_ns, incident.tier)
    return {row[0]: (row[1], row[2]) for row in _rows(engine, query)}


@pytest.fixture(scope="module", params=SEEDS)
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Day:
    with pytest.MonkeyPatch.context() as patch:
        return play(request.param, tmp_path_factory.mktemp("storm"), patch)


def test_no_provider_ever_shuts_us_out(day: Day) -> None:
    rates = (day.dingtalk.rate, day.feishu.minute, day.feishu.second, day.wecom.rate, day.sms.rate)
    assert [rate.bans for rate in rates] == [0] * 5
    assert len(day.dingtalk.taken) + len(day.feishu.taken) + len(day.wecom.taken) > 400


def test_an_urgent_message_is_with_a_provider_within_five_seconds(day: Day) -> None:
    waits_ns = {
        incident: day.accepted[incident] - opened_ns
        for incident, (opened_ns, tier) in day.opened.items()
        if tier == Tier.URGENT
    }
    assert len(waits_ns) > 10
    assert max(waits_ns.values()) <= 5 * SECOND_NS


def test_lesser_messages_leave_urgent_ones_their_share(day: Day) -> None:
    for channel in ROBOTS:
        budget = kinds()[channel].budgets[0]
        sent = [one for one in day.sent if one.channel == channel]
        for number, last in enumerate(sent):
            if last.tier == Tier.URGENT:
                continue
            begins_ns = last.at_ns - budget.window_ns
            window = [one for one in sent[: number + 1] if one.at_ns > begins_ns]
            assert len(window) <= budget.share(Tier.IMPORTANT)


def test_no_lesser_message_goes_to_a_chat_at_the_full_or_half_hour(day: Day) -> None:
    lesser = [one for one in day.sent if one.tier > Tier.URGENT and one.channel in ROBOTS]
    assert not [one for one in lesser if one.at_ns // MINUTE_NS % 30 == 0]


def test_every_incident_is_told_to_somebody_or_answered_before(day: Day) -> None:
    assert len(day.opened) == STORMS * STORM_SIZE + CALM_SIZE
    told = set(day.accepted)
    untold = [incident for incident in day.opened if incident not in told]
    assert len(untold) == 0
    assert day.states["unknown"] == day.states["queued"] == 0
