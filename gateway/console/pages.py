"""The console's pages: incidents, one incident, homes, one home, edges, and the door."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from alerts.incident import ENDED, Act, FalseReason, Outcome
from edge.history import HistoryUnavailable
from edge.reading import DAY_NS, HOUR_NS, Tier
from edge.registry import Unit
from gateway.access.gate import cookie_name
from gateway.access.login import Refused
from gateway.access.role import Right
from gateway.access.sessions import ABSOLUTE_NS
from gateway.api.desk import desk_of, principal_of
from gateway.api.problem import Problem
from gateway.api.routes import ActBody, Id, is_in, page_of_units, perform, unit_of
from gateway.console.absences import WHY_MAX, may_declare, standing
from gateway.console.calls import calls_view
from gateway.console.chart import Drawing, Sketch, drawing
from gateway.console.closing import ending
from gateway.console.page import render, voice_of
from gateway.console.view import Viewer

RANGES_H = (24, 72, 168)
_RECENT_MAX = 6
_UNITS_A_PAGE = 60
_LASTING_MAX = 20
_MONTH_NS = 31 * DAY_NS
_EPISODE_LEAD_NS = 12 * HOUR_NS
_ACT_REFUSED = {
    "moved_on": "act.moved_on", "not_possible": "act.illegal", "own_work": "act.own_work"
}  # fmt: skip

router = APIRouter(include_in_schema=False)


class ActForm(BaseModel):
    """An act as the buttons of a card send it."""

    act: Act
    version: Annotated[int, Field(ge=1, le=2**31)]
    outcome: Outcome | None = None
    reason: FalseReason | None = None


@router.get("/login")
async def login_page(
    request: Request, next_: Annotated[str, Query(alias="next", max_length=200)] = "/"
) -> Response:
    """The door."""
    return render(request, "login.html", next=_local_path(next_), refusal="")


@router.post("/login")
async def sign_in(
    request: Request,
    login: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=1_000)],
    next_: Annotated[str, Form(alias="next", max_length=200)] = "/",
) -> Response:
    """A session, or the same answer for every wrong pair."""
    desk, voice = desk_of(request), voice_of(request)
    address = request.client.host if request.client else ""
    answer = await desk.doorkeeper.sign_in(login, password, address)
    if isinstance(answer, Refused):
        refusal = voice.say("login.refused")
        if answer.wait_s:
            refusal = voice.say("login.wait", wait=voice.span(max(1.0, answer.wait_s)))
        status = 429 if answer.wait_s else 401
        return render(request, "login.html", status, next=_local_path(next_), refusal=refusal)
    response = RedirectResponse(_local_path(next_), 303)
    response.set_cookie(
        cookie_name(secure=desk.secure),
        answer,
        max_age=ABSOLUTE_NS // 1_000_000_000,
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """The session has ended."""
    desk = desk_of(request)
    desk.sessions.close(request.state.token)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(cookie_name(secure=desk.secure), secure=desk.secure, httponly=True)
    return response


@router.get("/")
async def home(request: Request) -> Response:
    """What waits for a person, the most urgent first."""
    desk, viewer = desk_of(request), _viewer(request)
    counts = desk.incidents.count_standing()
    recent = desk.incidents.page(states=sorted(ENDED), limit=_RECENT_MAX).incidents
    month_ago_ns = desk.clock.now_ns() - _MONTH_NS
    lasting = desk.incidents.closed_and_lasting(month_ago_ns, _LASTING_MAX + 1)
    return render(
        request,
        "home.html",
        section="incidents",
        cards_standing=viewer.cards(desk.incidents.standing()),
        counts={tier.value: counts.get(tier, 0) for tier in Tier},
        recent=viewer.cards(recent),
        lasting=viewer.cards(lasting[:_LASTING_MAX]),
        more_lasting=len(lasting) > _LASTING_MAX,
    )


@router.get("/incidents/{incident_id}")
async def incident(request: Request, incident_id: Id) -> Response:
    """One incident: why, who was told, what happened, what the plan does next."""
    return await _incident_page(request, incident_id)


@router.post("/incidents/{incident_id}/acts")
async def act(
    request: Request,
    incident_id: Id,
    form: Annotated[ActForm, Form()],
) -> Response:
    """The act is done and the incident shown; a lost race shows it as it now stands."""
    try:
        perform(request, incident_id, ActBody(**form.model_dump()))
    except Problem as problem:
        words = _ACT_REFUSED.get(problem.code)
        if words is None:
            raise
        notice = voice_of(request).say(words)
        return await _incident_page(request, incident_id, problem.status, notice)
    return RedirectResponse(f"/incidents/{incident_id}", 303)


@router.get("/units")
async def units(request: Request, after: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Homes, each with its water status and the age of its data."""
    desk, viewer = desk_of(request), _viewer(request)
    page, more = page_of_units(desk, after, _UNITS_A_PAGE)
    subject_of = desk.homes.registry.subject
    standing = desk.incidents.standing_in([subject_of(each.code) for each in page])
    homes = []
    for status in await desk.homes.statuses(page):
        subject = subject_of(status.unit)
        waiting = [incident for incident in standing if is_in(incident, subject)]
        homes.append({"status": status, "place": viewer.place(subject), "open": waiting})
    return render(request, "units.html", section="units", homes=homes, more=more)


