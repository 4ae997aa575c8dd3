"""How the rules do, under /api/v1: precision, false alarms for each home and worker."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.problem import finite_json
from gateway.closing.cases import Report, Watched, report
from gateway.closing.rates import rates_of

DAYS_MAX = 366
router = APIRouter()
Days = Annotated[int, Query(ge=1, le=DAYS_MAX)]


@router.get("/api/v1/performance")
async def performance(request: Request, days: Days = 30) -> Response:
    """The report on the rules over the last `days`."""
    require(request, Right.READ)
    return finite_json(report_of(desk_of(request), days))


@router.get("/api/v1/rates")
async def rates(request: Request, months: Annotated[int, Query(ge=1, le=24)] = 3) -> Response:
    """三率: response, resolution and satisfaction by area and month."""
    require(request, Right.READ)
    desk = desk_of(request)
    told = rates_of(desk.db, desk.book, months, desk.clock.now_ns())
    return finite_json({"rates": told})


def report_of(desk: Desk, days: int) -> Report:
    """The report as this desk sees it now."""
    watched = Watched(desk.homes.registry, desk.book.roster)
    return report(desk.db, watched, days, desk.clock.now_ns())
