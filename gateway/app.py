"""The gateway's composition root: named tasks in one group, from configuration to console."""

import argparse
import asyncio
import logging
import random
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI

from alerts.channels.base import Channel, Monitored
from edge.broker import PahoSession
from edge.clock import Clock, parse
from edge.log_record import log_to_stderr
from edge.registry import Registry
from edge.session import Session
from edge.settings import ConfigError, read_table
from edge.told_errors import told
from gateway import intake
from gateway.access.accounts import Accounts
from gateway.access.login import Doorkeeper
from gateway.access.sessions import WebSessions
from gateway.alertmanager.routes import AlertmanagerDoor
from gateway.api.desk import Desk
from gateway.api.hidden import Hidden
from gateway.api.homes import Homes
from gateway.api.incidents import IncidentReader
from gateway.configured import (
    make_callbacks,
    make_channels,
    make_history,
    own_broker,
    own_node,
)
from gateway.cost_watch import CostWatch
from gateway.db.engine import connect as connect_database
from gateway.db.engine import reading, upgrade
from gateway.db.sole import end_leases, sole_gateway
from gateway.dispatcher import Dispatcher
from gateway.door import Door
from gateway.duties import Duties
from gateway.edge_watch import EdgeWatch
from gateway.engine import Engine
from gateway.guarded_clock import GuardedClock
from gateway.health import Pulse
from gateway.intake import Intake
from gateway.link_seen import LinkSeen
from gateway.live import Live
from gateway.plans.office import open_plans
from gateway.registry.office import Office
from gateway.registry.ownership import own_registry
from gateway.server import listen, serve
from gateway.settings import GatewaySettings, Loaded, load_gateway
from gateway.upkeep import Upkeep
from gateway.web import build_app, is_secure

log = logging.getLogger(__name__)

Connect = Callable[[Sequence[str]], Session]
"""Makes the gateway's session, not yet running, from its topic filters."""


async def run_gateway(
    loaded: Loaded,
    *,
    clock: Clock,
    rng: random.Random,
    connect: Connect | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run the gateway until `stop` is set or the task is cancelled.

    `connect` stands in for the configured broker.

    Raises:
        OSError: the console's address cannot be listened on.
    """
    settings = loaded.settings
    clock = GuardedClock(clock)
    connect = connect or (
        lambda filters: PahoSession(own_broker(settings), filters, clock=clock, rng=rng)
    )
    async with AsyncExitStack() as stack:
        database = stack.enter_context(_own_database(settings, clock))
        engine = Engine(database, loaded.book, rng, node=own_node(settings))
        upkeep = await Upkeep.begin(engine, clock, rng)
        owned = own_registry(database, loaded, clock)
        duties = Duties(engine, owned, settings, clock=clock, leads=upkeep.leads)
        session = connect((*intake.filters(settings.site), *duties.filters))
        channels = make_channels(settings)
        for channel in channels.values():
            stack.push_async_callback(channel.aclose)
        taking = Intake(engine, session, site=settings.site, clock=clock, aside=duties.aside)
        watching = EdgeWatch(
            engine, lambda: session.connected, site=settings.site, clock=clock, leads=upkeep.leads
        )  # fmt: skip
        dispatcher, link = Dispatcher(engine, channels, clock), LinkSeen(lambda: session.connected)
        desk = upkeep.equip(make_desk(
            engine, loaded, clock, office=owned.office,
            pulse=lambda: upkeep.told(_pulse(engine, dispatcher, channels, clock, link)),
        ))  # fmt: skip
        upkeep.watch(desk.vitals, session, settings, stack)
        listening = stack.enter_context(listen(settings.listen.host, settings.listen.port))
        _greet(desk, listening)
        parts = {
            **duties.parts(session),
            "intake": taking.run(),
            "edges": watching.run(),
            "costs": CostWatch(engine, site=settings.site, clock=clock, leads=upkeep.leads).run(),
            "dispatcher": dispatcher.run(),
            **upkeep.parts(),
            "console": _console(desk, settings, listening),
        }
        await _run_until(stop or asyncio.Event(), parts)


async def _console(desk: Desk, settings: GatewaySettings, listening: socket.socket) -> None:
    proxies = [str(network) for network in settings.listen.proxies]
    await serve(_application(desk, settings), listening, desk.live, proxies)


def _application(desk: Desk, settings: GatewaySettings) -> FastAPI:
    """Console, API, links, and the door for the configured channels' providers."""
    token = settings.metrics_token
    app = build_app(
        desk,
        metrics_token=token.get_secret_value() if token else None,
        door=Door(make_callbacks(settings), desk.engine, desk.clock),
    )
    if settings.alertmanager is not None:
        tools = AlertmanagerDoor(desk, settings.alertmanager, settings.site)
        app.router.routes[:0] = tools.routes()
    return app


@contextmanager
def _own_database(settings: GatewaySettings, clock: Clock) -> Iterator[sa.Engine]:
    """The database as this release has it; no other gateway works on it meanwhile."""
    database = connect_database(settings.database.url.get_secret_value())
    try:
        with sole_gateway(database):
            upgrade(database)
            end_leases(database, clock.now_ns())
            open_plans(database, read_table(settings.plans), clock.now_ns())
            yield database
    finally:
        database.dispose()


async def _run_until(stop: asyncio.Event, parts: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part, name=name) for name, part in parts.items()]
        await stop.wait()
        for task in running:
            task.cancel()


