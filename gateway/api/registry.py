"""The registry itself under /api/v1: its version, who changed it, and how far the edges are."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.devices import office_of
from gateway.api.problem import finite_json
from gateway.db import registry as rows
from gateway.db import seen
from gateway.db.engine import reading

CHANGES_MAX = 200
_VERSION_MAX = 2**53

router = APIRouter(prefix="/api/v1/registry")


@router.get("")
async def registry(request: Request) -> Response:
    """The newest version, the versions of the edges, and whether the file says otherwise."""
    require(request, Right.READ)
    office = office_of(request)
    held = office.held
    body = {
        "version": held.version,
        "units": len(held.units),
        "devices": len(held.cards),
        "file_differs": office.file_differs,
        "edges": [
            {"edge": edge, "version": version, "behind": behind}
            for edge, (version, behind) in lags(desk_of(request)).items()
        ],
    }
    return finite_json(body)


@router.get("/changes")
async def changes(
    request: Request,
    before: Annotated[int, Query(ge=1, le=_VERSION_MAX)] = _VERSION_MAX,
    limit: Annotated[int, Query(ge=1, le=CHANGES_MAX)] = 50,
) -> Response:
    """A page of changes, newest first: who, when, what and why."""
    require(request, Right.READ)
    with reading(office_of(request).database) as connection:
        found = rows.changes(connection, before, limit)
    more = found[-1].version if len(found) == limit and found[-1].version > 1 else None
    return finite_json({"changes": found, "next": more})


def lags(desk: Desk) -> dict[str, tuple[int, int]]:
    """The version of each edge that tells one, and how many versions it is behind."""
    if desk.office is None:
        return {}
    with reading(desk.db) as connection:
        versions = seen.versions(connection)
    newest = desk.office.held.version
    return {edge: (at, max(0, newest - at)) for edge, at in sorted(versions.items())}
