"""Silences and maintenance windows under /api/v1/silences: laid, listed, ended early."""

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.silence import IllegalSilence, Kind, Scope, Silence
from edge.reading import SECOND_NS, Tier
from gateway import silencing
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.db import silences as rows
from gateway.db.engine import reading
from gateway.silencing import NoSuchSilence

_SECONDS_MAX = 9_000_000_000

router = APIRouter(prefix="/api/v1/silences")
SilenceId = Annotated[str, Path(pattern=r"^s[0-9a-f]{12}$")]
_Seconds = Annotated[float, Field(ge=0, le=_SECONDS_MAX, allow_inf_nan=False)]


class SilenceBody(BaseModel):
    """A silence to be laid; times are seconds since the epoch, without `start` it begins now."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: Kind = Kind.SILENCE
    scope: Scope
    value: Annotated[str, Field(min_length=1, max_length=160, pattern=r"^[a-z0-9_/-]+$")]
    tiers: Annotated[list[Tier], Field(min_length=1, max_length=3)] = [
        Tier.IMPORTANT,
        Tier.GENERAL,
    ]
    reason: Annotated[str, Field(min_length=1, max_length=silencing.REASON_MAX)]
    start: _Seconds | None = None
    end: _Seconds


@router.get("")
async def listed(request: Request) -> Response:
    """Silences, those that are not over first; `holds` says which hold something back now."""
    require(request, Right.READ)
    desk = desk_of(request)
    now_ns = desk.clock.now_ns()
    with reading(desk.db) as connection:
        found = rows.listed(connection)
    told = [msgspec.to_builtins(each) | {"holds": each.holds_at(now_ns)} for each in found]
    return finite_json({"silences": told})


@router.get("/{silence_id}")
async def one(request: Request, silence_id: SilenceId) -> Response:
    """One silence and its timeline."""
    require(request, Right.READ)
    desk = desk_of(request)
    with reading(desk.db) as connection:
        found = rows.find(connection, silence_id)
        events = rows.events(connection, silence_id)
    if found is None:
        raise Problem(404, "no_such_silence", "There is no silence of that id.")
    return finite_json({"silence": found, "timeline": events})


@router.post("")
async def lay(request: Request, body: SilenceBody) -> Response:
    """The silence, laid by whoever is signed in."""
    return finite_json(lay_silence(request, body), 201)


@router.post("/{silence_id}/end")
async def end(request: Request, silence_id: SilenceId) -> Response:
    """The silence, ended by whoever is signed in; what it held and still lasts is told."""
    return finite_json(end_silence(request, silence_id))


def lay_silence(request: Request, body: SilenceBody) -> Silence:
    """The silence that `body` asks for.

    Raises:
        Problem: 403 not allowed, 422 it may not be.
    """
    principal = require(request, Right.ACT)
    desk = desk_of(request)
    now_ns = desk.clock.now_ns()
    silence = Silence(
        id=f"s{secrets.token_hex(6)}",
        kind=body.kind,
        scope=body.scope,
        value=body.value,
        tiers=tuple(sorted(set(body.tiers))),
        reason=body.reason,
        by=principal.login,
        created_ns=now_ns,
        start_ns=now_ns if body.start is None else int(body.start * SECOND_NS),
        end_ns=int(body.end * SECOND_NS),
    )
    may = principal.may(Right.SILENCE_URGENT)
    try:
        with desk.engine.working(now_ns) as work:
            laid = silencing.lay(work, silence, may_silence_urgent=may)
    except IllegalSilence as error:
        raise Problem(422, "not_possible", "That silence is not possible.", str(error)) from None
    desk.engine.counts["silence", body.kind.value] += 1
    return laid


def end_silence(request: Request, silence_id: str) -> Silence:
    """The silence, over from now on.

    Raises:
        Problem: 403 not allowed, 404 there is none that is not over.
    """
    principal = require(request, Right.ACT)
    desk = desk_of(request)
    try:
        with desk.engine.working(desk.clock.now_ns()) as work:
            ended = silencing.end(work, silence_id, principal.login)
    except NoSuchSilence:
        problem = "There is no silence of that id that is not over."
        raise Problem(404, "no_such_silence", problem) from None
    desk.engine.counts["silence", "ended"] += 1
    return ended
