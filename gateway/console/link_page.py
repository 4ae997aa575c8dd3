"""The pages behind a one-time link: opening one changes nothing, confirming acts once.

Whoever holds the link sees no more than the message that brought it, and learns nothing
from a link that does not work.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from alerts.incident import IllegalAct
from alerts.link import LinkError
from gateway.api.desk import desk_of
from gateway.console.page import render, voice_of
from gateway.console.view import Viewer

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/a/{token}")
async def ask(request: Request, token: Token) -> Response:
    """Ask whether this person goes; mail scanners and previews may open it safely."""
    desk = desk_of(request)
    try:
        view = desk.engine.read_link(token, desk.clock.now_ns())
    except LinkError:
        return _invalid(request)
    card = Viewer(desk, voice_of(request), None).card(view.incident)
    return render(request, "link.html", place=card.place, reason=card.reason, done=False)


@router.post("/a/{token}")
async def confirm(request: Request, token: Token) -> Response:
    """The link's person has acknowledged, and the link is spent."""
    desk = desk_of(request)
    try:
        desk.engine.use_link(token, desk.clock.now_ns())
    except (LinkError, IllegalAct):
        return _invalid(request)
    return render(request, "link.html", place="", reason="", done=True)


def _invalid(request: Request) -> Response:
    return render(request, "link.html", 404, place="", reason="", done=False)
