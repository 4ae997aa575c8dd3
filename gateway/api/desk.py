"""What every page and every API answer is made from, handed down by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.requests import HTTPConnection

from edge.clock import Clock
from gateway.access.login import Doorkeeper
from gateway.access.role import Principal, Right
from gateway.access.sessions import WebSessions
from gateway.api.homes import Homes
from gateway.api.incidents import IncidentReader
from gateway.api.problem import Problem
from gateway.book import Book
from gateway.engine import Engine
from gateway.health import Pulse, Vitals, check
from gateway.live import Live
from gateway.registry.office import Office
from gateway.rota import Rota


@dataclass(frozen=True, slots=True)
class Desk:
    """The web side's means; `secure` says that people reach us by https.

    `pulse` asks the running parts how they are. `office` is there when this gateway owns the
    registry, `rota` when it takes changes of the roster.
    """

    db: sa.Engine
    engine: Engine
    clock: Clock
    live: Live
    homes: Homes
    incidents: IncidentReader
    sessions: WebSessions
    doorkeeper: Doorkeeper
    secure: bool
    pulse: Callable[[], Pulse] = Pulse
    office: Office | None = None
    rota: Rota | None = None

    @property
    def book(self) -> Book:
        """What the engine goes by now."""
        return self.engine.book

    def vitals(self) -> Vitals:
        """The gateway's own state now."""
        return check(self.db, self.pulse(), self.clock.now_ns())


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk that serves this request."""
    desk: Desk = connection.app.state.desk
    return desk


def principal_of(connection: HTTPConnection) -> Principal:
    """Who is signed in.

    Raises:
        Problem: 401; the gate lets nobody through to here, so this is a second lock.
    """
    principal: Principal | None = getattr(connection.state, "principal", None)
    if principal is None:
        raise Problem(401, "sign_in", "Sign in first.")
    return principal


def require(connection: HTTPConnection, right: Right) -> Principal:
    """Who is signed in, if they have `right`.

    Raises:
        Problem: 401 or 403.
    """
    principal = principal_of(connection)
    if not principal.may(right):
        raise Problem(403, "not_allowed", "Your role does not allow this.")
    return principal
