"""The page on the ladder: the code from the label, the home, and "seen 2 s ago"."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from gateway.access.role import Right
from gateway.api.desk import require
from gateway.api.devices import ClaimBody, claim_device, strangers_of, views_in
from gateway.api.problem import Problem
from gateway.console.page import render, voice_of
from gateway.console.texts import TEXTS
from gateway.registry.claim import CODE_CHARS_MAX

_STRANGERS_SHOWN = 10

router = APIRouter(include_in_schema=False)
Unit = Annotated[str, Query(max_length=32)]


@router.get("/install")
async def install_page(request: Request, unit: Unit = "", home: Unit = "") -> Response:
    """The form, for `home` if given; or the devices of `unit`, looked at every three seconds."""
    require(request, Right.INSTALL)
    return _page(request, unit, typed=home)


@router.post("/install")
async def install(
    request: Request,
    code: Annotated[str, Form(min_length=1, max_length=CODE_CHARS_MAX)],
    unit: Annotated[str, Form(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")],
) -> Response:
    """The device is claimed and its home shown; or the form again, saying what is wrong."""
    try:
        claim_device(request, ClaimBody(code=code, unit=unit))
    except Problem as problem:
        key = f"claim.{problem.code}"
        if key not in TEXTS:
            raise
        return _page(request, "", problem.status, voice_of(request).say(key), unit)
    return RedirectResponse(f"/install?unit={unit}", 303)


def _page(
    request: Request, unit: str, status: int = 200, notice: str | None = None, typed: str = ""
) -> Response:
    return render(
        request,
        "install.html",
        status,
        section="install",
        notice=notice,
        unit=unit,
        typed=typed,
        devices=views_in(request, unit) if unit else (),
        strangers=strangers_of(request, _STRANGERS_SHOWN),
    )
