"""The page of silences: those that stand, and the form for another one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from alerts.silence import Kind, Scope
from edge.reading import HOUR_NS, SECOND_NS, Tier
from gateway.access.role import Right
from gateway.api.desk import desk_of, principal_of, require
from gateway.api.problem import Problem
from gateway.api.silences import SilenceBody, SilenceId, end_silence, lay_silence
from gateway.console.choices import areas
from gateway.console.page import render, voice_of
from gateway.db import silences as rows
from gateway.db.engine import reading
from gateway.silencing import REASON_MAX

HOURS = (1, 2, 4, 8)
"""The lengths that the form offers; others are laid over the API."""
_SHOWN_MAX = 100

router = APIRouter(include_in_schema=False)


@router.get("/silences")
async def silences_page(request: Request) -> Response:
    """Every silence that stands, and the last ones that are over."""
    return _page(request)


class SilenceForm(BaseModel):
    """What the form sends."""

    kind: Kind
    scope: Scope
    value: Annotated[str, Field(min_length=1, max_length=160, pattern=r"^[a-z0-9_/-]+$")]
    hours: Annotated[int, Field(ge=1, le=168)]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_MAX)]


@router.post("/silences")
async def lay(request: Request, form: Annotated[SilenceForm, Form()]) -> Response:
    """The silence of the lesser tiers is laid from now on, or the page says why it is not."""
    end_s = (desk_of(request).clock.now_ns() + form.hours * HOUR_NS) / SECOND_NS
    body = SilenceBody(
        kind=form.kind, scope=form.scope, value=form.value, reason=form.reason, end=end_s,
        tiers=[Tier.IMPORTANT, Tier.GENERAL],
    )  # fmt: skip
    try:
        lay_silence(request, body)
    except Problem as problem:
        if problem.code != "not_possible":
            raise
        return _page(request, problem.status, voice_of(request).say("silence.impossible"))
    return RedirectResponse("/silences", 303)


@router.post("/silences/{silence_id}/end")
async def end(request: Request, silence_id: SilenceId) -> Response:
    """The silence is over, if it was not already."""
    try:
        end_silence(request, silence_id)
    except Problem as problem:
        if problem.code != "no_such_silence":
            raise
    return RedirectResponse("/silences", 303)


def _page(request: Request, status: int = 200, notice: str | None = None) -> Response:
    require(request, Right.READ)
    desk = desk_of(request)
    with reading(desk.db) as connection:
        found = rows.listed(connection, _SHOWN_MAX)
    now_ns = desk.clock.now_ns()
    return render(
        request,
        "silences.html",
        status,
        section="silences",
        notice=notice,
        standing=[each for each in found if now_ns < each.over_ns],
        over=[each for each in found if now_ns >= each.over_ns],
        may_act=principal_of(request).may(Right.ACT),
        kinds=[kind.value for kind in Kind],
        scopes=[scope.value for scope in Scope],
        hours=HOURS,
        areas=areas(desk, voice_of(request)),
        reason_max=REASON_MAX,
    )