def make_desk(
    engine: Engine,
    loaded: Loaded,
    clock: Clock,
    *,
    pulse: Callable[[], Pulse] = Pulse,
    office: Office | None = None,
) -> Desk:
    """The web side's means over `engine`; consoles hear of every commit from now on."""
    database, settings = engine.database, loaded.settings
    live, sessions = Live(), WebSessions(database)
    history = make_history(settings.history)
    engine.changes.append(live.publish)
    registry = office.registry if office else loaded.registry
    hidden = Hidden(database, registry)
    homes = Homes(registry, history, clock, hidden.homes)

    def hang_by(registry: Registry) -> None:
        owned = office is not None
        engine.book = replace(engine.book, registry=registry, takes_absences=owned)

    if office is not None:
        hang_by(office.registry)
        office.listeners += [hidden.go_by, homes.go_by, hang_by]
    return Desk(
        db=database,
        engine=engine,
        clock=clock,
        live=live,
        homes=homes,
        incidents=IncidentReader(database),
        sessions=sessions,
        doorkeeper=Doorkeeper(Accounts(database), sessions, clock),
        secure=is_secure(settings.public_url),
        pulse=pulse,
        office=office,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang gateway --config FILE [--clock SPEC]`: 0 stopped, 1 failed, 2 configuration."""
    parser = argparse.ArgumentParser(prog="shouwang gateway", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="gateway.toml")
    parser.add_argument(
        "--clock", type=parse, default="real", help="real, or scaled:SPEED:REAL_NS:WALL_NS"
    )
    arguments = parser.parse_args(argv)
    log_to_stderr(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # else a line for every revision
    try:
        loaded = load_gateway(arguments.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        asyncio.run(_run_until_told(loaded, arguments.clock))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"the gateway cannot start: {told(error)}\n")
        return 1
    except sa.exc.DBAPIError as error:
        remedy = "check [database] url, the file's rights and the disk"
        sys.stderr.write(f"the gateway cannot use its database: {error.orig}; {remedy}\n")
        return 1
    except ExceptionGroup as group:
        for failure in group.exceptions:
            log.critical("the gateway stops: %r", failure, exc_info=failure)
        return 1
    return 0


async def _run_until_told(loaded: Loaded, clock: Clock) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_gateway(loaded, clock=clock, rng=random.SystemRandom(), stop=stop)


def _pulse(
    engine: Engine,
    dispatcher: Dispatcher,
    channels: Mapping[str, Channel],
    clock: Clock,
    link: LinkSeen,
) -> Pulse:
    now_ns = clock.now_ns()
    dead = [
        name
        for name, channel in channels.items()
        if isinstance(channel, Monitored) and not channel.alive(now_ns)
    ]
    with reading(engine.database) as connection:
        capped = engine.book.budgets.costs.capped(connection, now_ns)
    speed = max(1.0, clock.speed)
    return Pulse(
        dispatcher.beat_ns, tuple(dead), engine.broke_ns, capped=capped,
        link_lost_ns=link.lost_ns(now_ns), speed=speed,
    )  # fmt: skip


def _greet(desk: Desk, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    log.info("console at http://%s:%d", host, port)
    password = Accounts(desk.db).claim_first(desk.clock.now_ns())
    if password is not None:
        sys.stdout.write(
            f"First start: sign in as admin with the password {password}\n"
            "It is shown only now; change it with `shouwang user passwd admin --config FILE`.\n"
        )
        sys.stdout.flush()
