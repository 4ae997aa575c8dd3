"""The page on which rules begin to speak, and fall silent: proposed by one, approved by another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from edge.mode import IN, Mode, name_at, rule_in
from edge.rule_names import known_rules, life_safety
from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.rule_proposals import (
    NAME_MAX,
    WHY_MAX,
    Number,
    approve_rules,
    gone_by,
    propose_rules,
    reject_rules,
    reset_rule,
    roll_back_rules,
)
from gateway.console.page import Voice, render, voice_of
from gateway.db.engine import reading
from gateway.db.proposals import Fate
from gateway.db.rule_proposals import PROPOSALS
from gateway.proposing import Refused
from gateway.ruling.office import RuleOffice

SHOWN_MAX = 30
_PAGE = "/rules/modes"

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Form(min_length=1, max_length=NAME_MAX)]
Why = Annotated[str, Form(min_length=1, max_length=WHY_MAX)]


class ChangeForm(BaseModel):
    """A rule and what becomes of it, in one home or in all; another may go into the shadow."""

    rule: Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
    mode: Mode
    why: Annotated[str, Field(min_length=1, max_length=WHY_MAX)]
    home: Annotated[str, Field(max_length=32)] = ""
    instead_of: Annotated[str, Field(max_length=NAME_MAX)] = ""

    def changes(self) -> dict[str, Mode]:
        """The modes by name."""
        at = f"{IN}{self.home}" if self.home else ""
        other = {self.instead_of + at: Mode.SHADOW} if self.instead_of else {}
        return {self.rule + at: self.mode} | other


@dataclass(frozen=True, slots=True)
class Moved:
    """A rule that outcomes have moved at one place, and what `reset` of it is called."""

    edge: str
    rule: str
    place: str
    scale: float
    name: str


@router.get(_PAGE)
async def modes_page(request: Request) -> Response:
    """What was decided, what waits, and what outcomes have moved."""
    return _page(request)


@router.post(_PAGE)
async def propose(request: Request, form: Annotated[ChangeForm, Form()]) -> Response:
    """The change waits for somebody else."""
    return _done(request, lambda: propose_rules(request, form.changes(), form.why))


@router.post(_PAGE + "/{number}/approval")
async def approve(request: Request, number: Number, why: Why) -> Response:
    """The change is on its way to the edges."""
    return _done(request, lambda: approve_rules(request, number, why))


@router.post(_PAGE + "/{number}/rejection")
async def reject(request: Request, number: Number, why: Why) -> Response:
    """The change is over."""
    return _done(request, lambda: reject_rules(request, number, why))


@router.post(_PAGE + "/{number}/roll-back")
async def roll_back(request: Request, number: Number, why: Why) -> Response:
    """The rules are as they were before it."""
    return _done(request, lambda: roll_back_rules(request, number, why))


@router.post(_PAGE + "/resets")
async def reset(request: Request, rule: Name) -> Response:
    """The rule is as agreed again."""
    return _done(request, lambda: reset_rule(request, rule, "by the button"))


def _done(request: Request, act: Callable[[], Any]) -> Response:
    try:
        act()
    except Refused as refused:
        return _page(request, 409, refused)
    return RedirectResponse(_PAGE, 303)


def _page(request: Request, status: int = 200, refused: Refused | None = None) -> Response:
    principal = require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    with reading(desk.db) as connection:
        proposals = PROPOSALS.newest(connection, 2**31 - 1, SHOWN_MAX)
    waiting = [each for each in proposals if each.state is Fate.OPEN]
    same_person = desk.book.roster.same_person
    return render(
        request,
        "rule_proposals.html",
        status,
        section="rules",
        notice=None if refused is None else _refusal(voice, refused),
        owned=desk.office is not None,
        modes=RuleOffice(desk.office, desk.book.roster).modes if desk.office else {},
        waiting=waiting,
        own={each.id for each in waiting if same_person(each.by, principal.login)},
        over=[each for each in proposals if each.state is not Fate.OPEN],
        moved=list(_moved(desk, voice)),
        rules=sorted(known_rules() - life_safety()),
        rule_in=rule_in,
        home_in=lambda name: name.partition(IN)[2],
        may_propose=principal.may(Right.PLAN),
        may_approve=principal.may(Right.APPROVE_PLAN),
        why_max=WHY_MAX,
    )


def _moved(desk: Desk, voice: Voice) -> Iterator[Moved]:
    for edge, said in gone_by(desk).items():
        scales = said.get("scales")
        for pair, scale in scales.items() if isinstance(scales, dict) else ():
            rule, _, subject = str(pair).partition(" ")
            place = desk.book.places.label(subject, voice.lang.value)
            yield Moved(edge, rule, place, float(scale), name_at(rule, subject))


def _refusal(voice: Voice, refused: Refused) -> str:
    said = voice.name("ruling.refused", refused.code)
    return str(refused) if said == refused.code else said
