"""What homes report about their neighbourhood: put down, counted by home, forgotten in two weeks.

A home counts once for each building and topic. Nobody is told which homes they were, nor whom
they meant.
"""

from enum import StrEnum

import sqlalchemy as sa
from msgspec import Struct

from edge.crowd_terms import FEW
from edge.reading import DAY_NS
from gateway.db.engine import writing
from gateway.db.neighbour_tables import neighbour_report as table

WITHIN_NS = 14 * DAY_NS
HOMES_MIN = FEW
"""So many homes within two weeks are an incident; fewer are nobody's business but theirs."""


class Topic(StrEnum):
    """What a report is about."""

    NOISE = "noise"
    LEAK = "leak"
    PARKING = "parking"
    CLUTTER = "clutter"
    QUARREL = "quarrel"


class Report(Struct, frozen=True):
    """One home's word about its building, which is a path of codes."""

    building: str
    topic: Topic
    home: str


class Many(Struct, frozen=True):
    """So many `homes` of a building have reported the same within two weeks."""

    building: str
    topic: Topic
    homes: int


def put(database: sa.Engine, report: Report, now_ns: int) -> None:
    """The report counts from now on; another one of the same home takes its place."""
    key = {"building": report.building, "topic": report.topic.value, "home": report.home}
    same = sa.and_(*(table.c[name] == value for name, value in key.items()))
    with writing(database) as connection:
        connection.execute(sa.delete(table).where(same))
        connection.execute(sa.insert(table).values(**key, at_ns=now_ns))


def forget(connection: sa.Connection, now_ns: int) -> None:
    """What is older than two weeks is gone."""
    connection.execute(sa.delete(table).where(table.c.at_ns < now_ns - WITHIN_NS))


def many(connection: sa.Connection, now_ns: int) -> list[Many]:
    """Every building and topic of which five homes or more have reported within two weeks."""
    homes = sa.func.count().label("homes")
    query = (
        sa.select(table.c.building, table.c.topic, homes)
        .where(table.c.at_ns >= now_ns - WITHIN_NS)
        .group_by(table.c.building, table.c.topic)
        .having(homes >= HOMES_MIN)
        .order_by(table.c.building, table.c.topic)
    )
    rows = connection.execute(query)
    return [Many(row.building, Topic(row.topic), row.homes) for row in rows]
