"""A gateway whose disk is full takes nothing half, and all that it refused once there is room."""

import random
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alerts.incident import Act, Command
from edge.outbox import Envelope
from edge.reading import MINUTE_NS
from gateway.db.engine import connect, reading, upgrade
from gateway.db.tables import incident, incident_event, ledger, outbox
from gateway.engine import Engine
from tests.servers.small_disk import fill, on_small_disk
from tests.unit.gateway.test_engine import NOW, a_book, a_finding

DISK_MIB = 12
MANY = 2_000
"""More than any disk of that size has room for."""


def opened(folder: Path) -> Engine:
    database = connect(f"sqlite:///{folder / 'gateway.db'}")
    upgrade(database)
    return Engine(database, a_book(), random.Random(1))


def take(engine: Engine, number: int) -> bool:
    """Whether the finding of that number was committed; the disk refused it otherwise."""
    finding = a_finding(id=f"f{number:015}", subject=f"s01/b01/u{number:04}")
    try:
        engine.take_finding(Envelope(1, "e01", "epoch", number, finding), NOW + number)
    except sa.exc.OperationalError:
        return False
    return True


def halves(engine: Engine) -> int:
    """Incidents that lack their beginning in the timeline, and messages that lack their ledger."""
    with reading(engine.database) as connection:
        told = sa.select(incident_event.c.incident_id)
        entered = sa.select(ledger.c.outbox_id)
        untold = sa.select(sa.func.count()).where(incident.c.id.not_in(told))
        lost = sa.select(sa.func.count()).where(outbox.c.id.not_in(entered))
        return sum(connection.scalar(each) or 0 for each in (untold, lost))


def count(engine: Engine) -> int:
    with reading(engine.database) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(incident)) or 0


def hours_without_room(folder: Path) -> dict[str, Any]:
    engine = opened(folder)
    assert take(engine, 0)
    ballast = fill(folder)
    refused = next(number for number in range(1, MANY) if not take(engine, number))
    with reading(engine.database) as connection:
        first = connection.scalar(sa.select(incident.c.id))
    told: dict[str, Any] = {"before": count(engine) == refused, "halves": halves(engine)}
    told["again"] = take(engine, refused)
    ballast.unlink()
    told["with_room"] = take(engine, refused)
    assert first is not None
    acked = engine.act(first, Command(Act.ACKNOWLEDGE, "wang"), now_ns=NOW + MINUTE_NS)
    told |= {"after": count(engine) == refused + 1, "owner": acked.owner}
    engine.database.dispose()
    told["kept"] = count(opened(folder)) == refused + 1
    return told


def test_a_full_disk_costs_the_gateway_no_finding_and_leaves_none_half(tmp_path: Path) -> None:
    assert on_small_disk(tmp_path, hours_without_room, size=DISK_MIB) == {
        "before": True, "halves": 0, "again": False, "with_room": True, "after": True,
        "owner": "wang", "kept": True,
    }  # fmt: skip
