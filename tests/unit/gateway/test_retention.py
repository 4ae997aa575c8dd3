"""What is over for long is forgotten with all that hangs on it, and nothing else is."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import structs

from alerts.incident import ENDED, Act, Command, State
from alerts.incident import Outcome as Ending
from edge.outbox import Envelope
from edge.reading import DAY_NS, FindingState, Tier, finding_id
from gateway.db import tables
from gateway.db.closing_tables import label
from gateway.db.engine import connect, reading, upgrade, writing
from gateway.db.retention import BATCH
from gateway.engine import Engine
from gateway.retention import Retention
from gateway.retention_settings import RetentionSettings
from tests.unit.gateway.test_engine import HOME, NOW, a_book, a_finding, code_of, send_all, text

LATER = NOW + 731 * DAY_NS


@pytest.fixture(params=["sqlite", "postgres"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
    else:
        database = connect(request.getfixturevalue("fresh_database")())
    upgrade(database)
    yield Engine(database, a_book(), random.Random(1))
    database.dispose()


class At:
    speed = 1.0

    def now_ns(self) -> int:
        return LATER

    def monotonic_ns(self) -> int:
        return LATER


def forget(engine: Engine, name: str = "ended", now_ns: int = LATER) -> int:
    return Retention(engine, RetentionSettings(), clock=At()).forget(name, now_ns)


def raise_at(engine: Engine, number: int, tier: Tier = Tier.URGENT) -> str:
    """An incident that people were told of and answered by text; its id."""
    finding = structs.replace(a_finding(), id=finding_id("welfare", HOME, NOW + number), tier=tier)
    engine.take_finding(Envelope(1, "e01", "epoch", number + 1, finding), NOW)
    send_all(engine, NOW)
    return f"i{finding.id}"


def end(engine: Engine, incident_id: str) -> None:
    engine.act(incident_id, Command(Act.CLOSE, "wang", Ending.REAL), now_ns=NOW)
    with writing(engine.database) as connection:
        connection.execute(sa.update(label).values(held=True))


def mentions(engine: Engine, *names: str) -> list[str]:
    """The tables in which any text cell is one of `names`."""
    found = []
    with reading(engine.database) as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                found += [table.name] if set(names) & {c for c in row if isinstance(c, str)} else []
    return found


def test_an_ended_incident_goes_with_every_row_that_names_it(engine: Engine) -> None:
    incident_id = raise_at(engine, 0)
    engine.reply("sms", text(f"{code_of(engine)} 1"), NOW)
    end(engine, incident_id)
    assert len(set(mentions(engine, incident_id, incident_id[1:]))) >= 6
    assert forget(engine, now_ns=NOW + 729 * DAY_NS) == 0, "its time has not come"
    assert forget(engine) == 1
    assert mentions(engine, incident_id, incident_id[1:]) == []
    with reading(engine.database) as connection:
        for table in (tables.outbox, tables.ledger):
            assert connection.execute(sa.select(table)).all() == []
    assert engine.counts["forgotten", "ended"] == 1


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_what_has_not_ended_is_never_forgotten(state: State, engine: Engine) -> None:
    incident_id = raise_at(engine, 0)
    with writing(engine.database) as connection:
        connection.execute(sa.update(tables.incident).values(state=state.value))
    before = mentions(engine, incident_id, incident_id[1:])
    for name in ("ended", "unasked", "spend"):
        forget(engine, name, NOW + 100 * 365 * DAY_NS)
    assert mentions(engine, incident_id, incident_id[1:]) == before


def test_an_outcome_that_its_edge_has_not_taken_in_is_kept(engine: Engine) -> None:
    incident_id = raise_at(engine, 0)
    end(engine, incident_id)
    with writing(engine.database) as connection:
        connection.execute(
            sa.insert(label).values(
                edge="e01", seq=99, finding_id=incident_id[1:], rule="welfare", subject=HOME,
                outcome="real", before="", at_ns=NOW, held=False,
            )
        )  # fmt: skip
    assert forget(engine) == 0


def test_a_neighbour_that_is_still_needed_stays_whole(engine: Engine) -> None:
    over, open_one = raise_at(engine, 0), raise_at(engine, 1)
    end(engine, over)
    before = mentions(engine, open_one, open_one[1:])
    assert forget(engine) == 1
    assert mentions(engine, open_one, open_one[1:]) == before


def test_findings_that_opened_nothing_have_their_own_time(engine: Engine) -> None:
    shown = structs.replace(a_finding(), id=finding_id("x", HOME, 1), tier=Tier.INFO)
    gone = structs.replace(shown, id=finding_id("x", HOME, 2), state=FindingState.CLEARED)
    for seq, finding in enumerate((shown, gone), 1):
        engine.take_finding(Envelope(1, "e01", "epoch", seq, finding), NOW)
    assert forget(engine, "unasked", NOW + 89 * DAY_NS) == 0
    assert forget(engine, "unasked", NOW + 91 * DAY_NS) == 2


def test_a_transaction_forgets_only_so_much(engine: Engine) -> None:
    with writing(engine.database) as connection:
        rows = [{"budget": "b", "at_ns": n} for n in range(BATCH + 5)]
        connection.execute(sa.insert(tables.spend), rows)
    assert [forget(engine, "spend") for _ in range(3)] == [BATCH, 5, 0]