@router.get("/units/{unit}")
async def unit(
    request: Request,
    unit: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")],
    hours: int = RANGES_H[0],
) -> Response:
    """One home: its status, its water curve, its incidents."""
    desk, viewer, voice = desk_of(request), _viewer(request), voice_of(request)
    found = unit_of(desk, unit)
    hours = hours if hours in RANGES_H else RANGES_H[0]
    subject = desk.homes.registry.subject(unit)
    incidents = desk.incidents.of_unit(subject)
    (status,) = await desk.homes.statuses([found])
    active = [i for i in incidents if i.category == "welfare" and i.state not in ENDED]
    episode = (active[0].since_ns, active[0].complete_until_ns) if active else None
    end_ns = voice.now_ns
    return render(
        request,
        "unit.html",
        section="units",
        place=viewer.place(subject),
        alone="alone" in found.care,
        home=status,
        curve=await _curve(request, found, (end_ns - hours * HOUR_NS, end_ns), episode),
        incidents=incidents,
        absences=standing(desk, unit),
        may_declare=may_declare(request),
        why_max=WHY_MAX,
        today=f"{desk.book.local(end_ns):%Y-%m-%d}",
        range_h=hours,
        ranges=[(count, _range_word(request, count)) for count in RANGES_H],
    )


@router.get("/edges")
async def edges(request: Request) -> Response:
    """Every edge and its own report."""
    viewer = _viewer(request)
    return render(request, "edges.html", section="edges", health=viewer.health)


async def _incident_page(
    request: Request, incident_id: str, status: int = 200, notice: str | None = None
) -> Response:
    desk, viewer, voice = desk_of(request), _viewer(request), voice_of(request)
    detail = desk.incidents.detail(incident_id)
    if detail is None:
        raise Problem(404, "no_such_incident", "There is no incident of that id.")
    incident, finding = detail.incident, detail.finding
    (card,) = viewer.cards([incident])
    evidence = finding.evidence
    rule = voice.name("rule", incident.rule)
    return render(
        request,
        "incident.html",
        status,
        section="incidents",
        notice=notice,
        card=card,
        ending=ending(desk, detail, principal_of(request)),
        unit=card.unit,
        rule=voice.say("incident.rule_version", rule=rule, version=finding.rule_version),
        evidence=evidence,
        seen=viewer.measures(evidence.seen),
        usual=viewer.measures(evidence.usual),
        plan=viewer.plan(detail),
        calls=calls_view(request, voice, incident, may_act=principal_of(request).may(Right.ACT)),
        timeline=viewer.timeline(detail.timeline),
        deliveries=viewer.deliveries(detail.deliveries),
        curve=await _evidence_curve(
            request, card.unit, (incident.since_ns, incident.complete_until_ns)
        ),
    )


async def _evidence_curve(request: Request, code: str, episode: tuple[int, int]) -> Drawing | None:
    """The home's water from half a day before the episode; None for a home not registered."""
    desk = desk_of(request)
    try:
        unit = desk.homes.registry.unit(code)
    except KeyError:
        return None
    end_ns = min(episode[1] + HOUR_NS, desk.clock.now_ns())
    return await _curve(request, unit, (episode[0] - _EPISODE_LEAD_NS, end_ns), episode)


async def _curve(
    request: Request, unit: Unit, span_ns: tuple[int, int], episode: tuple[int, int] | None
) -> Drawing | None:
    desk, voice = desk_of(request), voice_of(request)
    start_ns, end_ns = max(span_ns[0], span_ns[1] - RANGES_H[-1] * HOUR_NS), span_ns[1]
    if end_ns <= start_ns:
        return None
    try:
        curve = await desk.homes.curve(unit, start_ns, end_ns)
    except HistoryUnavailable:
        return None
    place = desk.book.places.label(desk.homes.registry.subject(unit.code), voice.lang.value)
    return drawing(Sketch(curve, voice.lang, voice.zone, voice.now_ns, place, episode))


def _range_word(request: Request, hours: int) -> str:
    voice = voice_of(request)
    if hours <= RANGES_H[0]:
        return voice.say("unit.hours", count=hours)
    return voice.say("unit.days", count=hours // 24)


def _viewer(request: Request) -> Viewer:
    return Viewer(desk_of(request), voice_of(request), principal_of(request))


def _local_path(path: str) -> str:
    """`path` if it stays on this host, else the front page."""
    parts = urlsplit(path)
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and not parts.scheme and not parts.netloc else "/"
