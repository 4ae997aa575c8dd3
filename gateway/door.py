"""The door for providers' calls, `/in/CHANNEL/...`: receipts and replies, committed before OK.

A call is known by the secret or the signature that its channel asks for. Whoever shows none
learns nothing, not even which channels there are. A provider that hears no OK calls again,
and what it then repeats changes nothing.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alerts.channels.callback import Call, Callback, Heard, Refusal, Refused
from edge.clock import Clock
from gateway.access.gate import DOOR_PREFIX
from gateway.access.throttle import Buckets, Pace
from gateway.db.edges import Letter
from gateway.engine import Engine
from gateway.news import take_news

log = logging.getLogger(__name__)

CALLS = Pace(burst=200, refill_s=0.02)
"""Calls of one channel that are listened to: 200 at once, 50 a second."""
BODY_S_MAX = 10.0
_PATH_MAX = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller hears."""

    status: HTTPStatus
    body: str = ""
    retry_after_s: int | None = None


_NOBODY = Answer(HTTPStatus.NOT_FOUND)
_LATER = Answer(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=5)
_SLOW = Answer(HTTPStatus.REQUEST_TIMEOUT)
_SLOWER = Answer(HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=2)


@dataclass(frozen=True, slots=True)
class Door:
    """Takes the calls of the channels in `callbacks` to `engine`; counts each by its fate."""

    callbacks: Mapping[str, Callback]
    engine: Engine
    clock: Clock
    _calls: Buckets = field(default_factory=lambda: Buckets(CALLS))

    def route(self) -> Route:
        """The door as a route; the application's limit on bodies holds for it too."""
        return Route(
            f"{DOOR_PREFIX}{{channel}}/{{path:path}}", self._serve, methods=["GET", "POST"]
        )

    def take(self, channel: str, call: Call) -> Answer:
        """What the caller hears; OK only once its news are committed."""
        now_ns = self.clock.now_ns()
        callback = self.callbacks.get(channel)
        if callback is None or len(call.path) > _PATH_MAX:
            return self._counted("nobody", "refused", _NOBODY)
        if self._calls.wait_s(channel, now_ns):
            return self._counted(channel, "too_many", _SLOWER)
        try:
            heard = callback.read(call, now_ns)
        except Refused as refused:
            return self._refuse(channel, call, refused, now_ns)
        self._calls.spend(channel, now_ns)
        return self._commit(channel, heard, now_ns)

    def _commit(self, channel: str, heard: Heard, now_ns: int) -> Answer:
        try:
            for item in heard.news:
                take_news(self.engine, channel, item, now_ns)
            for said in heard.unread:
                malformed = Refusal.MALFORMED.value
                self.engine.refuse(Letter(f"in/{channel}", said, malformed, "unreadable"), now_ns)
                self.engine.counts[f"callback_{channel}", malformed] += 1
        except sa.exc.OperationalError as error:
            log.warning("a call of %s is asked to come again: %s", channel, error.orig)
            return self._counted(channel, "database", _LATER)
        return self._counted(channel, "taken", Answer(HTTPStatus.OK, heard.answer))

    def _refuse(self, channel: str, call: Call, refused: Refused, now_ns: int) -> Answer:
        if refused.reason is Refusal.STRANGER:
            return self._counted(channel, refused.reason.value, _NOBODY)
        said = call.body or call.query.encode()
        letter = Letter(f"in/{channel}", said, refused.reason.value, str(refused))
        try:
            self.engine.refuse(letter, now_ns)
        except sa.exc.OperationalError:
            return self._counted(channel, "database", _LATER)
        return self._counted(channel, refused.reason.value, Answer(HTTPStatus.BAD_REQUEST))

    def _counted(self, channel: str, result: str, answer: Answer) -> Answer:
        self.engine.counts[f"callback_{channel}", result] += 1
        return answer

    async def _serve(self, request: Request) -> Response:
        channel, path = request.path_params["channel"], request.path_params["path"]
        try:
            async with asyncio.timeout(BODY_S_MAX):
                body = await request.body()
        except TimeoutError:
            answer = self._counted("nobody", "slow", _SLOW)
        except HTTPException:
            self.engine.counts["callback_nobody", "too_large"] += 1
            raise
        else:
            answer = self.take(channel, Call(path, request.url.query, request.headers, body))
        headers = {"retry-after": str(answer.retry_after_s)} if answer.retry_after_s else {}
        return PlainTextResponse(answer.body, answer.status, headers)
