"""Bundles, old plans and changes of the roster are forgotten when nothing needs them any more."""

import sqlalchemy as sa

from alerts.pace import Wait
from edge.reading import DAY_NS
from gateway.db import bundles, outbox, plans, roster_edits, waiting
from gateway.db.bundle_tables import bundle
from gateway.db.bundle_tables import waiting as waiting_table
from gateway.db.bundles import Bundle
from gateway.db.cycle_tables import cycle
from gateway.db.engine import reading, writing
from gateway.db.plan_tables import plan_proposal, plan_version
from gateway.db.plans import PROPOSALS, Proposal, Version
from gateway.db.proposals import Fate
from gateway.db.roster_edits import Change
from gateway.db.roster_tables import roster_change
from gateway.db.tables import outbox as outbox_table
from gateway.engine import Engine
from tests.unit.gateway.test_engine import NOW
from tests.unit.gateway.test_retention import LATER, end, engine, forget, raise_at

__all__ = ["engine"]

LONG_AGO = NOW - 800 * DAY_NS


def keys(engine: Engine, column: sa.Column[int]) -> list[int]:
    with reading(engine.database) as connection:
        return list(connection.execute(sa.select(column).order_by(column)).scalars())


def count(engine: Engine, table: sa.Table) -> int:
    with reading(engine.database) as connection:
        query = sa.select(sa.func.count()).select_from(table)
        return int(connection.execute(query).scalar_one())


def told_together(engine: Engine, incident_id: str) -> int:
    """A bundle of that incident alone, whose message names no incident; the message's id."""
    with writing(engine.database) as connection:
        message = int(connection.execute(sa.select(sa.func.min(outbox_table.c.id))).scalar_one())
        changed = {"incident_id": None, "due_ns": None}
        ours = outbox_table.c.id == message
        connection.execute(sa.update(outbox_table).where(ours).values(changed))
        bundles.insert(connection, Bundle("b1", "p01", "1", "1234", NOW, 1, message))
        connection.execute(
            sa.insert(waiting_table).values(
                key="k", incident_id=incident_id, person_id="p01", channel="sms", purpose="alert",
                generation=0, step=0, round=0, why=Wait.STORM.value, created_ns=NOW, told_ns=NOW,
                bundle_id="b1", dropped="",
            )
        )  # fmt: skip
    return message


def test_a_bundle_goes_after_its_last_incident_and_its_message_after_it(engine: Engine) -> None:
    incident_id = raise_at(engine, 0)
    message = told_together(engine, incident_id)
    end(engine, incident_id)
    assert (forget(engine, "bundles"), forget(engine, "unasked")) == (0, 0), "it is still told of"
    with reading(engine.database) as connection:
        assert outbox.get(connection, message).outbox_id == message
    assert forget(engine, "ended") == 1
    assert (count(engine, waiting_table), count(engine, cycle)) == (0, 0)
    assert forget(engine, "bundles", NOW + 89 * DAY_NS) == 0
    assert forget(engine, "bundles") == 1
    assert forget(engine, "unasked") == 1
    assert (count(engine, bundle), count(engine, outbox_table)) == (0, 0)


def test_a_bundle_of_an_open_incident_can_be_undone_after_years(engine: Engine) -> None:
    incident_id = raise_at(engine, 0)
    message = told_together(engine, incident_id)
    for name in ("ended", "bundles", "unasked"):
        assert forget(engine, name) == 0
    with reading(engine.database) as connection:
        assert outbox.get(connection, message).outbox_id == message
        assert len(waiting.of_bundle(connection, "b1")) == 1


def add_plans(engine: Engine, *made: tuple[int, int, str]) -> None:
    with writing(engine.database) as connection:
        for version, at_ns, file in made:
            plans.add_version(
                connection, Version(version, at_ns, "a", "b", "why", file), {"version": version}
            )


def test_plans_go_when_superseded_for_long_unless_an_incident_goes_by_them(engine: Engine) -> None:
    end(engine, raise_at(engine, 0))
    held = engine.book.plans.version
    first = held + 10
    add_plans(
        engine,
        (held, LONG_AGO, ""), (first, LONG_AGO, "digest"), (first + 1, LONG_AGO, ""),
        (first + 2, LONG_AGO, ""), (first + 3, LATER, ""),
    )  # fmt: skip
    assert forget(engine, "history") == 1
    kept = [held, first, first + 2, first + 3]
    assert keys(engine, plan_version.c.version) == kept, "in force until lately, held, from file"
    assert forget(engine, "ended") == 1
    assert forget(engine, "history") == 1
    assert keys(engine, plan_version.c.version) == kept[1:]


def test_proposals_that_wait_stay_however_old(engine: Engine) -> None:
    with writing(engine.database) as connection:
        for decided_ns in (None, LONG_AGO, LATER):
            state = Fate.OPEN if decided_ns is None else Fate.REJECTED
            made = Proposal(
                at_ns=LONG_AGO, by="a", why="", state=state, decided_ns=decided_ns, base=1
            )
            PROPOSALS.add(connection, made, body="{}")
    before = keys(engine, plan_proposal.c.id)
    assert forget(engine, "history") == 1
    assert keys(engine, plan_proposal.c.id) == [before[0], before[2]]


def test_the_newest_change_of_the_roster_stays_so_that_versions_go_on(engine: Engine) -> None:
    with writing(engine.database) as connection:
        for version in (1, 2, 3):
            roster_edits.note(connection, Change(version, LONG_AGO, "a", "put", "p01", "", {}))
    assert forget(engine, "history") == 2
    assert keys(engine, roster_change.c.version) == [3]
    assert forget(engine, "history") == 0
