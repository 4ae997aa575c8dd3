"""外出报备 on a home's page: the form, and what is declared."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from alerts.calendar import midnight_ns
from gateway.access.role import Right
from gateway.api.absences import declare_absence, end_absence
from gateway.api.desk import Desk, desk_of, principal_of
from gateway.api.routes import Id
from gateway.registry import absence

WHY_MAX = 200

router = APIRouter(include_in_schema=False)


@router.post("/units/{unit}/absences")
async def declare(
    request: Request,
    unit: Id,
    last: Annotated[date, Form()],
    why: Annotated[str, Form(max_length=WHY_MAX)] = "",
) -> Response:
    """The resident is away from now until the end of `last`."""
    desk = desk_of(request)
    until_ns = midnight_ns(last + timedelta(days=1), desk.book.zone)
    declare_absence(request, unit, (desk.clock.now_ns(), until_ns), why)
    return RedirectResponse(f"/units/{unit}", 303)


@router.post("/units/{unit}/absences/end")
async def end(request: Request, unit: Id) -> Response:
    """The resident is back."""
    end_absence(request, unit)
    return RedirectResponse(f"/units/{unit}", 303)


def standing(desk: Desk, unit: str) -> list[absence.Span] | None:
    """The absences that are not over; None where the registry is not ours to change."""
    if desk.office is None:
        return None
    row = desk.office.held.units.get(unit, {})
    return [span for span in absence.spans(row) if span[1] > desk.clock.now_ns()]


def may_declare(request: Request) -> bool:
    """Whether this person may say so."""
    return principal_of(request).may(Right.ACT)
