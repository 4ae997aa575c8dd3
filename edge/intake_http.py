"""Vendors' HTTP pushes: a body becomes a delivery, and is answered once the journal has it.

The body goes the way of every MQTT message, under the pseudo topic of its vendor, and only
then is "OK" said: a device that heard nothing posts again, and the copy is known for one.
Bodies wait for the journal in one bounded line; who finds it full is told to come again.
Nothing that a request held is ever in an answer or in the log.
"""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.admitting import Taken
from edge.clock import Clock
from edge.health import Health
from edge.http_server import Limits, listen, serve
from edge.journal import JournalFull
from edge.push_body import Body, BodyRefused, Whole, body_for
from edge.push_settings import Credentials, PushSettings
from edge.session import Delivery
from edge.terminal_options import options

RETRY_AFTER_S = 5
READ_BYTES_MAX = 4 * 2**20
"""Read of one body at most, pictures included; what is kept of it is bounded by 256 KiB."""

_SERIAL = re.compile(r"[A-Za-z0-9_-]{1,32}")
_UNREAD_TABLES = frozenset({"ATTPHOTO", "BIODATA", "OPERLOG", "options", "rtstate", "tabledata"})
_JSON_VENDORS = ("cloudevents", "ctwing", "hikvision", "iotda")
_STATUS = {
    "bad_credential": HTTPStatus.UNAUTHORIZED,
    "slow": HTTPStatus.REQUEST_TIMEOUT,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "waiting": HTTPStatus.SERVICE_UNAVAILABLE,
    "journal_full": HTTPStatus.SERVICE_UNAVAILABLE,
}
_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"www-authenticate": 'Basic realm="push"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"retry-after": str(RETRY_AFTER_S)},
}


class _Waiting(NamedTuple):
    """A body in the line, and where its reason of refusal will be: "" is none."""

    delivery: Delivery
    outcome: asyncio.Future[str]


class PushIntake:
    """The HTTP door of one edge; `take` commits a delivery, and may raise JournalFull."""

    def __init__(
        self,
        settings: PushSettings,
        credentials: Credentials,
        take: Callable[[Delivery], Taken],
        *,
        clock: Clock,
        health: Health,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._take = take
        self._clock = clock
        self._health = health
        self._line: asyncio.Queue[_Waiting] = asyncio.Queue(settings.waiting)
        self._open = False

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            OSError: the address cannot be listened on.
            JournalError: the journal cannot be used.
        """
        listening = listen(self._settings.host, self._settings.port, "push")
        limits = Limits(self._settings.connections, self._settings.read_timeout, self._refused)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._commit(), name="push-commit")
            group.create_task(serve(self._app(), listening, limits), name="push-serve")

    def _app(self) -> Starlette:
        routes = []
        for prefix in ("", "/t/{token}"):
            routes += [
                Route(f"{prefix}/push/{vendor}", self._door(vendor), methods=["POST"])
                for vendor in _JSON_VENDORS
            ]
            routes.append(Route(f"{prefix}/iclock/cdata", self._terminal, methods=["POST"]))
            routes.append(Route(f"{prefix}/iclock/cdata", self._handshake, methods=["GET"]))
            routes.append(Route(f"{prefix}/iclock/getrequest", self._heartbeat, methods=["GET"]))
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False  # a redirect would repeat the path, and its token
        return app

    def _door(self, vendor: str) -> Callable[[Request], object]:
        async def door(request: Request) -> Response:
            return await self._answered(request, vendor, lambda: f"http/{vendor}")

        return door

    async def _terminal(self, request: Request) -> Response:
        return await self._answered(request, "zkteco", lambda: _table_topic(request))

    async def _heartbeat(self, request: Request) -> Response:
        return await self._answered(request, "zkteco", lambda: _heartbeat_topic(request))

    async def _handshake(self, request: Request) -> Response:
        """A terminal asks how to send; asking is a sign of life."""
        answer = await self._heartbeat(request)
        if answer.status_code != HTTPStatus.OK:
            return answer
        return PlainTextResponse(options(_serial(request), request.query_params))

    async def _answered(
        self, request: Request, vendor: str, topic: Callable[[], str | None]
    ) -> Response:
        """Take the body in under `topic()`, and say what became of it; None is not read."""
        self._health.count("pushes_received")
        try:
            reason = await self._refusal(request, vendor, topic)
        except BodyRefused as refusal:
            reason = refusal.reason
        except ClientDisconnect:
            reason = "gone"
        if not reason:
            return PlainTextResponse("OK")
        self._refused(reason)
        status = _STATUS.get(reason, HTTPStatus.BAD_REQUEST)
        headers = {"connection": "close", **_HEADERS.get(status, {})}
        return PlainTextResponse(reason, status, headers)

    async def _refusal(self, request: Request, vendor: str, topic: Callable[[], str | None]) -> str:
        """Why the body was not taken in; "" when it was, or was none of ours to read."""
        known = self._knows(request, vendor)
        body = body_for(request.headers.get("content-type", "")) if known else Whole()
        await self._read(request, body)
        if not known:
            return "bad_credential"
        to = topic()
        return "" if to is None else await self._journalled(to, body.text())

    def _knows(self, request: Request, vendor: str) -> bool:
        token = request.path_params.get("token")
        authorization = request.headers.get("authorization", "")
        return self._credentials.admit(vendor, token, authorization)

    async def _read(self, request: Request, body: Body) -> None:
        """Feed all of the request to `body`, a stranger's too: only then an answer arrives."""
        read = 0
        try:
            async with asyncio.timeout(self._settings.read_timeout):
                async for piece in request.stream():
                    read += len(piece)
                    if read > READ_BYTES_MAX:
                        raise BodyRefused("too_large")
                    body.feed(piece)
        except TimeoutError:
            raise BodyRefused("slow") from None

    async def _journalled(self, topic: str, payload: bytes) -> str:
        """Wait until the journal has the payload; why it has not, or "" when it has."""
        delivery = Delivery(topic, payload, False, self._clock.now_ns(), 0, 0)  # noqa: FBT003  (not retained)
        outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if not self._open or self._line.full():
            return "waiting"
        self._line.put_nowait(_Waiting(delivery, outcome))
        return await outcome

    async def _commit(self) -> None:
        """Bring the bodies in the line into the journal, each by a commit of its own."""
        self._open = True
        try:
            while True:
                waiting = await self._line.get()
                outcome = "waiting"  # should the journal break, and the edge with it
                try:
                    outcome = self._outcome(waiting.delivery)
                finally:
                    if not waiting.outcome.done():
                        waiting.outcome.set_result(outcome)
        finally:
            self._open = False
            while not self._line.empty():
                self._line.get_nowait().outcome.set_result("waiting")

    def _outcome(self, delivery: Delivery) -> str:
        try:
            taken = self._take(delivery)
        except JournalFull:
            return "journal_full"
        used = taken.messages or taken.copies or not taken.letters
        return "" if used else taken.letters[0].reason

    def _refused(self, reason: str) -> None:
        self._health.count("pushes_refused", reason=reason)


def _table_topic(request: Request) -> str | None:
    """The topic of a terminal's table; None for one of people's data, which is not for us."""
    table = request.query_params.get("table", "")
    if table in _UNREAD_TABLES:
        return None
    return f"http/zkteco/{_serial(request)}/{table[:32]}"


def _heartbeat_topic(request: Request) -> str:
    return f"http/zkteco/{_serial(request)}/rtlog"


def _serial(request: Request) -> str:
    serial = request.query_params.get("SN", "")
    if not _SERIAL.fullmatch(serial):
        raise BodyRefused("bad_serial")
    return serial
