"""The rows of how long cameras and lifts were up: the newest word on each day holds."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from msgspec import Struct

from gateway.db.uptime_tables import uptime_day


class DayRow(Struct, frozen=True):
    """A device on one local day, as its edge knew it at `at_ns`; the rest of the day is unknown."""

    day: int
    device: str
    at_ns: int
    up_ms: int
    down_ms: int
    planned_ms: int
    downs: int


def hear(connection: sa.Connection, told: Iterable[DayRow]) -> None:
    """Each of `told`, which are of one day, is kept unless something newer is."""
    rows: Mapping[str, DayRow] = {row.device: row for row in told}
    days = {row.day for row in rows.values()}
    mine = uptime_day.c.day.in_(days) & uptime_day.c.device.in_(list(rows))
    known = connection.execute(sa.select(uptime_day.c.device, uptime_day.c.at_ns).where(mine))
    older = {row.device for row in known if row.at_ns >= rows[row.device].at_ns}
    newer = [row for name, row in rows.items() if name not in older]
    stale = uptime_day.c.device.in_([row.device for row in newer])
    connection.execute(sa.delete(uptime_day).where(mine & stale))
    if newer:
        columns = DayRow.__struct_fields__
        values = [{name: getattr(row, name) for name in columns} for row in newer]
        connection.execute(sa.insert(uptime_day), values)


def days(connection: sa.Connection, from_day: int, to_day: int) -> list[DayRow]:
    """Every row of the days from `from_day` until before `to_day`."""
    within = (uptime_day.c.day >= from_day) & (uptime_day.c.day < to_day)
    query = sa.select(uptime_day).where(within).order_by(uptime_day.c.day, uptime_day.c.device)
    return [DayRow(**row) for row in connection.execute(query).mappings()]


def forget(connection: sa.Connection, before_day: int) -> None:
    """Days before that one are gone."""
    connection.execute(sa.delete(uptime_day).where(uptime_day.c.day < before_day))
