"""The page 小事大事难事: what waits, whose it is, by when; and what may be done about it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from alerts.work_item import TRANSITIONS, ItemAct, WorkClass
from gateway import work_items
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.work_items import ItemActBody, Number, RaiseBody, acted, raised
from gateway.console.choices import areas, homes
from gateway.console.page import render, voice_of
from gateway.neighbours.reports import Topic

router = APIRouter(include_in_schema=False)


@router.get("/work-items")
async def items(request: Request) -> Response:
    """What waits, the soonest due first."""
    principal = require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    waiting = work_items.listed(desk.db)
    return render(
        request,
        "work_items.html",
        section="work_items",
        items=[(item, _acts(item.state) if principal.may(Right.ACT) else ()) for item in waiting],
        classes=[each.value for each in WorkClass],
        areas=areas(desk, voice),
        homes=homes(desk, voice),
        topics=[each.value for each in Topic],
        may_act=principal.may(Right.ACT),
        place=lambda subject: desk.book.places.label(subject, voice.lang.value),
    )


@router.post("/work-items")
async def raise_item(request: Request, form: Annotated[RaiseBody, Form()]) -> Response:
    """The item is on the list."""
    raised(request, form)
    return RedirectResponse("/work-items", 303)


@router.post("/work-items/{number}/acts")
async def act(request: Request, number: Number, form: Annotated[ItemActBody, Form()]) -> Response:
    """The act is done."""
    acted(request, number, form)
    return RedirectResponse("/work-items", 303)


def _acts(state: str) -> tuple[str, ...]:
    return tuple(act.value for act in ItemAct if (state, act) in TRANSITIONS)
