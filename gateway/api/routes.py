"""The JSON API under /api/v1: incidents, homes, edges and the stream of changes."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from alerts.incident import Act, Command, FalseReason, IllegalAct, Incident, Outcome, State
from edge.history import HistoryUnavailable
from edge.reading import DAY_NS, SECOND_NS, Tier
from edge.registry import Unit
from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.homes import CURVE_NS_MAX
from gateway.api.incidents import PAGE_MAX, BadCursorError
from gateway.api.problem import Problem, finite_json
from gateway.api.quiet import TOLD, Quiet, quiet_of
from gateway.closing.terms import OwnWork
from gateway.db.engine import reading
from gateway.engine import Conflict, NoSuchIncident
from gateway.live import SUBSCRIBERS_MAX
from gateway.metrics import CONTENT_TYPE, GatewayCollector, render

KEEP_ALIVE_S = 15.0
_SECONDS_MAX = 9_000_000_000

router = APIRouter()
Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
Seconds = Annotated[float, Query(ge=0, le=_SECONDS_MAX, allow_inf_nan=False)]


class ActBody(BaseModel):
    """One act on one incident; `version` is the one the person was looking at."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    act: Act
    version: Annotated[int, Field(strict=True, ge=1, le=2**31)]
    outcome: Outcome | None = None
    note: Annotated[str, Field(max_length=500)] = ""
    into: Annotated[str, Field(max_length=32)] | None = None
    reason: FalseReason | None = None


class Placed(Struct, frozen=True):
    """An incident, what its place is called, and what is kept back of it."""

    incident: Incident
    place_zh: str
    place_en: str
    quiet: Quiet


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Whether the gateway can do its duty, to anybody who asks; nothing else.

    The answer is 200 even when degraded: a supervisor that restarts us cannot mend a carrier.
    """
    desk = desk_of(request)
    vitals = desk.vitals()
    age_s = None if vitals.intake_ns is None else (vitals.at_ns - vitals.intake_ns) / SECOND_NS
    body = {"status": "ok" if vitals.ok else "degraded", "intake_age_s": age_s}
    return finite_json(body)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The gateway's numbers as Prometheus text."""
    desk = desk_of(request)
    collector = GatewayCollector(desk.engine, desk.live, desk.vitals)
    return Response(render(collector), media_type=CONTENT_TYPE)


