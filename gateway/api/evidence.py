"""Evidence under /api/v1: brought to an incident, listed, and opened by those with the right."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.api.routes import Id
from gateway.closing.shelf import NAME_MAX, Brought, Item, Refused, Shelf
from gateway.engine import NoSuchIncident

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/evidence")
Number = Annotated[int, Path(ge=1, lt=2**53)]
# What somebody brought is never shown within our own pages, nor kept by a browser.
_HEADERS = {"content-disposition": "attachment", "cache-control": "no-store"}


@router.post("")
async def bring(
    request: Request, incident_id: Id, name: Annotated[str, Query(max_length=NAME_MAX)] = ""
) -> Response:
    """The body of the request is kept as evidence: JPEG, PNG or plain text."""
    media_type, body = request.headers.get("content-type", ""), await request.body()
    return finite_json(add(request, incident_id, (name, media_type, body)), 201)


@router.get("")
async def brought(request: Request, incident_id: Id) -> Response:
    """What was brought, without bodies."""
    require(request, Right.EVIDENCE)
    return finite_json({"evidence": Shelf(desk_of(request).db).of(incident_id)})


@router.get("/{number}")
async def body_of(request: Request, incident_id: Id, number: Number) -> Response:
    """One body; that it was read stands on the incident's timeline."""
    desk, principal = desk_of(request), require(request, Right.EVIDENCE)
    try:
        item, body = Shelf(desk.db).open(incident_id, number, principal.login, desk.clock.now_ns())
    except LookupError:
        raise Problem(404, "no_such_evidence", "There is no evidence of that number.") from None
    return Response(body, media_type=item.media_type, headers=_HEADERS)


def add(request: Request, incident_id: str, what: tuple[str, str, bytes]) -> Item:
    """The evidence `what` (name, media type, body) is kept for whoever is signed in.

    Raises:
        Problem: 403 not allowed, 404 no such incident, 422 the evidence is not taken.
    """
    desk, principal = desk_of(request), require(request, Right.EVIDENCE)
    name, media_type, body = what
    try:
        item = Shelf(desk.db).add(
            incident_id, Brought(principal.login, name, media_type, body), desk.clock.now_ns()
        )
    except NoSuchIncident:
        raise Problem(404, "no_such_incident", "There is no incident of that id.") from None
    except Refused as refused:
        desk.engine.counts["evidence", refused.fault.value] += 1
        title = "The evidence is not taken."
        raise Problem(422, f"evidence_{refused.fault}", title, str(refused)) from None
    desk.engine.counts["evidence", "kept"] += 1
    return item
