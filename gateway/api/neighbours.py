"""What a home reports about its neighbourhood, put down by staff: counted, and never given out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from gateway.access.role import Right
from gateway.api.desk import desk_of, require
from gateway.api.problem import Problem, finite_json
from gateway.neighbours import reports
from gateway.neighbours.reports import Report, Topic

router = APIRouter()


class ReportBody(BaseModel):
    """One home's word: `home` is its code in the registry, so that it is counted once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    topic: Topic
    home: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


@router.post("/api/v1/neighbour-reports")
async def report(request: Request, body: ReportBody) -> Response:
    """It counts. What others reported is not said."""
    _put(request, body)
    return finite_json({"taken": True}, 201)


@router.post("/neighbour-reports", include_in_schema=False)
async def report_by_form(request: Request, form: Annotated[ReportBody, Form()]) -> Response:
    """It counts, and the page of matters is shown again."""
    _put(request, form)
    return RedirectResponse("/work-items", 303)


def _put(request: Request, body: ReportBody) -> None:
    """The report is in the table.

    Raises:
        Problem: 403, 404 no such home.
    """
    desk, _ = desk_of(request), require(request, Right.ACT)
    try:
        path = desk.homes.registry.subject(body.home)
    except KeyError:
        raise Problem(404, "no_such_home", "There is no home of that code.") from None
    building = path.rpartition("/")[0]
    reports.put(desk.db, Report(building, body.topic, body.home), desk.clock.now_ns())
