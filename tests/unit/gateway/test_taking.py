"""A backlog of findings: few commits, urgent ones first, and a bad one alone pays for itself."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.incident import Incident
from alerts.plan import Plans
from edge.outbox import Ack, Envelope
from edge.reading import Finding, Tier
from gateway import beginning, taking
from gateway.book import Book
from gateway.db import edges, tables
from gateway.engine import Engine
from tests.unit.gateway.test_engine import a_finding, engine, rows_of
from tests.unit.gateway.test_engine_commits import Commits, commits
from tests.unit.gateway.test_intake import Script, run

__all__ = ["commits", "engine"]

TOPIC = "sw/1/s01/_finding/e01"
TOGETHER = 16
BACKLOG = TOGETHER + 5
URGENT = f"{BACKLOG:016x}"
"""The id of the last of a backlog, the only one that is urgent and that nothing explains."""


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "TOGETHER_MAX", TOGETHER)


def a_backlog(count: int = BACKLOG) -> list[Finding]:
    """Lesser findings of so many homes, and one of smoke behind them."""
    lesser = [
        a_finding(id=f"{n:016x}", tier=Tier.IMPORTANT, rule="leak", category="water",
                  subject=f"s01/b01/u{n}")
        for n in range(1, count)
    ]  # fmt: skip
    last = a_finding(id=f"{count:016x}", rule="smoke", category="smoke", subject="s01/b01/u0")
    return [*lesser, last]


def told(findings: Sequence[Finding]) -> Script:
    """A session that brings them, numbered from 1."""
    envelopes = (
        Envelope(1, "e01", "epoch", n, finding, after=n - 1)
        for n, finding in enumerate(findings, 1)
    )
    return Script(*((TOPIC, msgspec.json.encode(each)) for each in envelopes))


def upto(session: Script) -> list[int]:
    """What the edge may forget, as it was told."""
    return [msgspec.json.decode(payload, type=Ack).upto for _, payload in session.published]


def begin_by(monkeypatch: pytest.MonkeyPatch, begin: Any) -> None:
    """Incidents begin so, whether alone or with others."""
    for module in ("work", "opening"):
        monkeypatch.setattr(f"gateway.{module}.begin", begin)


class Moved:
    """Notes the findings that were known at each move of the edge's cursor."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: list[set[str]] = []
        self.dies_at = 0
        self._move = edges.move_cursor
        monkeypatch.setattr(edges, "move_cursor", self)

    def __call__(self, connection: sa.Connection, *args: Any) -> int:
        self.known.append(set(connection.execute(sa.select(tables.finding.c.id)).scalars()))
        if len(self.known) == self.dies_at:
            raise SystemExit
        return self._move(connection, *args)


def test_a_backlog_costs_a_commit_for_each_portion_and_one_for_the_urgent(
    engine: Engine, commits: Commits
) -> None:
    session = told(a_backlog())
    run(engine, session)
    assert commits.count == 3
    assert len(rows_of(engine, tables.incident)) == BACKLOG
    assert session.acked == list(range(BACKLOG))
    assert upto(session) == [BACKLOG]
    assert engine.counts["finding", "new"] == BACKLOG
    assert engine.counts["finding", "repeated"] == 0


def test_the_urgent_ones_of_a_backlog_go_first(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Moved(monkeypatch)
    run(engine, told(a_backlog()))
    assert moved.known[0] == {URGENT}


def test_one_that_another_finding_may_explain_keeps_its_turn(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Moved(monkeypatch)
    *lesser, last = a_backlog()
    run(engine, told([*lesser, msgspec.structs.replace(last, category="welfare", rule="welfare")]))
    assert len(moved.known[0]) == TOGETHER


def test_a_gateway_that_dies_behind_its_urgent_findings_acks_none_and_tells_them_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = Moved(monkeypatch)
    moved.dies_at = 2
    session = told(a_backlog())
    with pytest.raises(SystemExit):
        run(engine, session)
    assert (session.acked, session.published) == ([], [])
    again = told(a_backlog())
    run(engine, again)
    assert upto(again) == [BACKLOG]
    assert len(rows_of(engine, tables.incident)) == BACKLOG
    keys = Counter(row["key"] for row in rows_of(engine, tables.outbox))
    assert set(keys.values()) == {1}


def test_one_that_breaks_the_engine_is_found_among_all_and_alone_is_buried(
    engine: Engine, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = beginning.begin

    def breaking(book: Book, plans: Plans, finding: Finding, now_ns: int) -> Incident:
        if finding.id == f"{7:016x}":
            raise ZeroDivisionError
        return begin(book, plans, finding, now_ns)

    begin_by(monkeypatch, breaking)
    session = told(a_backlog(TOGETHER))
    run(engine, session)
    assert [row["reason"] for row in rows_of(engine, tables.dead_letter)] == ["broke"]
    assert len(rows_of(engine, tables.incident)) == TOGETHER - 1
    assert upto(session) == [TOGETHER]
    assert commits.count < TOGETHER


def test_what_is_no_finding_is_taken_in_its_turn_among_findings(engine: Engine) -> None:
    session = told(a_backlog(4))
    bad = session.waiting[1]._replace(payload=b"{}", mid=9)
    session.waiting.insert(2, bad)
    run(engine, session)
    assert session.acked == [0, 1, 9, 2, 3]
    assert upto(session) == [4]


def test_a_race_for_one_of_many_is_run_again_by_halves(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    races = [sa.exc.IntegrityError("insert", {}, Exception("unique"))] * 3
    begin = beginning.begin

    def racing(book: Book, plans: Plans, finding: Finding, now_ns: int) -> Incident:
        if races:
            raise races.pop()
        return begin(book, plans, finding, now_ns)

    begin_by(monkeypatch, racing)
    run(engine, told(a_backlog(8)))
    assert len(rows_of(engine, tables.incident)) == 8
    assert rows_of(engine, tables.dead_letter) == []
