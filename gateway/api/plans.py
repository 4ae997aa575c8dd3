"""Plans under /api/v1: what is in force, its history, and the way to the next version."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from alerts.plan_diff import difference
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.db import plans as rows
from gateway.db.engine import reading
from gateway.db.plans import PROPOSALS, Proposal
from gateway.plans.office import NotValid, PlanOffice
from gateway.proposing import Refused

PAGE_MAX = 100
_NUMBER_MAX = 2**31 - 1
_STATUS = {"no_such_proposal": 404, "own_proposal": 403, "not_valid": 422, "too_many": 429}

router = APIRouter(prefix="/api/v1/plans")
Number = Annotated[int, Path(ge=1, le=_NUMBER_MAX)]
Before = Annotated[int, Query(ge=1, le=_NUMBER_MAX)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]


class ProposalBody(BaseModel):
    """A whole document in the form of plans.toml, or one plan of it; and the reason."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    change: dict[str, Any]
    why: Annotated[str, Field(min_length=1, max_length=500)]


class DecisionBody(BaseModel):
    """Why a proposal is approved or rejected."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    why: Annotated[str, Field(max_length=500)] = ""


@router.get("")
async def in_force(request: Request) -> Response:
    """The version in force: the document, and who put it in force when."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        newest = rows.newest(connection)
        made = rows.versions(connection, _NUMBER_MAX, 1)
        document = None if newest is None else rows.document(connection, newest)
    return finite_json({"made": made[0] if made else None, "plans": document})


@router.get("/versions")
async def versions(request: Request, before: Before = _NUMBER_MAX, limit: Limit = 50) -> Response:
    """A page of versions, newest first: who proposed, who approved, when and why."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        return finite_json({"versions": rows.versions(connection, before, limit)})


@router.get("/versions/{version}")
async def version(request: Request, version: Number) -> Response:
    """One version, whole."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        return finite_json(_document(connection, version))


@router.get("/diff")
async def diff(
    request: Request,
    before: Annotated[int, Query(ge=1, le=_NUMBER_MAX)],
    after: Annotated[int, Query(ge=1, le=_NUMBER_MAX)],
) -> Response:
    """What changed from one version to another."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        changes = difference(_document(connection, before), _document(connection, after))
    return finite_json({"changes": changes})


@router.post("/check")
async def check(request: Request, body: dict[str, Any]) -> Response:
    """Everything that keeps a whole document from being put in force; nothing is stored."""
    require(request, Right.PLAN)
    return finite_json({"problems": PlanOffice(desk_of(request).engine).check(body)})


@router.get("/proposals")
async def proposals(request: Request, before: Before = _NUMBER_MAX, limit: Limit = 50) -> Response:
    """A page of proposals, newest first."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        return finite_json({"proposals": PROPOSALS.newest(connection, before, limit)})


@router.get("/proposals/{number}")
async def proposal(request: Request, number: Number) -> Response:
    """A proposal, the plans it proposes, and what they change."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        found = PROPOSALS.get(connection, number)
        if found is None:
            raise Problem(404, "no_such_proposal", "There is no proposal of that number.")
        plans = rows.proposed(connection, number)
        changes = difference(_document(connection, found.base), plans)
    return finite_json({"proposal": found, "plans": plans, "changes": changes})


@router.post("/proposals")
async def propose(request: Request, body: ProposalBody) -> Response:
    """The number of a new proposal, or the problems that it has."""
    by, desk = require(request, Right.PLAN).login, desk_of(request)
    try:
        number = PlanOffice(desk.engine).propose(body.change, by, body.why, desk.clock.now_ns())
    except Refused as refused:
        return _refusal(refused)
    return finite_json({"id": number}, 201)


@router.post("/proposals/{number}/approval")
async def approve(request: Request, number: Number, body: DecisionBody) -> Response:
    """The version that the proposal became; it is in force for new incidents."""
    by, desk = require(request, Right.APPROVE_PLAN).login, desk_of(request)
    try:
        made = PlanOffice(desk.engine).approve(number, by, body.why, desk.clock.now_ns())
    except Refused as refused:
        return _refusal(refused)
    return finite_json(made)


@router.post("/proposals/{number}/rejection")
async def reject(request: Request, number: Number, body: DecisionBody) -> Response:
    """The proposal as it was rejected; whoever made it may take it back so."""
    try:
        return finite_json(reject_proposal(request, number, body.why))
    except Refused as refused:
        return _refusal(refused)


def reject_proposal(request: Request, number: int, why: str) -> Proposal:
    """The proposal as it was rejected: by who may approve, or taken back by who made it.

    Raises:
        Refused: there is none, or it was decided.
    """
    principal, desk = require(request, Right.PLAN), desk_of(request)
    with reading(desk.db) as connection:
        found = PROPOSALS.get(connection, number)
    roster = desk.book.roster
    if found is not None and not roster.same_person(found.by, principal.login):
        require(request, Right.APPROVE_PLAN)
    now_ns = desk.clock.now_ns()
    return PlanOffice(desk.engine).reject(number, principal.login, why, now_ns)


def _document(connection: sa.Connection, version: int) -> dict[str, Any]:
    found = rows.document(connection, version)
    if found is None:
        raise Problem(404, "no_such_version", "There is no such version of the plans.")
    return found


def _refusal(refused: Refused) -> Response:
    told = {"title": "The plans stay as they are.", "detail": str(refused), "code": refused.code}
    body = told | {"problems": refused.problems if isinstance(refused, NotValid) else []}
    return finite_json(body, _STATUS.get(refused.code, 409), "application/problem+json")
