"""Where Prometheus, Alertmanager and amtool call: they need to be told only another address."""

import hmac
import logging
from typing import Any

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.access.gate import DOOR_PREFIX, TOOLS_PATH
from gateway.access.throttle import Buckets, Pace
from gateway.alertmanager.alert import BadAlert, read_all
from gateway.alertmanager.listing import BadMatcher, listing
from gateway.alertmanager.settings import AlertmanagerSettings
from gateway.alertmanager.taking import OutsideAlerts
from gateway.api.desk import Desk

log = logging.getLogger(__name__)

API_PATH = TOOLS_PATH
WEBHOOK_PATH = f"{DOOR_PREFIX}alertmanager"
CALLS = Pace(burst=60, refill_s=0.5)
_FILTERS_MAX = 20
_FILTER_CHARS_MAX = 400


class AlertmanagerDoor:
    """The two addresses, both behind one bearer token; counts each call by its fate."""

    def __init__(self, desk: Desk, settings: AlertmanagerSettings, site: str) -> None:
        self._desk = desk
        self._token = settings.token.get_secret_value()
        self._alerts = OutsideAlerts(desk.engine, settings, site)
        self._calls = Buckets(CALLS)

    def routes(self) -> list[Route]:
        """What the application serves."""
        return [
            Route(API_PATH, self._take, methods=["POST"]),
            Route(WEBHOOK_PATH, self._take, methods=["POST"]),
            Route(API_PATH, self._list, methods=["GET"]),
        ]

    async def _take(self, request: Request) -> Response:
        now_ns = self._desk.clock.now_ns()
        if (refusal := self._refusal(request, now_ns)) is not None:
            return refusal
        self._calls.spend("all", now_ns)
        body = await request.body()
        try:
            alerts, refused = read_all(msgspec.json.decode(body))
            taken = self._alerts.take(alerts, now_ns)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadAlert) as error:
            return self._answer("malformed", 400, f"cannot be read: {error}")
        except sa.exc.OperationalError as error:
            log.warning("alerts of the outside are asked to come again: %s", error.orig)
            return self._answer("database", 503, "try again")
        if taken.no_room:
            return self._answer("no_room", 503, "too many alerts stand; try again")
        if refused:
            return self._answer("partly", 400, "; ".join(refused[:_FILTERS_MAX]))
        return self._answer("taken", 200, None)

    async def _list(self, request: Request) -> Response:
        if (refusal := self._refusal(request, self._desk.clock.now_ns())) is not None:
            return refusal
        filters = request.query_params.getlist("filter")
        if len(filters) > _FILTERS_MAX or any(len(each) > _FILTER_CHARS_MAX for each in filters):
            return self._answer("malformed", 400, "too many filters")
        try:
            told = listing(self._desk.db, filters, self._desk.book.public_url)
        except BadMatcher as error:
            return self._answer("malformed", 400, str(error))
        return JSONResponse(told)

    def _refusal(self, request: Request, now_ns: int) -> Response | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return self._answer("stranger", 401, "needs the bearer token of [alertmanager]")
        if self._calls.wait_s("all", now_ns):
            return self._answer("too_many", 429, "slower, please")
        return None

    def _answer(self, fate: str, status: int, told: Any) -> Response:
        """What Alertmanager itself answers: nothing when all is well, else a text as JSON."""
        self._desk.engine.counts["outside_call", fate] += 1
        return Response(status_code=status) if told is None else JSONResponse(told, status)
