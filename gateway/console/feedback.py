"""The page behind a feedback link: three buttons; it names no place, no person, no reason.

Opening it changes nothing; it works once, and one that does not work says nothing of why.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from alerts.link import LinkError
from alerts.rating import COMMENT_MAX, Grade
from gateway.api.desk import desk_of
from gateway.closing import feedback
from gateway.closing.feedback import Given
from gateway.console.link_page import Token
from gateway.console.page import render

router = APIRouter(include_in_schema=False)


@router.get("/f/{token}")
async def ask(request: Request, token: Token) -> Response:
    """Ask how the service was."""
    desk = desk_of(request)
    try:
        with desk.engine.working(desk.clock.now_ns()) as work:
            feedback.read(work, token)
    except LinkError:
        return _page(request, "invalid", 404)
    return _page(request, "ask")


@router.post("/f/{token}")
async def give(
    request: Request,
    token: Token,
    grade: Annotated[Grade, Form()],
    comment: Annotated[str, Form(max_length=COMMENT_MAX)] = "",
) -> Response:
    """The answer is kept, and the link is spent."""
    desk = desk_of(request)
    try:
        with desk.engine.working(desk.clock.now_ns()) as work:
            feedback.give(work, feedback.read(work, token), Given(grade, comment))
    except LinkError:
        return _page(request, "invalid", 404)
    return _page(request, "done")


def _page(request: Request, what: str, status: int = 200) -> Response:
    grades = [grade.value for grade in Grade]
    return render(request, "feedback.html", status, what=what, grades=grades, comment=COMMENT_MAX)
