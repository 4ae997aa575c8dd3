"""The cases of a period as rows, and what is made of them: the report on the rules."""

from dataclasses import dataclass

import sqlalchemy as sa
from msgspec import Struct

from alerts.incident import Outcome, State
from alerts.performance import (
    BadActor,
    Case,
    Exposure,
    RulePerformance,
    bad_actors,
    performance,
    since,
)
from alerts.plan import Role
from alerts.roster import Roster
from edge.reading import DAY_NS
from edge.registry import Registry
from gateway.db.closing_tables import closing
from gateway.db.engine import reading
from gateway.db.tables import incident
from gateway.drills import RULE

CASES_MAX = 200_000
"""The newest of a period; a report says so when it could not take all."""
WEEK_DAYS = 7


class Report(Struct, frozen=True):
    """How the rules did over the last `days`; `whole` is false when there were too many cases."""

    days: int
    homes: int
    workers: int
    whole: bool
    rules: list[RulePerformance]
    bad_actors: list[BadActor]


@dataclass(frozen=True, slots=True)
class Watched:
    """Who was watched by whom."""

    registry: Registry
    roster: Roster

    def exposure(self, days: float) -> Exposure:
        """The rules' exposure over `days`, as registry and roster stand now."""
        workers = sum(Role.GRID_WORKER in person.roles for person in self.roster.person)
        return Exposure(len(list(self.registry.units())), workers, days)


def report(database: sa.Engine, watched: Watched, days: int, now_ns: int) -> Report:
    """The report at `now_ns`; its list of bad actors is of the last week."""
    found = _cases(database, now_ns - days * DAY_NS)
    exposure = watched.exposure(days)
    return Report(
        days=days,
        homes=exposure.homes,
        workers=exposure.workers,
        whole=len(found) < CASES_MAX,
        rules=performance(found, exposure),
        bad_actors=bad_actors(since(found, now_ns, WEEK_DAYS)),
    )


def _cases(database: sa.Engine, since_ns: int) -> list[Case]:
    columns = [incident.c[name] for name in ("rule", "category", "subject", "state")]
    query = (
        sa.select(*columns, incident.c.outcome, closing.c.reason, incident.c.opened_ns)
        .outerjoin(closing, closing.c.incident_id == incident.c.id)
        .where(incident.c.opened_ns >= since_ns, incident.c.rule != RULE)
        .order_by(incident.c.opened_ns.desc())
        .limit(CASES_MAX)
    )
    with reading(database) as connection:
        return [_case(row) for row in connection.execute(query).mappings()]


def _case(row: sa.RowMapping) -> Case:
    state = State(row["state"])
    closed = state is State.CLOSED and row["outcome"]
    return Case(
        rule=row["rule"],
        category=row["category"],
        subject=row["subject"],
        state=state,
        outcome=Outcome(row["outcome"]) if closed else None,
        reason=(row["reason"] or "") if closed else "",
        opened_ns=row["opened_ns"],
    )
