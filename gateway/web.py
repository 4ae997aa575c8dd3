"""The web side of the gateway: one application, everything behind one door."""

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from gateway.access.body import BodyLimit
from gateway.access.gate import Gate
from gateway.access.headers import SecurityHeaders
from gateway.api import (
    absences,
    bundles,
    calls,
    devices,
    plans,
    problem,
    registry,
    roster,
    routes,
    rule_proposals,
    silences,
)
from gateway.api.desk import Desk
from gateway.closing.web import ROUTERS
from gateway.console import absences as absences_page
from gateway.console import bundle_page, install, link_page, pages
from gateway.console import calls as calls_page
from gateway.console import plans as plans_page
from gateway.console import roster as roster_page
from gateway.console import rule_proposals as rule_proposals_page
from gateway.console import silences as silences_page
from gateway.console.error_page import error_page
from gateway.console.page import HERE
from gateway.door import Door
from gateway.export import routes as export


def build_app(
    desk: Desk, *, metrics_token: str | None = None, docs: bool = False, door: Door | None = None
) -> FastAPI:
    """The console, the API and the one-time links over `desk`; API docs only when asked for.

    `door` is where providers call.
    """
    app = FastAPI(
        title="Shouwang", docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json" if docs else None,
        redirect_slashes=False,  # its redirects lead to whatever host the request names
    )  # fmt: skip
    app.state.desk = desk
    app.include_router(routes.router)
    app.include_router(devices.router)
    app.include_router(export.router)
    app.include_router(registry.router)
    app.include_router(silences.router)
    app.include_router(bundles.router)
    app.include_router(plans.router)
    app.include_router(roster.router)
    app.include_router(calls.router)
    app.include_router(calls_page.router)
    app.include_router(pages.router)
    app.include_router(install.router)
    app.include_router(silences_page.router)
    app.include_router(bundle_page.router)
    app.include_router(roster_page.router)
    app.include_router(plans_page.router)
    app.include_router(rule_proposals.router)
    app.include_router(rule_proposals_page.router)
    app.include_router(absences.router)
    app.include_router(absences_page.router)
    app.include_router(link_page.router)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    if door is not None:
        app.router.routes.append(door.route())
    problem.install(app, error_page)
    # The last added is the first to see a request.
    app.add_middleware(BodyLimit)
    app.add_middleware(
        Gate,
        sessions=desk.sessions,
        clock=desk.clock,
        secure=desk.secure,
        metrics_token=metrics_token,
    )
    app.add_middleware(SecurityHeaders, secure=desk.secure)
    return app


def is_secure(public_url: str) -> bool:
    """Whether people reach us by https."""
    return urlsplit(public_url).scheme == "https"
