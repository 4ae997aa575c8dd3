"""Findings, people, clocks and senders in any order, with crashes: nothing is lost or doubled."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.channels.base import Inbound, Outcome, Receipt, Verdict
from alerts.incident import ESCALATING, Act, Command, IllegalAct, State
from alerts.incident import Outcome as Ending
from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.outbox import Envelope
from edge.reading import (
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
)
from edge.settings import load
from gateway.book import Book
from gateway.db import incidents, tables
from gateway.db.engine import connect, reading
from gateway.db.outbox import Claim
from gateway.engine import Engine
from gateway.work import Work

CONFIG = Path(__file__).parents[2] / "config"
BOOK = Book(
    plans=load(CONFIG / "plans.toml", Plans),
    roster=load(CONFIG / "roster.toml", Roster),
    places=load(CONFIG / "places.toml", Places),
    public_url="https://example.org",
    secret=b"s" * 32,
)
HOMES = ("s01/b01/u0101", "s01/b01/u0102", "s01/b02/u0302")
PEOPLE = ("wang", "li", "street")
_homes = st.sampled_from(HOMES)


class PowerCut(Exception):  # noqa: N818
    """The process is gone before its commit."""


class Gateway(RuleBasedStateMachine):
    """One engine; `raised` and `answered` are what a perfect one would remember."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(connect("sqlite://"), BOOK, random.Random(0))
        tables.metadata.create_all(self.engine.database)
        self.now_ns = 1_760_000_000 * SECOND_NS
        self.seq = 0
        self.raised: set[str] = set()
        self.claims: list[Claim] = []
        self.handed: Counter[str] = Counter()
        self.inbound = 0

    def teardown(self) -> None:
        self.engine.database.dispose()

    def _finding(self, home: str, revision: int, state: FindingState) -> Finding:
        return Finding(
            f"{HOMES.index(home):016x}", revision, "welfare", 1, home, "welfare", Tier.URGENT,
            state, 0, self.now_ns, Timeliness.LIVE, Evidence({}, {}, 0, 0.0, "水", "water"),
        )  # fmt: skip

    @rule(home=_homes, crash=st.booleans())
    def an_edge_raises(self, home: str, crash: bool) -> None:
        self.seq += 1
        finding = self._finding(home, 0, FindingState.RAISED)
        if crash:
            self._crash(lambda work: work.take(finding, ("e01", "epoch", self.seq)))
        self.engine.take_finding(Envelope(1, "e01", "epoch", self.seq, finding), self.now_ns)
        self.raised.add(home)

    @rule(home=_homes, revision=st.integers(1, 4), clear=st.booleans())
    @precondition(lambda self: self.raised)
    def an_edge_updates(self, home: str, revision: int, clear: bool) -> None:
        if home not in self.raised:
            return
        self.seq += 1
        state = FindingState.CLEARED if clear else FindingState.UPDATED
        finding = self._finding(home, revision, state)
        self.engine.take_finding(Envelope(1, "e01", "epoch", self.seq, finding), self.now_ns)

    @rule(seconds=st.integers(1, 1_000), advance=st.booleans())
    def time_passes(self, seconds: int, advance: bool) -> None:
        self.now_ns += seconds * SECOND_NS
        if advance:
            self.engine.advance_due(self.now_ns)

    @rule(limit=st.integers(1, 6))
    def a_sender_claims(self, limit: int) -> None:
        for claim in self.engine.claim(self.now_ns, limit):
            self.claims.append(claim)
            self.handed[claim.out.idempotency_id] += 1

    @rule(outcome=st.sampled_from(Outcome), lost=st.booleans())
    @precondition(lambda self: self.claims)
    def a_send_ends(self, outcome: Outcome, lost: bool) -> None:
        claim = self.claims.pop(0)
        if not lost:
            self.engine.record(claim, Verdict(outcome, "because"), self.now_ns)

    @rule(outcome=st.sampled_from(Outcome), n=st.integers(0, 5))
    @precondition(lambda self: self.handed)
    def a_receipt_comes(self, outcome: Outcome, n: int) -> None:
        known = sorted(self.handed)[n % len(self.handed)]
        self.engine.receipt(Receipt(known, outcome, "r", self.now_ns, str(n)), self.now_ns)

    @rule(home=_homes, doing=st.sampled_from(Act), by=st.sampled_from(PEOPLE), crash=st.booleans())
    @precondition(lambda self: self.raised)
    def a_person_acts(self, home: str, doing: Act, by: str, crash: bool) -> None:
        if home not in self.raised:
            return
        incident_id = f"i{HOMES.index(home):016x}"
        command = Command(doing, by=by, outcome=Ending.REAL, into=f"i{0:016x}")
        try:
            if crash:
                self._crash(lambda work: work.act(incident_id, command))
            self.engine.act(incident_id, command, now_ns=self.now_ns)
        except (IllegalAct, incidents.NoSuchIncident):
            pass

    @rule(words=st.sampled_from(["收到", "1", "已到", "误报", "没看懂"]), coded=st.booleans())
    def a_person_texts(self, words: str, coded: bool) -> None:
        self.inbound += 1
        codes = [row for row in self._rows(tables.code) if row["phone"] == "13800000001"]
        before = {row["id"]: row["version"] for row in self._rows(tables.incident)}
        text = f"{codes[0]['code']} {words}" if coded and codes else words
        self.engine.reply(
            "sms", Inbound(f"in-{self.inbound}", "13800000001", text, self.now_ns), self.now_ns
        )
        touched = {
            row["id"] for row in self._rows(tables.incident) if row["version"] != before[row["id"]]
        }
        assert len(touched) <= 1
        if coded and codes:
            assert touched <= {codes[0]["incident_id"]}

    def _crash(self, change: Callable[[Work], object]) -> None:
        """Do `change`, and lose the power before its commit."""
        with suppress(PowerCut), self.engine._work(self.now_ns) as work:
            change(work)
            raise PowerCut

    def _rows(self, table: sa.Table) -> list[sa.RowMapping]:
        with reading(self.engine.database) as connection:
            return list(connection.execute(sa.select(table)).mappings())

    @invariant()
    def each_raise_is_exactly_one_incident(self) -> None:
        subjects = [row["subject"] for row in self._rows(tables.incident)]
        assert sorted(subjects) == sorted(self.raised)

    @invariant()
    def whoever_waits_for_an_answer_has_a_clock(self) -> None:
        for row in self._rows(tables.incident):
            incident = incidents.from_row(row)
            if incident.state in ESCALATING and incident.condition_active:
                assert incident.next_due_ns is not None

    @invariant()
    def nothing_is_sent_about_what_is_answered_or_over(self) -> None:
        by_id = {row["id"]: incidents.from_row(row) for row in self._rows(tables.incident)}
        for row in self._rows(tables.outbox):
            if row["purpose"] != "alert" or row["lease_until_ns"] is not None:
                continue
            if by_id[row["incident_id"]].state not in ESCALATING:
                assert row["due_ns"] is None

    @invariant()
    def every_version_of_an_incident_is_on_its_timeline(self) -> None:
        latest = {row["incident_id"]: row["version"] for row in self._rows(tables.incident_event)}
        for row in self._rows(tables.incident):
            assert latest[row["id"]] == row["version"]

    @invariant()
    def nothing_is_closed_without_a_person_and_an_outcome(self) -> None:
        for row in self._rows(tables.incident):
            if row["state"] == State.CLOSED:
                assert row["outcome"]
                assert row["owner"] in PEOPLE


class CalmGateway(Gateway):
    """The same, seen through to its end: what is owed is handed to a sender at last."""

    def teardown(self) -> None:
        self.now_ns += MINUTE_NS
        self.engine.advance_due(self.now_ns)
        while claims := self.engine.claim(self.now_ns, 100):
            for claim in claims:
                self.handed[claim.out.idempotency_id] += 1
                self.engine.record(claim, Verdict(Outcome.ACCEPTED), self.now_ns)
        for row in self._rows(tables.outbox):
            cancelled = row["state"] == "failed" and row["attempt"] == 0
            assert cancelled or row["due_ns"] is None or row["due_ns"] > self.now_ns
            assert cancelled or row["attempt"] > 0 or row["due_ns"] is None
            assert self.handed[row["idempotency_id"]] == row["attempt"]
        super().teardown()


TestGateway = CalmGateway.TestCase
TestGateway.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
