"""The pages of the plans: those in force, a change proposed by one person, decided by another."""

import tomllib
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import tomlkit
from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from alerts.plan import Plan, Plans
from alerts.plan_check import PlanProblem
from alerts.plan_diff import difference
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.plans import Number, reject_proposal
from gateway.api.problem import Problem
from gateway.console.page import Voice, render, voice_of
from gateway.console.plan_view import StepView, step_view
from gateway.console.problem_words import in_words
from gateway.console.texts import Lang
from gateway.db import plans as rows
from gateway.db.engine import reading
from gateway.db.plans import PROPOSALS
from gateway.db.proposals import Fate
from gateway.plans.office import NotValid, PlanOffice
from gateway.proposing import Refused

SHOWN_MAX = 20
TOML_CHARS_MAX = 20_000
WHY_MAX = 500

router = APIRouter(include_in_schema=False)
PlanId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Why = Annotated[str, Form(min_length=1, max_length=WHY_MAX)]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan among the others: what it is for, and its steps."""

    id: str
    title: str
    category: str
    estate: str
    tier: int
    action: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote, given back with what is wrong with it."""

    toml: str
    why: str
    problems: tuple[PlanProblem, ...]


@router.get("/plans")
async def plans_page(request: Request) -> Response:
    """The plans in force, what waits to be decided, and the last versions."""
    require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    with reading(desk.db) as connection:
        found = desk.book.plans_in_force(connection)
        proposals = PROPOSALS.newest(connection, 2**31 - 1, SHOWN_MAX)
        made = rows.versions(connection, 2**31 - 1, SHOWN_MAX)
    return render(
        request,
        "plans.html",
        section="plans",
        version=found.version,
        plans=_lines(voice, found),
        waiting=[each for each in proposals if each.state is Fate.OPEN],
        versions=made,
    )


@router.get("/plans/{plan_id}")
async def plan_page(request: Request, plan_id: PlanId) -> Response:
    """One plan in force, and the form to propose another wording of it."""
    return _plan_page(request, plan_id)


@router.post("/plans/{plan_id}")
async def propose(
    request: Request,
    plan_id: PlanId,
    toml: Annotated[str, Form(max_length=TOML_CHARS_MAX)],
    why: Why,
) -> Response:
    """The change waits for somebody else, or the page says what is wrong with it."""
    by, desk = require(request, Right.PLAN).login, desk_of(request)
    try:
        change = _plan_of(toml, plan_id)
        number = PlanOffice(desk.engine).propose(change, by, why, desk.clock.now_ns())
    except Refused as refused:
        return _plan_page(request, plan_id, 422, Draft(toml, why, _problems(refused)))
    return RedirectResponse(f"/plans/proposals/{number}", 303)


@router.get("/plans/proposals/{number}")
async def proposal_page(request: Request, number: Number) -> Response:
    """What a proposal changes, why, and the form to decide it."""
    return _proposal_page(request, number)


@router.post("/plans/proposals/{number}/approval")
async def approve(request: Request, number: Number, why: Why) -> Response:
    """The proposal is in force, or the page says why it is not."""
    by, desk = require(request, Right.APPROVE_PLAN).login, desk_of(request)
    try:
        PlanOffice(desk.engine).approve(number, by, why, desk.clock.now_ns())
    except Refused as refused:
        return _refused(request, number, refused)
    return RedirectResponse("/plans", 303)


@router.post("/plans/proposals/{number}/rejection")
async def reject(request: Request, number: Number, why: Why) -> Response:
    """The proposal is over; the plans stay as they are."""
    try:
        reject_proposal(request, number, why)
    except Refused as refused:
        return _refused(request, number, refused)
    return RedirectResponse("/plans", 303)


