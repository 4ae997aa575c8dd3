"""What was told together, and how much each person is told: bundles and loads under /api/v1."""

from typing import Annotated

import msgspec
import sqlalchemy as sa
from fastapi import APIRouter, Path, Request
from msgspec import Struct
from starlette.responses import Response

from alerts.pace import Pace
from edge.reading import DAY_NS, HOUR_NS
from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.db import bundles
from gateway.db.bundle_tables import bundle, waiting
from gateway.db.bundles import Bundle
from gateway.db.engine import reading
from gateway.db.tables import outbox

router = APIRouter(prefix="/api/v1")
BundleId = Annotated[str, Path(pattern=r"^n[0-9a-f]{23}$")]


class Load(Struct, frozen=True):
    """What one person has been and is to be told; `share_per_h` is what they should be at most.

    `waiting` counts by the reason for which notices wait, `bundled` incidents of the last day
    that were told in `bundles` messages.
    """

    person_id: str
    last_hour: int
    last_day: int
    share_per_h: float | None
    waiting: dict[str, int]
    bundles: int
    bundled: int


@router.get("/loads")
async def loads(request: Request) -> Response:
    """Everybody who is or was told something lately, by person."""
    require(request, Right.READ)
    return finite_json({"loads": loads_of(desk_of(request))})


@router.get("/bundles/{bundle_id}")
async def one(request: Request, bundle_id: BundleId) -> Response:
    """One bundle and its incidents."""
    require(request, Right.READ)
    desk = desk_of(request)
    with reading(desk.db) as connection:
        found = bundle_in(connection, bundle_id)
        members = bundles.members(connection, bundle_id)
    told = {name: getattr(found, name) for name in ("id", "person_id", "created_ns", "count")}
    return finite_json(told | {"incidents": msgspec.to_builtins(members)})


def bundle_in(connection: sa.Connection, bundle_id: str) -> Bundle:
    """The bundle of that id.

    Raises:
        Problem: 404.
    """
    found = bundles.find(connection, bundle_id)
    if found is None:
        raise Problem(404, "no_such_bundle", "There is no bundle of that id.")
    return found


def loads_of(desk: Desk) -> list[Load]:
    """The load of everybody on the roster; a few short indexed reads in all."""
    now_ns = desk.clock.now_ns()
    pace = desk.engine.book.pace
    with reading(desk.db) as connection:
        hour = _sent(connection, now_ns - HOUR_NS)
        day = _sent(connection, now_ns - DAY_NS)
        waits = _waits(connection)
        together = _together(connection, now_ns - DAY_NS)
    return [
        Load(
            person.id,
            hour.get(person.id, 0),
            day.get(person.id, 0),
            pace.per_hour if isinstance(pace, Pace) else None,
            waits.get(person.id, {}),
            *together.get(person.id, (0, 0)),
        )
        for person in desk.engine.book.roster.person
    ]


def _sent(connection: sa.Connection, since_ns: int) -> dict[str, int]:
    query = (
        sa.select(outbox.c.person_id, sa.func.count())
        .where(outbox.c.created_ns > since_ns, outbox.c.attempt > 0)
        .group_by(outbox.c.person_id)
    )
    return {person: int(count) for person, count in connection.execute(query)}


def _waits(connection: sa.Connection) -> dict[str, dict[str, int]]:
    query = (
        sa.select(waiting.c.person_id, waiting.c.why, sa.func.count())
        .where(waiting.c.due_ns.is_not(None))
        .group_by(waiting.c.person_id, waiting.c.why)
    )
    found: dict[str, dict[str, int]] = {}
    for person, why, count in connection.execute(query):
        found.setdefault(person, {})[why] = int(count)
    return found


def _together(connection: sa.Connection, since_ns: int) -> dict[str, tuple[int, int]]:
    query = (
        sa.select(bundle.c.person_id, sa.func.count(), sa.func.sum(bundle.c.count))
        .where(bundle.c.created_ns > since_ns)
        .group_by(bundle.c.person_id)
    )
    return {person: (int(count), int(total)) for person, count, total in connection.execute(query)}
