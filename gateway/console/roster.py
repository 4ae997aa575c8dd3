"""The roster's page: who is on duty, what they carry, whose phone fails, and where cover lacks."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from alerts.cover import line
from alerts.roster_edit import said
from gateway.access.role import Right
from gateway.api import roster as api
from gateway.api.desk import desk_of, principal_of
from gateway.api.problem import Problem
from gateway.console.page import render, voice_of
from gateway.console.texts import Lang
from gateway.rota import Why

_GAPS_SHOWN = 30

router = APIRouter(include_in_schema=False)
PersonId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


@router.get("/roster")
async def page(request: Request) -> Response:
    """Everybody as they stand now, and the gaps of the next 90 days."""
    desk, voice = desk_of(request), voice_of(request)
    found = api.rota_of(desk).cover()
    language = 0 if voice.lang is Lang.ZH else 1
    gaps = found.gaps[:_GAPS_SHOWN] if found else ()
    return render(
        request,
        "roster.html",
        section="roster",
        people=api.people(desk),
        gaps=[line(gap, desk.book.zone)[language] for gap in gaps],
        checked=found is not None,
        more_gaps=found.count - len(gaps) if found else 0,
        may_change=principal_of(request).may(Right.ROSTER),
    )


@router.post("/roster/{person_id}/phones/reset")
async def reset(request: Request, person_id: PersonId) -> Response:
    """The person's phones are used again."""
    api.reset(request, person_id, "")
    return RedirectResponse("/roster", 303)


@router.post("/roster/{person_id}/leave")
async def put_leave(
    request: Request,
    person_id: PersonId,
    first: Annotated[date, Form()],
    last: Annotated[date, Form()],
) -> Response:
    """Those days are added to the person's leave."""
    known = desk_of(request).book.roster.get(person_id)
    if known is None:
        raise Problem(404, "no_such_person", "Nobody of that id is in the roster.")
    leave = [*said(known, "leave"), {"from": f"{first}", "to": f"{last}"}]
    api.change(request, lambda rota, by: rota.put(person_id, "leave", leave, Why(by)))
    return RedirectResponse("/roster", 303)
