"""The page 平安问候: begin a mass check, see who answered, and whom to visit."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from gateway.access.role import Right
from gateway.api import campaigns as api
from gateway.api.campaigns import CampaignBody, Number
from gateway.api.desk import desk_of, require
from gateway.campaign import book, consents
from gateway.console.choices import areas
from gateway.console.page import render, voice_of

router = APIRouter(include_in_schema=False)


@router.get("/campaigns")
async def campaigns(request: Request) -> Response:
    """All mass checks, the latest first, with a form for the next."""
    principal = require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    return render(
        request,
        "campaigns.html",
        section="campaigns",
        campaigns=book.standing(desk.db),
        areas=areas(desk, voice),
        consenting=len(consents.given(desk.db)),
        may_act=principal.may(Right.ACT),
        place=lambda subject: desk.book.places.label(subject, voice.lang.value),
    )


@router.post("/campaigns")
async def begin(request: Request, form: Annotated[CampaignBody, Form()]) -> Response:
    """The mass check has begun."""
    await api.begin(request, form)
    return RedirectResponse("/campaigns", 303)


@router.post("/campaigns/{number}/rounds")
async def again(request: Request, number: Number) -> Response:
    """Those who are silent are asked once more."""
    await api.again(request, number)
    return RedirectResponse("/campaigns", 303)


@router.post("/campaigns/{number}/end")
async def end(request: Request, number: Number) -> Response:
    """Nobody else is asked."""
    await api.end(request, number)
    return RedirectResponse("/campaigns", 303)
