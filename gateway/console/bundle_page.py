"""The page of a bundle: every incident that one message told of, each with its acts."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.access.role import Right
from gateway.api.bundles import BundleId, bundle_in
from gateway.api.desk import desk_of, principal_of, require
from gateway.console.page import render, voice_of
from gateway.console.view import Viewer
from gateway.db import bundles
from gateway.db.engine import reading

SHOWN_MAX = 500

router = APIRouter(include_in_schema=False)


@router.get("/bundles/{bundle_id}")
async def bundle_page(request: Request, bundle_id: BundleId) -> Response:
    """The incidents of the bundle as they stand now, the most urgent first."""
    require(request, Right.READ)
    desk = desk_of(request)
    with reading(desk.db) as connection:
        found = bundle_in(connection, bundle_id)
        members = bundles.members(connection, bundle_id)
    viewer = Viewer(desk, voice_of(request), principal_of(request))
    return render(
        request,
        "bundle.html",
        section="incidents",
        person=viewer.person(found.person_id),
        told_ns=found.created_ns,
        count=len(members),
        cards_told=viewer.cards(members[:SHOWN_MAX]),
    )
