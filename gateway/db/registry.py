"""The registry's rows: read as one version, written with the change that made the next one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from gateway.db.registry_tables import (
    registry_binding,
    registry_change,
    registry_device,
    registry_section,
    registry_tombstone,
    registry_unit,
)
from gateway.registry.card import Card, Row
from gateway.registry.held import Held

TOMBSTONES_MAX = 10_000


class Change(Struct, frozen=True):
    """Who made `version`, when, by which act, on which device, and why."""

    version: int
    at_ns: int
    by: str
    act: str
    device: str
    why: str
    detail: Mapping[str, Any]


def newest(connection: sa.Connection) -> int:
    """The registry's version; 0 before the first."""
    query = sa.select(sa.func.coalesce(sa.func.max(registry_change.c.version), 0))
    return int(connection.execute(query).scalar_one())


def load(connection: sa.Connection) -> Held:
    """The registry as it is."""
    sections = connection.execute(sa.select(registry_section).order_by(registry_section.c.name))
    units = connection.execute(sa.select(registry_unit).order_by(registry_unit.c.code))
    return Held(
        newest(connection),
        {row.name: msgspec.json.decode(row.body) for row in sections},
        {row.code: _with(row.body, code=row.code, building=row.building) for row in units},
        _cards(connection),
    )


def card(connection: sa.Connection, device: str) -> Card | None:
    """The card of that device alone."""
    return _cards(connection, device).get(device)


def save_card(connection: sa.Connection, card: Card, version: int) -> None:
    """The rows of that device are those of `card`, as `version` made them."""
    mine = registry_binding.c.device == card.device
    connection.execute(sa.delete(registry_binding).where(mine))
    values = {"vendor": card.vendor, "retired_ns": card.retired_ns, "changed": version}
    here = registry_device.c.id == card.device
    changed = connection.execute(sa.update(registry_device).where(here).values(values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(registry_device).values(id=card.device, **values))
    _insert_rows(connection, [card])


def save_unit(connection: sa.Connection, unit: Mapping[str, Any]) -> None:
    """The row of that home is `unit`; where it stands does not change."""
    here = registry_unit.c.code == unit["code"]
    connection.execute(sa.update(registry_unit).where(here).values(body=_text(_rest(unit))))


def save_section(connection: sa.Connection, name: str, value: Any) -> None:
    """That section is `value`."""
    connection.execute(sa.delete(registry_section).where(registry_section.c.name == name))
    connection.execute(sa.insert(registry_section).values(name=name, body=_text(value)))


def save_all(connection: sa.Connection, held: Held) -> None:
    """The registry is `held`, whatever it was."""
    for table in (registry_binding, registry_device, registry_unit, registry_section):
        connection.execute(sa.delete(table))
    _insert(connection, registry_section, [
        {"name": name, "body": _text(value)} for name, value in held.sections.items()
    ])  # fmt: skip
    _insert(connection, registry_unit, [
        {"code": code, "building": unit["building"], "body": _text(_rest(unit))}
        for code, unit in held.units.items()
    ])  # fmt: skip
    _insert(connection, registry_device, [
        {"id": card.device, "vendor": card.vendor, "retired_ns": card.retired_ns,
         "changed": held.version}
        for card in held.cards.values()
    ])  # fmt: skip
    _insert_rows(connection, held.cards.values())


def note(connection: sa.Connection, change: Change) -> None:
    """`change` is the newest version."""
    row = msgspec.to_builtins(change) | {"detail": _text(change.detail)}
    connection.execute(sa.insert(registry_change).values(row))


def changes(connection: sa.Connection, before: int, limit: int) -> list[Change]:
    """Up to `limit` changes older than version `before`, newest first."""
    query = (
        sa.select(registry_change)
        .where(registry_change.c.version < before)
        .order_by(registry_change.c.version.desc())
        .limit(limit)
    )
    rows = connection.execute(query).mappings()
    return [Change(**{**row, "detail": msgspec.json.decode(row["detail"])}) for row in rows]


def last_import(connection: sa.Connection) -> Change | None:
    """The change that last took the file."""
    query = (
        sa.select(registry_change)
        .where(registry_change.c.act.in_(["seed", "import"]))
        .order_by(registry_change.c.version.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Change(**{**row, "detail": msgspec.json.decode(row["detail"])})


def changed_versions(connection: sa.Connection, devices: Sequence[str]) -> dict[str, int]:
    """The version that last changed each of `devices`."""
    wanted = registry_device.c.id.in_(devices)
    query = sa.select(registry_device.c.id, registry_device.c.changed).where(wanted)
    return {row.id: row.changed for row in connection.execute(query)}


def owe_tombstones(connection: sa.Connection, topics: Iterable[str], now_ns: int) -> int:
    """Each of `topics` is to be emptied; returns how many were owed that were not before.

    Beyond 10,000 none is added: the sweep finds them again later.
    """
    count = sa.select(sa.func.count()).select_from(registry_tombstone)
    room = TOMBSTONES_MAX - int(connection.execute(count).scalar_one())
    wanted = list(dict.fromkeys(topics))
    mine = sa.select(registry_tombstone.c.topic).where(registry_tombstone.c.topic.in_(wanted))
    known = {row.topic for row in connection.execute(mine)}
    fresh = [topic for topic in wanted if topic not in known][: max(0, room)]
    rows = [{"topic": topic, "created_ns": now_ns} for topic in fresh]
    _insert(connection, registry_tombstone, rows)
    return len(rows)


def settle_tombstones(connection: sa.Connection, topics: Sequence[str]) -> None:
    """`topics` are empty, or are somebody's again."""
    if topics:
        mine = registry_tombstone.c.topic.in_(topics)
        connection.execute(sa.delete(registry_tombstone).where(mine))


def owed_tombstones(connection: sa.Connection, limit: int) -> list[str]:
    """The oldest topics that are to be emptied."""
    oldest = sa.select(registry_tombstone.c.topic).order_by(registry_tombstone.c.created_ns)
    return [row.topic for row in connection.execute(oldest.limit(limit))]


def _cards(connection: sa.Connection, device: str | None = None) -> dict[str, Card]:
    devices, bindings = sa.select(registry_device), sa.select(registry_binding)
    if device is not None:
        devices = devices.where(registry_device.c.id == device)
        bindings = bindings.where(registry_binding.c.device == device)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for each in connection.execute(bindings.order_by(registry_binding.c.id)):
        terms = msgspec.json.decode(each.body)
        rows[each.device].append(Row(each.unit, each.from_ns, each.to_ns, terms))
    return {
        each.id: Card(each.id, tuple(rows[each.id]), each.retired_ns)
        for each in connection.execute(devices.order_by(registry_device.c.id))
    }


def _insert_rows(connection: sa.Connection, cards: Iterable[Card]) -> None:
    _insert(connection, registry_binding, [
        {"device": card.device, "unit": row.unit, "from_ns": row.from_ns, "to_ns": row.to_ns,
         "body": _text(row.terms)}
        for card in cards
        for row in card.rows
    ])  # fmt: skip


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _rest(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in unit.items() if key not in {"code", "building"}}


def _with(body: str, **known: Any) -> dict[str, Any]:
    return {**known, **msgspec.json.decode(body)}


def _text(value: Any) -> str:
    return msgspec.json.encode(dict(value) if isinstance(value, Mapping) else value).decode()
