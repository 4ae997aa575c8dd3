"""Every way to people against answers that mean no: nobody is counted as told who was not.

The tables walk the catalogue, so a new channel is asked the same without being named here.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from alerts.channels.base import Outcome, Receipt, Verdict
from alerts.channels.catalog import Kind, kinds
from alerts.roster import Person, Roster
from edge.reading import HOUR_NS, MINUTE_NS
from gateway.db import tables
from gateway.engine import Engine
from simulators.carriers import Carrier, Said, WecomApp
from tests.contract.provider_talk import HASTY, Send, example, talk
from tests.unit.gateway.desk_world import World, make_world
from tests.unit.gateway.test_engine import rows_of

REFUSAL = '{"errcode":49999,"code":49999,"Code":"isv.DENIED","status":"refused","msg":"no"}'
ANSWERS = {
    "200 with an error code": (Said(REFUSAL), Outcome.PERMANENT),
    "200 with a page": (Said("<html>wifi login</html>"), Outcome.UNKNOWN),
    "200 with nothing": (Said(""), Outcome.UNKNOWN),
    "200 with half an answer": (Said('{"errcode":'), Outcome.UNKNOWN),
    "302": (Said("", 302, {"location": "http://127.0.0.1:1/"}), Outcome.PERMANENT),
    "429": (Said("slow down", 429), Outcome.TEMPORARY),
    "429 with a time": (Said("slow down", 429, {"retry-after": "7"}), Outcome.TEMPORARY),
    "500": (Said("oops", 500), Outcome.TEMPORARY),
    "silence": (Said(hang=True), Outcome.UNKNOWN),
    "a reset": (Said(drop=True), Outcome.UNKNOWN),
}
# What a channel cannot know better, and why.
EXCEPTIONS = {
    # The Standard Webhooks rules: any 2xx is a yes, unless the body refuses in a known way.
    ("webhook", "200 with a page"): Outcome.ACCEPTED,
    ("webhook", "200 with nothing"): Outcome.ACCEPTED,
    ("webhook", "200 with half an answer"): Outcome.ACCEPTED,
    # Kannel answers in words, never in JSON.
    ("kannel", "200 with an error code"): Outcome.UNKNOWN,
    # Apprise tells yes from no by the status line, and never why.
    **{("apprise", name): Outcome.ACCEPTED for name in ANSWERS if name.startswith("200")},
    **{("apprise", name): Outcome.UNKNOWN for name in ANSWERS if not name.startswith("200")},
}
# Not over HTTP: their providers' answers are played where these channels are tested.
ELSEWHERE = {
    "email": "test_email_channel.py",
    "siren": "test_siren_channel.py",
    "sms": "test_sms_channel.py",
}
OVER_HTTP = [kind for kind in kinds().values() if example(kind, 0) is not None]


def by_name(kind: Kind) -> str:
    return kind.name


def test_no_way_to_people_is_left_out() -> None:
    assert {kind.name for kind in OVER_HTTP} | set(ELSEWHERE) == set(kinds())
    assert all((Path(__file__).parent / file).exists() for file in ELSEWHERE.values())


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("kind", OVER_HTTP, ids=by_name)
def test_an_answer_means_no_more_than_it_says(kind: Kind, answer: str) -> None:
    said, usual = ANSWERS[answer]
    wanted = EXCEPTIONS.get((kind.name, answer), usual)

    async def act(carrier: Carrier, send: Send) -> None:
        if kind.name == "wecom_app":  # let it log in first
            assert (await send()).outcome is Outcome.ACCEPTED
        carrier.script.append(said)
        verdict = await send()
        assert verdict.outcome is wanted, verdict
        if answer == "429 with a time" and wanted is Outcome.TEMPORARY:
            assert verdict.retry_after_s == 7.0

    talk(kind, WecomApp(("wang.fang",)), act, **(HASTY if said.hang else {}))


@dataclass
class Told:
    """One person who is reached over one channel, and the message that is on its way."""

    world: World
    idempotency_id: str

    @property
    def engine(self) -> Engine:
        return self.world.desk.engine

    def hear(self, *outcomes: Outcome, after_ns: int = MINUTE_NS) -> str:
        """The message's state after these receipts."""
        now_ns = self.world.clock.now_ns() + after_ns
        for outcome in outcomes:
            self.engine.receipt(
                Receipt(self.idempotency_id, outcome, "so", now_ns, outcome.value), now_ns
            )
        (row,) = [
            row
            for row in rows_of(self.engine, tables.outbox)
            if row["idempotency_id"] == self.idempotency_id
        ]
        return str(row["state"])


@pytest.fixture(params=kinds().values(), ids=by_name)
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Told]:
    world, kind = make_world(tmp_path), request.param
    address = example(kind, 80) or {"email": "a@b.example", "siren": "lobby"}.get(kind.name, "")
    who = {"id": "p09", "name": "赵敏", "roles": ["grid_worker"], "areas": ["s01"]}
    own = kind.name in {"sms", "webhook"}
    reach = {kind.name: address or "13800000009"}
    person = Person.model_validate(who | (reach if own else {"reach": reach}))
    world.desk.engine.book = replace(
        world.desk.engine.book, roster=Roster(version=2, person=(person,))
    )
    world.raise_finding("u0301")
    (claim,) = world.desk.engine.claim(world.clock.now_ns(), 10)
    assert claim.channel == kind.name
    world.desk.engine.record(claim, Verdict(Outcome.ACCEPTED), world.clock.now_ns())
    yield Told(world, claim.out.idempotency_id)
    world.desk.db.dispose()


def test_receipts_that_repeat_change_nothing_but_once(told: Told) -> None:
    assert told.hear(*[Outcome.DELIVERED] * 3) == "delivered"
    ledger = [row["state"] for row in rows_of(told.engine, tables.ledger)]
    assert ledger.count("delivered") == 1


@pytest.mark.parametrize("seed", range(3))
def test_receipts_in_any_order_end_in_the_same_state(told: Told, seed: int) -> None:
    news = [Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.PERMANENT, Outcome.UNKNOWN]
    random.Random(seed).shuffle(news)
    assert told.hear(*news) == "delivered"


def test_a_receipt_that_comes_days_late_wakes_nobody(told: Told) -> None:
    told.hear(Outcome.DELIVERED)
    before = len(rows_of(told.engine, tables.outbox))
    assert told.hear(Outcome.PERMANENT, Outcome.ACCEPTED, after_ns=72 * HOUR_NS) == "delivered"
    assert len(rows_of(told.engine, tables.outbox)) == before