def _plan_page(
    request: Request, plan_id: str, status: int = 200, draft: Draft | None = None
) -> Response:
    principal = require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    with reading(desk.db) as connection:
        newest = rows.newest(connection)
        document = None if newest is None else rows.document(connection, newest)
    plans = (document or {"plan": []})["plan"]
    table = next((each for each in plans if each["id"] == plan_id), None)
    if table is None:
        raise Problem(404, "no_such_plan", "The plans in force have none of that id.")
    return render(
        request,
        "plan.html",
        status,
        section="plans",
        plan=_line(voice, Plan.model_validate(table)),
        draft=draft or Draft(tomlkit.dumps(table), "", ()),
        words=partial(in_words, voice.lang),
        may_propose=principal.may(Right.PLAN),
        why_max=WHY_MAX,
    )


def _proposal_page(
    request: Request, number: int, status: int = 200, refused: Refused | None = None
) -> Response:
    principal = require(request, Right.READ)
    with reading(desk_of(request).db) as connection:
        asked = PROPOSALS.get(connection, number)
        base = None if asked is None else rows.document(connection, asked.base)
        if asked is None or base is None:
            raise Problem(404, "no_such_proposal", "There is no proposal of that number.")
        plans = rows.proposed(connection, number)
    own = desk_of(request).book.roster.same_person(asked.by, principal.login)
    waits = asked.state is Fate.OPEN
    return render(
        request,
        "plan_proposal.html",
        status,
        section="plans",
        notice=None if refused is None else _refusal(voice_of(request), refused),
        proposal=asked,
        changes=difference(base, plans),
        written=_written,
        problems=refused.problems if isinstance(refused, NotValid) else (),
        words=partial(in_words, voice_of(request).lang),
        may_approve=waits and principal.may(Right.APPROVE_PLAN) and not own,
        may_reject=waits and (own or principal.may(Right.APPROVE_PLAN)),
        is_own=waits and own,
        why_max=WHY_MAX,
    )


def _problems(refused: Refused) -> tuple[PlanProblem, ...]:
    if isinstance(refused, NotValid):
        return tuple(refused.problems)
    return (PlanProblem("", str(refused), ""),)


def _refused(request: Request, number: int, refused: Refused) -> Response:
    return _proposal_page(request, number, 409, refused)


def _refusal(voice: Voice, refused: Refused) -> str:
    said = voice.name("plan.refused", refused.code)
    return str(refused) if said == refused.code else said


def _lines(voice: Voice, plans: Plans) -> list[PlanLine]:
    return [_line(voice, plan) for plan in plans.plan]


def _line(voice: Voice, plan: Plan) -> PlanLine:
    chinese = voice.lang is Lang.ZH
    everything = voice.say("plan.every")
    return PlanLine(
        id=plan.id,
        title=plan.title_zh if chinese else plan.title_en,
        category=everything if plan.category == "*" else voice.name("category", plan.category),
        estate=everything if plan.estate == "*" else voice.name("estate", plan.estate),
        tier=int(plan.tier),
        action=plan.action_zh if chinese else plan.action_en,
        steps=tuple(step_view(voice, step) for step in plan.step),
    )


def _plan_of(toml: str, plan_id: str) -> dict[str, Any]:
    """The one plan that `toml` is.

    Raises:
        NotValid: it cannot be read, or is another plan.
    """
    try:
        table = tomllib.loads(toml.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise NotValid("it cannot be read", [_unread(error)]) from error
    if table.get("id") != plan_id:
        remedy = f'write id = "{plan_id}"'
        raise NotValid("other plan", [PlanProblem("id", "another plan", remedy)])
    return table


def _unread(error: tomllib.TOMLDecodeError) -> PlanProblem:
    return PlanProblem("", str(error), "mend that line; texts stand in quotation marks")


def _written(value: object) -> str:
    """A value of a plan as a person writes it; a dash for nothing."""
    match value:
        case None:
            return "–"
        case str():
            return value
        case dict():
            return tomlkit.dumps(value).strip()
        case _:
            return tomlkit.item(value).as_string()
