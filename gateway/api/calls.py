"""吹哨报到 under /api/v1/incidents: others called in on one, and what they say to it."""

from typing import Annotated, Self

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from alerts.incident import IllegalAct
from alerts.plan import Role
from alerts.whistle import Call, CallAct
from gateway import whistling
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.api.routes import Id
from gateway.db import calls as rows
from gateway.db.engine import reading
from gateway.engine import Conflict, NoSuchIncident
from gateway.whistling import Wanted

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/calls")
Number = Annotated[int, Path(ge=1, le=whistling.CALLS_MAX)]
_Note = Annotated[str, Field(max_length=500)]


class CallBody(BaseModel):
    """Whom to call in: a party that the plan names, a role, or a person; exactly one of them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    party: Annotated[str, Field(max_length=32)] = ""
    role: Role | None = None
    person: Annotated[str, Field(max_length=64)] = ""
    note: _Note = ""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(map(bool, (self.party, self.role, self.person))) != 1:
            raise ValueError("name a party, a role or a person, and only one of them")
        return self


class CallActBody(BaseModel):
    """What is said to a call."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    act: CallAct
    note: _Note = ""


@router.get("")
async def listed(request: Request, incident_id: Id) -> Response:
    """Everybody who was called in, in that order."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        return finite_json({"calls": rows.of_incident(connection, incident_id)})


@router.post("")
async def call_in(request: Request, incident_id: Id, body: CallBody) -> Response:
    """The call; one that is open already is answered as it stands, and nobody is told again."""
    return finite_json(whistle(request, incident_id, body))


@router.post("/{number}/acts")
async def act(request: Request, incident_id: Id, number: Number, body: CallActBody) -> Response:
    """The call after somebody's word to it, entered by whoever is signed in."""
    return finite_json(answer(request, incident_id, number, body))


def whistle(request: Request, incident_id: str, body: CallBody) -> Call:
    """The call of `body`, made by whoever is signed in.

    Raises:
        Problem: 403, 404 no such incident, 422 it has ended or nobody fits.
    """
    by, desk = require(request, Right.ACT).login, desk_of(request)
    wanted = Wanted(body.party, body.role, body.person, body.note)
    try:
        with desk.engine.working(desk.clock.now_ns()) as work:
            return whistling.call_in(work, incident_id, wanted, by)
    except NoSuchIncident:
        raise Problem(404, "no_such_incident", "There is no incident of that id.") from None
    except IllegalAct as error:
        raise Problem(422, "not_possible", "That is not possible now.", str(error)) from None


def answer(request: Request, incident_id: str, number: int, body: CallActBody) -> Call:
    """The call after `body`, entered by whoever is signed in.

    Raises:
        Problem: 403, 404 no such call, 409 it has just changed, 422 it does not allow that.
    """
    by, desk = require(request, Right.ACT).login, desk_of(request)
    try:
        with desk.engine.working(desk.clock.now_ns()) as work:
            known = rows.of_incident(work.connection, incident_id)
            found = next((call for call in known if call.number == number), None)
            if found is None:
                raise Problem(404, "no_such_call", "There is no call of that number.")
            return whistling.act(work, found, body.act, by, body.note)
    except Conflict:
        raise Problem(409, "moved_on", "The call has changed; read it again.") from None
    except IllegalAct as error:
        raise Problem(422, "not_possible", "That is not possible now.", str(error)) from None
