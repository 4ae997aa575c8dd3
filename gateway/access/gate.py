"""The one door: who a request is from, and whether it may pass. What is not open is shut.

Middleware rather than a dependency of each route: a route that somebody forgets to guard
is guarded. Rights beyond reading are asked for where they are used.
"""

import hmac
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.clock import Clock
from gateway.access.origin import is_ours
from gateway.access.role import Right
from gateway.access.sessions import WebSessions

DOOR_PREFIX = "/in/"
"""Where providers call: no page of ours sends there, and each call must show its own secret."""
TOOLS_PATH = "/api/v2/alerts"
"""Where other alerting tools call; the same holds there."""
OPEN_PATHS = frozenset({"/healthz", "/login", TOOLS_PATH})
OPEN_PREFIXES = ("/static/", "/a/", "/f/", DOOR_PREFIX)
INSTALLERS_PATHS = frozenset({"/install", "/logout", "/api/v1/claims", "/api/v1/strangers"})
INSTALLERS_PREFIX = "/api/v1/devices"
"""All that an account without the right to read may reach; each asks for its own right."""
_TOKEN_CHARS_MAX = 128


def cookie_name(*, secure: bool) -> str:
    """The session cookie's name; over https the prefix binds it to this host alone."""
    return "__Host-shouwang" if secure else "shouwang"


class Gate:
    """ASGI middleware: sets `request.state.principal`, or answers 401, 403 or a way to log in."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        sessions: WebSessions,
        clock: Clock,
        secure: bool,
        metrics_token: str | None = None,
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._clock = clock
        self._cookie = cookie_name(secure=secure)
        self._metrics_token = metrics_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        request = HTTPConnection(scope)
        path = scope["path"]
        by_secret = path.startswith(DOOR_PREFIX) or path == TOOLS_PATH
        if not (by_secret or is_ours(scope["method"], request.headers)):
            return _problem(403, "foreign_origin", "This request did not come from our own page.")
        token = request.cookies.get(self._cookie, "")
        principal = None
        if 0 < len(token) <= _TOKEN_CHARS_MAX:
            principal = self._sessions.principal(token, self._clock.now_ns())
        request.state.principal = principal
        request.state.token = token if principal else ""
        if principal and not (principal.may(Right.READ) or _is_for_installers(path)):
            return _not_theirs(scope["method"], path)
        if principal or path in OPEN_PATHS or path.startswith(OPEN_PREFIXES):
            return None
        if path == "/metrics" and self._scrapes(request):
            return None
        return _sign_in(scope["method"], path)

    def _scrapes(self, request: HTTPConnection) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self._metrics_token is not None and _equal(given, self._metrics_token)


def _is_for_installers(path: str) -> bool:
    open_to_all = path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)
    return open_to_all or path in INSTALLERS_PATHS or path.startswith(INSTALLERS_PREFIX)


def _not_theirs(method: str, path: str) -> Response:
    if path == "/" and method == "GET":
        return RedirectResponse("/install", 303)
    return _problem(403, "not_allowed", "Your role does not allow this.")


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _sign_in(method: str, path: str) -> Response:
    if path.startswith(("/api/", "/metrics")) or method != "GET":
        return _problem(401, "sign_in", "Sign in first.")
    return RedirectResponse(f"/login?next={quote(path)}", 303)


def _problem(status: int, code: str, title: str) -> Response:
    body = {"title": title, "detail": "", "code": code}
    return JSONResponse(body, status, media_type="application/problem+json")
