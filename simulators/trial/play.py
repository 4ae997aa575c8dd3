"""Seeds to judgements: one trial each, on a database that is made once and copied for each."""

import os
import shutil
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from gateway.db.engine import connect, reading, upgrade
from gateway.db.tables import incident, incident_event, outbox
from gateway.db.timeline import SYSTEM
from gateway.plans.office import open_plans
from simulators.clock import VirtualClock, run
from simulators.households import moment_ns
from simulators.trial.cast import plans_file
from simulators.trial.mortality import Mortality
from simulators.trial.oracle import Claims, Judged, judge
from simulators.trial.script import Script, script
from simulators.trial.stage import Stage
from simulators.trial.truth import Truth

_START_NS = moment_ns("2026-01-03T10:00")
_EMPTY, _USED = "empty.sqlite", "gateway.sqlite"


def play(seed: int, folder: Path) -> Judged:
    """What came of the trial of `seed`, with its files below `folder`."""
    return judge(*act_out(seed, folder))


def act_out(seed: int, folder: Path) -> tuple[Script, Truth, Claims]:
    """The trial of `seed`, played to its end: its script, what happened, what the engine says."""
    drawn, database = script(seed), _fresh(folder)

    async def story(clock: VirtualClock) -> Truth:
        with Mortality(database).watching() as mortality:
            stage = Stage(drawn, database, mortality, clock)
            await stage.run()
        return stage.truth

    return drawn, run(story, _START_NS), _claims(database)


def _fresh(folder: Path) -> sa.Engine:
    """A migrated and empty database; the file is new, the engine is this process's only one."""
    own, database = _own(folder)
    database.dispose()
    for leftover in own.glob(f"{_USED}*"):
        leftover.unlink()
    shutil.copyfile(own / _EMPTY, own / _USED)
    return database


@cache
def _own(folder: Path) -> tuple[Path, sa.Engine]:
    own = folder / str(os.getpid())
    own.mkdir()
    empty = connect(f"sqlite:///{own / _EMPTY}")
    upgrade(empty)
    open_plans(empty, plans_file(), _START_NS)
    empty.dispose()
    return own, connect(f"sqlite:///{own / _USED}")


def _claims(database: sa.Engine) -> Claims:
    with reading(database) as connection:
        states = connection.execute(sa.select(outbox.c.idempotency_id, outbox.c.state))
        answered = sa.select(incident.c.id).where(incident.c.acked_ns.is_not(None))
        acts = sa.select(
            incident_event.c.incident_id, incident_event.c.by, incident_event.c.kind
        ).where(incident_event.c.by != SYSTEM)
        return Claims(
            states=tuple((known, state) for known, state in states),
            answered=frozenset(connection.execute(answered).scalars()),
            acts=tuple((about, by, kind) for about, by, kind in connection.execute(acts)),
        )
