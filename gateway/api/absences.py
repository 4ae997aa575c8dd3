"""Absences under /api/v1: who said that they are away, until when, and that they are back."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from edge.settings import nanoseconds
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.devices import office_of
from gateway.api.problem import Problem, finite_json
from gateway.api.routes import Id, unit_of
from gateway.registry import absence
from gateway.registry.card import Impossible, iso
from gateway.registry.office import OnUnit, Why

_STATUS = {"no_such_unit": 404}

router = APIRouter(prefix="/api/v1/units/{unit}/absences")


class AbsenceBody(BaseModel):
    """Away from `from`, or from now on, until `to`; who said so belongs in `why`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime = Field(alias="to")
    why: Annotated[str, Field(max_length=500)] = ""


@router.get("")
async def absences(request: Request, unit: Id) -> Response:
    """The absences of the last month and to come."""
    require(request, Right.READ)
    return finite_json({"absences": _told(request, unit)})


@router.post("")
async def declare(request: Request, unit: Id, body: AbsenceBody) -> Response:
    """The resident is away then: their quiet is no news, by a routine or by fixed terms."""
    now_ns = desk_of(request).clock.now_ns()
    start_ns = now_ns if body.start is None else nanoseconds(body.start)
    declare_absence(request, unit, (start_ns, nanoseconds(body.end)), body.why)
    return finite_json({"absences": _told(request, unit)}, 201)


@router.post("/end")
async def end(request: Request, unit: Id) -> Response:
    """The resident is back; what was to come is taken back, too."""
    end_absence(request, unit)
    return finite_json({"absences": _told(request, unit)})


def declare_absence(request: Request, unit: str, span: absence.Span, why: str) -> None:
    """The registry says that the resident is away in `span`.

    Raises:
        Problem: not allowed, no such home, or it cannot be.
    """
    now_ns = desk_of(request).clock.now_ns()
    _change(request, unit, lambda row: absence.declared(row, span, now_ns), ("absence", why))


def end_absence(request: Request, unit: str) -> None:
    """The registry says that the resident is back.

    Raises:
        Problem: not allowed, no such home, or nobody is away.
    """
    now_ns = desk_of(request).clock.now_ns()
    _change(request, unit, lambda row: absence.back(row, now_ns), ("absence_over", ""))


def _change(request: Request, unit: str, act: OnUnit, told: tuple[str, str]) -> None:
    person, desk = require(request, Right.ACT), desk_of(request)
    try:
        why = Why(person.login, told[0], told[1])
        office_of(request).change_unit(unit, act, why, desk.clock.now_ns())
    except Impossible as error:
        title = "That absence cannot be noted."
        raise Problem(_STATUS.get(error.code, 422), error.code, title, error.detail) from None


def _told(request: Request, unit: str) -> list[Mapping[str, Any]]:
    unit_of(desk_of(request), unit)
    row = office_of(request).held.units.get(unit, {})
    return [{"from": iso(start), "to": iso(end)} for start, end in absence.spans(row)]
