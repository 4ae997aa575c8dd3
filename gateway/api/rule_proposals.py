"""Which rules speak, under /api/v1/rules: proposed, approved by somebody else, rolled back."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from edge.mode import Mode
from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.devices import office_of
from gateway.api.problem import Problem, finite_json
from gateway.db.engine import reading
from gateway.db.rule_proposals import PROPOSALS, RuleProposal
from gateway.proposing import Refused
from gateway.ruling.office import RuleOffice

PAGE_MAX = 100
WHY_MAX = 500
NAME_MAX = 100
_NUMBER_MAX = 2**31 - 1
_STATUS = {
    "no_such_proposal": 404, "own_proposal": 403, "not_valid": 422, "not_tuned": 422,
    "no_such_unit": 422, "too_many": 429,
}  # fmt: skip

router = APIRouter(prefix="/api/v1/rules")
Number = Annotated[int, Path(ge=1, le=_NUMBER_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
Why = Annotated[str, Field(min_length=1, max_length=WHY_MAX)]


class RuleProposalBody(BaseModel):
    """The modes that rules, or rules in one home (leak_slow@u0101), are to have; the reason."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    changes: Annotated[dict[Name, Mode], Field(min_length=1, max_length=10)]
    why: Why


class ReasonBody(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    why: Annotated[str, Field(max_length=WHY_MAX)] = ""


class ResetBody(BaseModel):
    """The rule, or the rule in one home, that is to be as agreed again; and why."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    rule: Name
    why: Annotated[str, Field(max_length=WHY_MAX)] = ""


@router.get("")
async def rules(request: Request) -> Response:
    """What was decided here, and by what each edge says that it goes."""
    require(request, Right.READ)
    modes = _office(request).modes
    return finite_json({"modes": modes, "edges": gone_by(desk_of(request))})


@router.get("/proposals")
async def proposals(
    request: Request,
    before: Annotated[int, Query(ge=1, le=_NUMBER_MAX)] = _NUMBER_MAX,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
) -> Response:
    """A page of proposals, newest first."""
    require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        return finite_json({"proposals": PROPOSALS.newest(connection, before, limit)})


@router.post("/proposals")
async def propose(request: Request, body: RuleProposalBody) -> Response:
    """The number of a new proposal."""
    number = told(lambda: propose_rules(request, body.changes, body.why))
    return finite_json({"id": number}, 201)


@router.post("/proposals/{number}/approval")
async def approve(request: Request, number: Number, body: ReasonBody) -> Response:
    """The proposal, which is on its way to the edges now."""
    return finite_json(told(lambda: approve_rules(request, number, body.why)))


@router.post("/proposals/{number}/rejection")
async def reject(request: Request, number: Number, body: ReasonBody) -> Response:
    """The proposal as it was rejected; whoever made it may take it back so."""
    return finite_json(told(lambda: reject_rules(request, number, body.why)))


@router.post("/proposals/{number}/roll-back")
async def roll_back(request: Request, number: Number, body: ReasonBody) -> Response:
    """What was approved is as it was before; one person is enough."""
    return finite_json(told(lambda: roll_back_rules(request, number, body.why)))


@router.post("/resets")
async def reset(request: Request, body: ResetBody) -> Response:
    """What outcomes have made of a rule is put back to what was agreed."""
    told(lambda: reset_rule(request, body.rule, body.why))
    return finite_json({"rule": body.rule})


def propose_rules(request: Request, changes: dict[str, Mode], why: str) -> int:
    """A proposal by who is signed in; raises Refused or Problem."""
    by, desk = require(request, Right.PLAN).login, desk_of(request)
    return _office(request).propose(changes, by, why, desk.clock.now_ns())


def approve_rules(request: Request, number: int, why: str) -> RuleProposal:
    """It is approved by who is signed in; raises Refused or Problem."""
    by, desk = require(request, Right.APPROVE_PLAN).login, desk_of(request)
    return _office(request).approve(number, by, why, desk.clock.now_ns())


def reject_rules(request: Request, number: int, why: str) -> RuleProposal:
    """It is rejected by who may approve, or taken back by who made it; raises Refused."""
    principal, desk = require(request, Right.PLAN), desk_of(request)
    with reading(desk.db) as connection:
        found = PROPOSALS.get(connection, number)
    roster = desk.book.roster
    if found is not None and not roster.same_person(found.by, principal.login):
        require(request, Right.APPROVE_PLAN)
    office = _office(request)
    return office.reject(number, principal.login, why, desk.clock.now_ns())


def roll_back_rules(request: Request, number: int, why: str) -> RuleProposal:
    """It is undone by who is signed in; raises Refused or Problem."""
    by, desk = require(request, Right.PLAN).login, desk_of(request)
    return _office(request).roll_back(number, by, why, desk.clock.now_ns())


def reset_rule(request: Request, rule: str, why: str) -> None:
    """It is put back by who is signed in; raises Refused or Problem."""
    by, desk = require(request, Right.PLAN).login, desk_of(request)
    _office(request).reset(rule, by, why, desk.clock.now_ns())


def gone_by(desk: Desk) -> dict[str, dict[str, Any]]:
    """By edge what its last health message says of its rules; without those that say nothing."""
    said = {each.edge: each.health.get("rules") for each in desk.vitals().edges}
    return {edge: rules for edge, rules in said.items() if isinstance(rules, dict)}


def told(act: Callable[[], Any]) -> Any:
    """What `act` comes to; its refusal as a problem."""
    try:
        return act()
    except Refused as refused:
        status = _STATUS.get(refused.code, 409)
        raise Problem(status, refused.code, "The rules stay as they are.", str(refused)) from None


def _office(request: Request) -> RuleOffice:
    return RuleOffice(office_of(request), desk_of(request).book.roster)
