"""The page 规则表现: how well each rule does, and who or what keeps crying wolf."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.performance import DAYS_MAX, report_of
from gateway.closing.rates import rates_of
from gateway.console.page import render, voice_of
from gateway.console.phrase import percent, rate

RANGES_D = (7, 30, 90)
_MONTHS = 3

router = APIRouter(include_in_schema=False)


@router.get("/rules")
async def rules(request: Request, days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 30) -> Response:
    """The report over the last `days`."""
    require(request, Right.READ)
    desk, voice = desk_of(request), voice_of(request)
    return render(
        request,
        "rules.html",
        section="rules",
        report=report_of(desk, days),
        ranges=RANGES_D,
        rates=rates_of(desk.db, desk.book, _MONTHS, voice.now_ns),
        place=lambda subject: desk.book.places.label(subject, voice.lang.value),
        share=percent,
        rate=rate,
    )
