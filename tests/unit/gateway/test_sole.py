"""One gateway a SQLite file, and what it takes over from the one before."""

import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from edge.outbox import Envelope
from gateway.db.engine import connect, upgrade
from gateway.db.sole import AlreadyServedError, end_leases, sole_gateway
from gateway.engine import Engine
from tests.unit.gateway.test_engine import NOW, a_book, a_finding


def database_in(folder: Path) -> sa.Engine:
    database = connect(f"sqlite:///{folder / 'gateway.db'}")
    upgrade(database)
    return database


def test_a_second_gateway_on_the_same_file_is_refused(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    with (
        sole_gateway(database),
        pytest.raises(AlreadyServedError, match=r"gateway\.db; stop it first"),
        sole_gateway(database),
    ):
        pass
    database.dispose()


def test_the_file_is_free_again_when_its_gateway_has_ended(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    with sole_gateway(database):
        pass
    with sole_gateway(database):
        database.dispose()


def test_a_message_left_half_sent_is_taken_up_at_once_under_the_same_id(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    engine = Engine(database, a_book(), random.Random(1))
    engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), NOW)
    engine.advance_due(NOW)
    first = engine.claim(NOW, 9)
    assert first
    assert engine.claim(NOW + 1, 9) == []
    assert end_leases(database, NOW + 1) == len(first)
    again = engine.claim(NOW + 1, 9)
    assert {c.out.idempotency_id for c in again} == {c.out.idempotency_id for c in first}
    assert {c.attempt for c in again} == {2}
    database.dispose()
