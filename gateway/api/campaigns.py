"""Mass checks under /api/v1: who may be asked, what is asked, and who answered what."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from edge.reading import HOUR_NS
from gateway.access.role import Right
from gateway.api.area import check_area
from gateway.api.desk import Desk, desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.api.routes import unit_of
from gateway.campaign import book, consents
from gateway.campaign.consents import Consent

router = APIRouter(prefix="/api/v1")
Number = Annotated[int, Path(ge=1, lt=2**53)]
_AREA = r"^[a-z0-9][a-z0-9_/-]{0,159}$"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class ConsentBody(_Body):
    """A home that agrees to be asked at `phone`, by text or by a call with keys."""

    unit: Annotated[str, Field(max_length=32)]
    phone: Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$")]
    lang: Literal["zh", "en"] = "zh"
    channel: Literal["sms", "voice"] = "sms"


class CampaignBody(_Body):
    """A mass check to begin; `wait_h` is the time for an answer."""

    area: Annotated[str, Field(pattern=_AREA)]
    text: Annotated[str, Field(max_length=100)] = ""
    wait_h: Annotated[float, Field(gt=0, le=48, allow_inf_nan=False)] = 2.0
    open_silent: bool = False


@router.get("/consents")
async def consented(request: Request) -> Response:
    """Every home that may be asked; of a number only its end."""
    require(request, Right.ACT)
    return finite_json({"consents": consents.given(desk_of(request).db)})


@router.post("/consents")
async def consent(request: Request, body: ConsentBody) -> Response:
    """The home may be asked from now on."""
    desk, principal = desk_of(request), require(request, Right.ACT)
    unit_of(desk, body.unit)
    now_ns = desk.clock.now_ns()
    subject = desk.homes.registry.subject(body.unit)
    given = Consent(subject, body.phone[-4:], body.lang, principal.login, now_ns, body.channel)
    consents.give(desk.db, given, body.phone)
    return finite_json(given, 201)


@router.post("/consents/{unit}/withdrawal")
async def withdraw(request: Request, unit: str) -> Response:
    """The home is asked no more, and its number forgotten."""
    desk = desk_of(request)
    require(request, Right.ACT)
    unit_of(desk, unit)
    subject = desk.homes.registry.subject(unit)
    if not consents.withdraw(desk.db, subject, desk.clock.now_ns()):
        raise Problem(404, "no_consent", "That home has not agreed to be asked.")
    return finite_json({"subject": subject})


@router.get("/campaigns")
async def campaigns(request: Request) -> Response:
    """The latest mass checks and how they stand."""
    require(request, Right.READ)
    return finite_json({"campaigns": book.standing(desk_of(request).db)})


@router.post("/campaigns")
async def begin(request: Request, body: CampaignBody) -> Response:
    """The mass check has begun; homes are asked by pace and hours."""
    desk, principal = desk_of(request), require(request, Right.ACT)
    check_area(desk, body.area)
    wait_ns = int(body.wait_h * HOUR_NS)
    plan = book.Plan(body.area, body.text, principal.login, wait_ns, body.open_silent)
    return finite_json(one(desk, book.begin(desk.db, plan, desk.clock.now_ns())), 201)


@router.get("/campaigns/{number}")
async def campaign(request: Request, number: Number) -> Response:
    """One mass check: homes by state, and those to visit."""
    require(request, Right.READ)
    return finite_json(one(desk_of(request), number))


@router.post("/campaigns/{number}/rounds")
async def again(request: Request, number: Number) -> Response:
    """Those who are silent or unclear are asked once more."""
    require(request, Right.ACT)
    desk = desk_of(request)
    one(desk, number)
    if book.again(desk.db, number) is None:
        raise Problem(422, "ended", "That mass check has ended.")
    return finite_json(one(desk, number), 201)


@router.post("/campaigns/{number}/end")
async def end(request: Request, number: Number) -> Response:
    """Nobody else is asked."""
    require(request, Right.ACT)
    desk = desk_of(request)
    one(desk, number)
    book.end(desk.db, number, desk.clock.now_ns())
    return finite_json(one(desk, number))


def one(desk: Desk, number: int) -> book.Standing:
    """The mass check of that number.

    Raises:
        Problem: 404.
    """
    found = book.standing(desk.db, number)
    if not found:
        raise Problem(404, "no_such_campaign", "There is no mass check of that number.")
    return found[0]
