"""Work items under /api/v1: raise one, list them, act on one."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.work_item import IllegalItemAct, ItemAct, ItemCommand, WorkClass, WorkItem
from gateway import work_items
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.engine import NoSuchIncident
from gateway.work_items import TITLE_MAX, ConflictError, Raised

router = APIRouter(prefix="/api/v1/work-items")
Number = Annotated[int, Path(ge=1, lt=2**53)]


class RaiseBody(BaseModel):
    """A matter: about a `subject` (a path of codes), or out of an incident."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    work_class: WorkClass
    title: Annotated[str, Field(min_length=1, max_length=TITLE_MAX)]
    subject: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_/-]{0,159})?$")] = ""
    incident: Annotated[str, Field(max_length=32)] | None = None


class ItemActBody(BaseModel):
    """One act; `version` is the one the person was looking at."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    act: ItemAct
    version: Annotated[int, Field(ge=1, le=2**31)]
    note: Annotated[str, Field(max_length=500)] = ""
    team: Annotated[str, Field(max_length=64)] = ""


@router.get("")
async def items(
    request: Request,
    ended: bool = False,
    team: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Items by due time."""
    require(request, Right.READ)
    return finite_json({"items": work_items.listed(desk_of(request).db, ended=ended, team=team)})


@router.post("")
async def raise_item(request: Request, body: RaiseBody) -> Response:
    """The new item."""
    return finite_json(raised(request, body), 201)


@router.post("/{number}/acts")
async def act(request: Request, number: Number, body: ItemActBody) -> Response:
    """The item after the act."""
    return finite_json(acted(request, number, body))


def raised(request: Request, body: RaiseBody) -> WorkItem:
    """The item that whoever is signed in has raised.

    Raises:
        Problem: 403, 404 no such incident, 422 neither place nor incident.
    """
    desk, principal = desk_of(request), require(request, Right.ACT)
    if not (body.subject or body.incident):
        raise Problem(422, "no_place", "Name a place or an incident.")
    what = Raised(body.work_class, body.title, body.subject, principal.login, body.incident)
    try:
        return work_items.raise_item(desk.db, what, desk.book.work_items, desk.clock.now_ns())
    except NoSuchIncident:
        raise Problem(404, "no_such_incident", "There is no incident of that id.") from None


def acted(request: Request, number: int, body: ItemActBody) -> WorkItem:
    """The item after the act of whoever is signed in.

    Raises:
        Problem: 403, 404, 409 moved on, 422 not possible now.
    """
    desk, principal = desk_of(request), require(request, Right.ACT)
    command = ItemCommand(body.act, principal.login, body.note, body.team)
    try:
        return work_items.do(desk.db, number, command, body.version, desk.clock.now_ns())
    except LookupError:
        raise Problem(404, "no_such_item", "There is no work item of that number.") from None
    except ConflictError:
        raise Problem(409, "moved_on", "The item has changed; read it again.") from None
    except IllegalItemAct as error:
        raise Problem(422, "not_possible", "That is not possible now.", str(error)) from None
