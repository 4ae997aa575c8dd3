"""For how long cameras and lifts were up, under /api/v1: JSON, or a table for a spreadsheet."""

import csv
import io
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edge.reading import Kind
from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import finite_json
from gateway.export.tables import BOM, safe
from gateway.uptime.report import DAYS_MAX, UptimeReport, report_of
from gateway.uptime.worst import worst_of

router = APIRouter()
Days = Annotated[int, Query(ge=1, le=DAYS_MAX)]
_HEAD = (
    "day", "area", "devices", "expected_min", "up_min", "down_min", "planned_min", "unknown_min",
    "downs", "share_pct",
)  # fmt: skip


class Looked(StrEnum):
    """The kinds whose uptime is looked at."""

    CAM = "cam"
    LIFT = "lift"


class Form(StrEnum):
    """How it is written."""

    JSON = "json"
    CSV = "csv"


@router.get("/api/v1/uptime")
async def uptime(
    request: Request,
    kind: Looked = Looked.CAM,
    days: Days = 30,
    form: Annotated[Form, Query(alias="format")] = Form.JSON,
) -> Response:
    """在用率: the share of expected minutes known up, by area and day; unknown is never up."""
    require(request, Right.READ)
    told = report_of(desk_of(request), Kind(kind.value), days)
    if form is Form.JSON:
        return finite_json(told)
    headers = {"Content-Disposition": f'attachment; filename="uptime-{kind.value}.csv"'}
    return Response(table(told), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/api/v1/worst-devices")
async def worst_devices(request: Request, days: Days = 30) -> Response:
    """The devices that most want a visit, with reasons; what grows worse counts twice."""
    require(request, Right.READ)
    return finite_json({"days": days, "devices": worst_of(desk_of(request), days)})


def table(told: UptimeReport) -> str:
    """A row for each day and area, with the mark of UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for each in told.by_day:
        part = each.share
        share = "" if part.share is None else f"{part.share:.4%}".rstrip("%")
        writer.writerow(
            (
                each.day, safe(each.area), part.devices, part.expected_min, part.up_min,
                part.down_min, part.planned_min, part.unknown_min, part.downs, share,
            )
        )  # fmt: skip
    return BOM + out.getvalue()
