"""Incidents with all that is known of them, for other systems: JSON, CSV or CAP, page by page."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.desk import Desk, desk_of, require
from gateway.api.incidents import BadCursorError
from gateway.api.problem import Problem, finite_json
from gateway.export import cap
from gateway.export.cap import Issuer
from gateway.export.story import PAGE_MAX, Stories, Story, one, page
from gateway.export.tables import Sheet, table

PATH = "/api/v1/export/incidents"

router = APIRouter()
Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class Form(StrEnum):
    """How incidents are written."""

    JSON = "json"
    CSV = "csv"
    CAP = "cap"


@router.get(PATH)
async def export(
    request: Request,
    form: Annotated[Form, Query(alias="format")] = Form.JSON,
    sheet: Sheet = Sheet.INCIDENTS,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> Response:
    """A page of incidents, newest first; the header Link names the next one."""
    require(request, Right.READ)
    desk = desk_of(request)
    try:
        found = page(desk.db, cursor, limit)
    except BadCursorError:
        raise Problem(422, "bad_cursor", "The cursor is not one of ours.") from None
    asked = {"format": form.value, "sheet": sheet.value, "limit": str(limit)}
    follows = f"{PATH}?{urlencode(asked | {'cursor': found.next})}" if found.next else None
    response = _written(desk, found, form, sheet, follows)
    if follows is not None:
        response.headers["link"] = f'<{follows}>; rel="next"'
    return response


@router.get(f"{PATH}/{{incident_id}}.cap")
async def one_as_cap(request: Request, incident_id: Id) -> Response:
    """One incident as a CAP message."""
    require(request, Right.READ)
    desk = desk_of(request)
    story = one(desk.db, incident_id)
    if story is None:
        raise Problem(404, "no_such_incident", "There is no incident of that id.")
    return Response(cap.document(story, issuer_of(desk)), media_type="application/cap+xml")


def issuer_of(desk: Desk) -> Issuer:
    """Who speaks in CAP: this gateway."""
    return Issuer(desk.homes.registry.site, desk.book)


def told(story: Story) -> dict[str, object]:
    """A story as JSON writes it."""
    more = {"drill": story.drill, "complete": story.complete}
    return dict(msgspec.to_builtins(story.detail)) | more


def _written(desk: Desk, found: Stories, form: Form, sheet: Sheet, follows: str | None) -> Response:
    if form is Form.JSON:
        return finite_json(
            {"incidents": [told(story) for story in found.stories], "next": found.next}
        )
    if form is Form.CSV:
        return Response(table(found.stories, sheet), media_type="text/csv; charset=utf-8")
    url = f"{desk.book.public_url}{follows}" if follows else None
    body = cap.feed(found.stories, issuer_of(desk), url, desk.clock.now_ns())
    return Response(body, media_type="application/atom+xml; charset=utf-8")
