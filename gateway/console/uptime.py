"""The page 设备在用率: for how long cameras and lifts were up, and which are worst."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edge.reading import Kind
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.uptime import Looked
from gateway.console.page import render, voice_of
from gateway.console.phrase import percent
from gateway.uptime.report import DAYS_MAX, report_of
from gateway.uptime.worst import worst_of

RANGES_D = (1, 7, 30, 90)
_SHOWN_MAX = 20

router = APIRouter(include_in_schema=False)


@router.get("/uptime")
async def uptime_page(
    request: Request,
    kind: Looked = Looked.CAM,
    days: Annotated[int, Query(ge=1, le=DAYS_MAX)] = 7,
) -> Response:
    """The report over the last `days` whole days."""
    require(request, Right.READ)
    desk, lang = desk_of(request), voice_of(request).lang
    return render(
        request,
        "uptime.html",
        section="uptime",
        report=report_of(desk, Kind(kind.value), days),
        troubled=worst_of(desk, days)[:_SHOWN_MAX],
        ranges=RANGES_D,
        kinds=list(Looked),
        place=lambda subject: desk.book.places.label(subject, lang.value),
        share=partial(percent, decimals=1),
    )