@router.get("/api/v1/incidents")
async def incidents(
    request: Request,
    state: Annotated[list[State] | None, Query(max_length=len(State))] = None,
    tier: Tier | None = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> Response:
    """A page of incidents, newest first."""
    desk = desk_of(request)
    try:
        page = desk.incidents.page(states=state or (), tier=tier, cursor=cursor, limit=limit)
    except BadCursorError:
        raise Problem(422, "bad_cursor", "The cursor is not one of ours.") from None
    placed = _placed(desk, page.incidents)
    return finite_json({"incidents": placed, "next": page.next})


@router.get("/api/v1/incidents/{incident_id}")
async def incident(request: Request, incident_id: Id) -> Response:
    """One incident with its timeline, deliveries, evidence and plan."""
    desk = desk_of(request)
    detail = desk.incidents.detail(incident_id)
    if detail is None:
        raise Problem(404, "no_such_incident", "There is no incident of that id.")
    (placed,) = _placed(desk, [detail.incident])
    with reading(desk.db) as connection:
        plan = desk.book.plan_of(connection, detail.incident)
    body = msgspec.to_builtins(detail) | {
        "place_zh": placed.place_zh,
        "place_en": placed.place_en,
        "quiet": placed.quiet,
        "plan": plan.model_dump(mode="json"),
    }
    return finite_json(body)


@router.post("/api/v1/incidents/{incident_id}/acts")
async def act(request: Request, incident_id: Id, body: ActBody) -> Response:
    """The incident after a person's act."""
    return finite_json(perform(request, incident_id, body))


def perform(request: Request, incident_id: str, body: ActBody) -> Incident:
    """The incident after `body` was done by whoever is signed in.

    Raises:
        Problem: 403 not allowed or one's own work, 404 no such incident, 409 the incident has
            moved on, 422 the act is not possible as things stand.
    """
    principal = require(request, Right.ACT)
    desk = desk_of(request)
    told = (body.outcome, body.note, body.into, body.reason)
    command = Command(body.act, principal.login, *told)
    try:
        return desk.engine.act(
            incident_id, command, now_ns=desk.clock.now_ns(), version=body.version
        )
    except NoSuchIncident:
        raise Problem(404, "no_such_incident", "There is no incident of that id.") from None
    except Conflict:
        raise Problem(409, "moved_on", "The incident has changed; read it again.") from None
    except OwnWork as error:
        raise Problem(403, "own_work", "Somebody else has to verify it.", str(error)) from None
    except IllegalAct as error:
        raise Problem(422, "not_possible", "That is not possible now.", str(error)) from None


@router.get("/api/v1/units")
async def units(
    request: Request,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> Response:
    """A page of homes by code, each with its water status and open incidents."""
    desk = desk_of(request)
    page, more = page_of_units(desk, after, limit)
    subject_of = desk.homes.registry.subject
    standing = desk.incidents.standing_in([subject_of(each.code) for each in page])
    rows = [
        msgspec.to_builtins(status)
        | {"open": [i.id for i in standing if is_in(i, subject_of(status.unit))]}
        for status in await desk.homes.statuses(page)
    ]
    return finite_json({"units": rows, "next": more})


@router.get("/api/v1/units/{unit}/history")
async def history(request: Request, unit: Id, start: Seconds, end: Seconds) -> Response:
    """A home's water by the hour between two times in seconds since the epoch."""
    desk = desk_of(request)
    start_ns, end_ns = int(start * SECOND_NS), int(end * SECOND_NS)
    if not 0 < end_ns - start_ns <= CURVE_NS_MAX:
        days = CURVE_NS_MAX // DAY_NS
        raise Problem(422, "bad_range", f"Ask for more than nothing and at most {days} days.")
    try:
        return finite_json(await desk.homes.curve(unit_of(desk, unit), start_ns, end_ns))
    except HistoryUnavailable:
        raise Problem(503, "no_history", "The stored readings cannot be read now.") from None


@router.get("/api/v1/edges")
async def edges(request: Request) -> Response:
    """Every edge that has ever reported."""
    desk = desk_of(request)
    return finite_json({"edges": desk.vitals().edges})


@router.get("/api/v1/events")
async def events(request: Request) -> Response:
    """Server-sent events: `incident` with the ids that changed; a comment when idle."""
    desk = desk_of(request)
    if desk.live.subscribers >= SUBSCRIBERS_MAX:
        raise Problem(503, "full", "Too many consoles are listening.")
    stream = _stream(desk, request.state.token)
    return StreamingResponse(stream, media_type="text/event-stream")


async def _stream(desk: Desk, token: str) -> AsyncIterator[bytes]:
    with desk.live.subscribe() as subscription:
        yield b"retry: 3000\n\n"
        async for change in subscription.changes(KEEP_ALIVE_S):
            if desk.sessions.principal(token, desk.clock.now_ns()) is None:
                return
            if change is None:
                yield b": still here\n\n"
            else:
                yield (
                    b"event: incident\ndata: " + msgspec.json.encode(change.incident_ids) + b"\n\n"
                )


def unit_of(desk: Desk, code: str) -> Unit:
    """The home of that code.

    Raises:
        Problem: 404.
    """
    try:
        return desk.homes.registry.unit(code)
    except KeyError:
        raise Problem(404, "no_such_unit", "There is no home of that code.") from None


def page_of_units(desk: Desk, after: str, limit: int) -> tuple[list[Unit], str | None]:
    """Homes after the code `after`, and the code to go on from if there are more."""
    ordered = sorted(desk.homes.registry.units(), key=lambda unit: unit.code)
    rest = [unit for unit in ordered if unit.code > after]
    return rest[:limit], rest[limit - 1].code if len(rest) > limit else None


def is_in(incident: Incident, subject: str) -> bool:
    """Whether the incident is about that home or a device in it."""
    return incident.subject == subject or incident.subject.startswith(f"{subject}/")


def _placed(desk: Desk, incidents: Sequence[Incident]) -> list[Placed]:
    label, quiet = desk.book.places.label, quiet_of(desk.db, [each.id for each in incidents])
    return [
        Placed(each, label(each.subject, "zh"), label(each.subject, "en"), quiet.get(each.id, TOLD))
        for each in incidents
    ]
