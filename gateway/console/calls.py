"""The part of an incident's page where others are called in, and its two forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from alerts.incident import ENDED, Incident
from alerts.plan import Plan, Role
from alerts.whistle import TRANSITIONS, Call, CallAct
from gateway.api.calls import CallActBody, CallBody, Number, answer, whistle
from gateway.api.desk import desk_of
from gateway.api.problem import Problem
from gateway.api.routes import Id
from gateway.console.page import Voice
from gateway.console.texts import Lang
from gateway.db import calls as rows
from gateway.db.engine import reading

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class CallView:
    """One call: who, how it stands, since when, and what can be said to it."""

    number: int
    who: str
    people: str
    state: str
    at_ns: int
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallsView:
    """All calls of an incident, and whom else could be called: value and name."""

    calls: tuple[CallView, ...]
    choices: tuple[tuple[str, str], ...]


def calls_view(request: Request, voice: Voice, incident: Incident, *, may_act: bool) -> CallsView:
    """The calls, with forms where this reader may act and the incident has not ended."""
    desk, offers = desk_of(request), may_act and incident.state not in ENDED
    with reading(desk.db) as connection:
        made = rows.of_incident(connection, incident.id)
        plan = desk.book.plan_of(connection, incident)
    names = {person.id: person.name for person in desk.book.roster.person}
    present = {role for person in desk.book.roster.person for role in person.roles}
    return CallsView(
        tuple(_view(voice, call, names, offers=offers) for call in made),
        _choices(voice, plan, made, present) if offers else (),
    )


@router.post("/incidents/{incident_id}/calls")
async def call_in(
    request: Request, incident_id: Id, whom: Annotated[str, Form(max_length=64)]
) -> Response:
    """The party is called in, and the incident shown."""
    kind, _, name = whom.partition(":")
    if kind == "role" and name in set(Role):
        whistle(request, incident_id, CallBody(role=Role(name)))
    elif kind == "plan" and name:
        whistle(request, incident_id, CallBody(party=name))
    else:
        raise Problem(422, "not_valid", "Nobody is called so.")
    return RedirectResponse(f"/incidents/{incident_id}", 303)


@router.post("/incidents/{incident_id}/calls/{number}/acts")
async def act(
    request: Request, incident_id: Id, number: Number, act: Annotated[CallAct, Form()]
) -> Response:
    """The word is entered, and the incident shown; a stale one changes nothing."""
    try:
        answer(request, incident_id, number, CallActBody(act=act))
    except Problem as problem:
        if problem.code not in {"moved_on", "not_possible"}:
            raise
    return RedirectResponse(f"/incidents/{incident_id}", 303)


def _view(voice: Voice, call: Call, names: dict[str, str], *, offers: bool) -> CallView:
    offered = [doing for doing in CallAct if _changes(call, doing)] if offers else []
    return CallView(
        number=call.number,
        who=_name(voice, call),
        people=voice.listed(names.get(person, person) for person in call.people),
        state=call.state,
        at_ns=call.ended_ns or call.arrived_ns or call.answered_ns or call.called_ns,
        acts=tuple(doing.value for doing in offered),
    )


def _changes(call: Call, doing: CallAct) -> bool:
    return TRANSITIONS.get((call.state, doing), call.state) is not call.state


def _name(voice: Voice, call: Call) -> str:
    kind, _, name = call.party.partition(":")
    if kind == "role":
        return voice.name("role", name)
    return call.name_zh if voice.lang is Lang.ZH else call.name_en


def _choices(
    voice: Voice, plan: Plan, made: Sequence[Call], present: set[Role]
) -> tuple[tuple[str, str], ...]:
    taken = {call.party for call in made if call.is_open}
    named = [
        (f"plan:{p.id}", p.name_zh if voice.lang is Lang.ZH else p.name_en) for p in plan.party
    ]
    roles = [(f"role:{role}", voice.name("role", role)) for role in Role if role in present]
    return tuple(choice for choice in (*named, *roles) if choice[0] not in taken)
