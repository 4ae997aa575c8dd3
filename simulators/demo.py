"""`shouwang demo`: the whole system in one process, on real homes, in scaled time.

Eight real homes report their water; one resident stops using it, one meter falls silent. The
broker, the databases, the edge, the gateway and the console are the real ones; the phones,
the receiver of webhooks and, without --sms gammu, the SMS daemon are simulated.
"""

import argparse
import asyncio
import json
import logging
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from edge.agent import EdgeSettings, run_edge
from edge.broker import PahoSession
from edge.clock import ScaledClock, SystemClock
from edge.log_record import log_to_stderr
from edge.reading import DAY_NS, SECOND_NS, Timeliness
from edge.session import Session, Will
from edge.told_errors import told
from gateway.access.accounts import Accounts
from gateway.app import run_gateway
from gateway.db.engine import connect, upgrade
from gateway.settings import load_gateway
from simulators.box import Box, make_hook_secret, write_box
from simulators.chronicle import Chronicle, read_chronicle
from simulators.duty import BACKUP_NUMBER, WORKER_NUMBER
from simulators.estate import home
from simulators.households import EXTRACT, LOCAL, moment_ns, read
from simulators.meters import TimedMessage
from simulators.narrator import Narrator
from simulators.nats import BrokerFailed, embedded_broker, free_port
from simulators.pace import Progress, play
from simulators.phone import Habit, Phones
from simulators.sms_side import Missing, SmsSide, gammu_side, twin_side
from simulators.story import Story, edit, merged, messages_of
from simulators.webhook_sink import TOLERANCE_S, WebhookSink

SITE = "s01"
STOPPED, SILENT = "home-031", "home-001"
START = "2016-10-01T10:00"
"""The moment of the files that is told as now: a Saturday morning, all homes well."""

ALONE = frozenset({"home-001", "home-010", "home-025", "home-031", "home-039", "home-048"})
WARMUP_DAYS = 28

_HABITS = {
    WORKER_NUMBER: Habit(reply_after_s=300),
    BACKUP_NUMBER: Habit(reply_after_s=900),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; `for_s` 0 runs until interrupted."""

    for_s: float
    speed: float
    port: int
    sms: str
    as_json: bool


def main(argv: Sequence[str] | None = None) -> int:
    """0 ended by --for or by Ctrl-C, 1 something could not be started, 2 usage."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not 1 <= arguments.speed <= 3_600:  # noqa: PLR2004  (an hour a second)
        parser.error("--speed must be from 1 to 3600")
    if not getattr(arguments, "for") >= 0:
        parser.error("--for must be 0 (until interrupted) or more seconds")
    options = Options(
        for_s=getattr(arguments, "for"),
        speed=arguments.speed,
        port=arguments.port,
        sms=arguments.sms,
        as_json=arguments.json,
    )
    log_to_stderr(logging.ERROR)
    try:
        with _folder(arguments.dir) as folder:
            asyncio.run(_Demo(options, folder).run())
    except (BrokerFailed, Missing, OSError) as error:
        print(f"demo: {told(error)}", file=sys.stderr)
        return 1
    return 0


class _Demo:
    """One demo and its parts."""

    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._folder = folder
        now_ns = SystemClock().now_ns()
        self._start_ns = _last_ten_o_clock_ns(now_ns)
        self._clock = ScaledClock(options.speed, now_ns, self._start_ns)
        self._homes = tuple(home(name, site=SITE, alone=name in ALONE) for name in read(EXTRACT))
        self._phones = Phones(self._clock, _HABITS)
        self._narrator = Narrator(self._clock, _say)
        self._phones.watchers.append(self._narrator.text_shown)
        self._rng = random.SystemRandom()

    async def run(self) -> None:
        """Set up, run until told to stop, and say what came of it."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if self._options.for_s:
            loop.call_later(self._options.for_s, stop.set)
        async with self._box() as (box, sms):
            database = connect(box.database_url)
            upgrade(database)
            password = Accounts(database).claim_first(self._clock.now_ns())
            self._greet(box, password or "")
            await self._live(box, sms, database, stop)
            self._close(box, read_chronicle(database))
            database.dispose()

    @asynccontextmanager
    async def _box(self) -> AsyncIterator[tuple[Box, SmsSide]]:
        """The servers around the system, and the files that it reads."""
        secret = make_hook_secret(self._folder)
        sink = WebhookSink(self._clock, secret, tolerance_s=TOLERANCE_S * self._clock.speed)
        sink.watchers.append(self._narrator.hook_called)
        async with AsyncExitStack() as stack:
            console_port = free_port(self._options.port)
            broker = await stack.enter_async_context(embedded_broker(self._folder / "broker"))
            make_side = gammu_side if self._options.sms == "gammu" else twin_side
            sms = stack.enter_context(make_side(self._folder / "sms", self._clock, self._phones))
            box = Box(
                folder=self._folder,
                site=SITE,
                broker_port=broker.port,
                broker_password=broker.password,
                console_port=console_port,
                hook_url=await stack.enter_async_context(sink.serving()),
                sms_database=sms.database,
            )
            write_box(box, self._homes)
            yield box, sms

    async def _live(self, box: Box, sms: SmsSide, db: sa.Engine, stop: asyncio.Event) -> None:
        settings = EdgeSettings.read(box.edge_file)
        loaded = load_gateway(box.gateway_file)

        def connect_edge(filters: Sequence[str], will: Will) -> Session:
            return PahoSession(
                settings.broker, filters, clock=self._clock, rng=self._rng, will=will
            )

        clock, rng = self._clock, self._rng
        ending = [
            run_edge(settings, connect=connect_edge, clock=clock, rng=rng, stop=stop),
            run_gateway(loaded, clock=clock, rng=rng, stop=stop),
        ]
        meters = PahoSession(
            settings.broker.model_copy(update={"client_id": "meters"}), (), clock=clock, rng=rng
        )
        story = self._told(self._story())
        endless = [
            meters.run(_unheard),
            play(story, meters.publish, clock, Progress()),
            sms.run(),
            self._narrator.watch(db),
        ]
        async with asyncio.TaskGroup() as group:
            for part in ending:
                group.create_task(part)
            running = [group.create_task(part) for part in endless]
            await stop.wait()
            for task in running:
                task.cancel()

    def _told(self, story: Story) -> Iterator[TimedMessage]:
        series = read(EXTRACT)
        return merged(
            messages_of(each.name, each.meter, series[each.name], story) for each in self._homes
        )

    def _story(self) -> Story:
        edits = [edit("cut-use", f"{STOPPED}@{START}"), edit("cut-telemetry", f"{SILENT}@{START}")]
        return Story(
            start_ns=moment_ns(START),
            now_ns=self._start_ns,
            warmup_ns=WARMUP_DAYS * DAY_NS,
            edits={name: (change,) for name, change in edits},
            endless=True,
        )

    def _greet(self, box: Box, password: str) -> None:
        stopped, silent = home(STOPPED), home(SILENT)
        _say(f"守望 Shouwang: {len(self._homes)} real homes, {self._options.speed:g} s in a second")
        _say(f"console  {box.console_url}  login: admin  password: {password}")
        _say(f"at 10:00 the resident of {STOPPED} ({stopped.label_zh}) stops using water,")
        _say(f"         and the meter of {SILENT} ({silent.label_zh}) falls silent")
        _say(f"{WARMUP_DAYS} days of history first, then live; Ctrl-C ends it")

    def _close(self, box: Box, chronicle: Chronicle) -> None:
        summary = _summary(box, chronicle)
        for home_name, rules in chronicle.rules().items():
            _say(f"{home_name}: {', '.join(rules)}")
        delivered = ", ".join(f"{count} by {way}" for way, count in summary["delivered"].items())
        answered = f"{summary['acknowledged']} of {len(chronicle.incidents)} incidents answered"
        _say(f"messages delivered: {delivered}; {answered}")
        if self._options.as_json:
            _say(json.dumps(summary, ensure_ascii=False))


def _summary(box: Box, chronicle: Chronicle) -> dict[str, Any]:
    """What a program would want to know; `incidents` counts those of the stopped home."""
    delivered = chronicle.delivered()
    findings: dict[str, set[str]] = {}
    for line in chronicle.findings:
        if line.timeliness != Timeliness.BACKFILL:
            findings.setdefault(line.home, set()).add(line.rule)
    return {
        "incidents": len(chronicle.about(STOPPED, "welfare")),
        "incidents_by_home": chronicle.rules(),
        "delivered": {name: delivered[name] for name in ("sms", "webhook")},
        "acknowledged": sum(line.acked_ns is not None for line in chronicle.incidents),
        "findings": {name: sorted(rules) for name, rules in sorted(findings.items())},
        "stopped_home": STOPPED,
        "silent_home": SILENT,
        "console": box.console_url,
    }


def _last_ten_o_clock_ns(now_ns: int) -> int:
    """The latest 10:00 local time that has passed, so that the homes' hours stay theirs."""
    now = datetime.fromtimestamp(now_ns // SECOND_NS, LOCAL)
    ten = now.replace(hour=10, minute=0, second=0, microsecond=0)
    return int((ten if ten <= now else ten - timedelta(days=1)).timestamp()) * SECOND_NS


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """An empty folder: `wanted`, which is kept, or one that is gone after the block."""
    if wanted is None:
        with tempfile.TemporaryDirectory(prefix="shouwang-demo-") as made:
            yield Path(made)
        return
    if wanted.exists() and any(wanted.iterdir()):
        raise FileExistsError(f"{wanted} is not empty; a demo begins in a folder of its own")
    wanted.mkdir(parents=True, exist_ok=True)
    yield wanted.resolve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang demo", description=__doc__)
    parser.add_argument(
        "--for", type=float, default=0.0, metavar="SECONDS", help="then end; default: at Ctrl-C"
    )
    parser.add_argument("--speed", type=float, default=900.0, help="default 900: 12 h in 48 s")
    parser.add_argument("--port", type=int, default=0, help="of the console; default: a free one")
    parser.add_argument("--dir", type=Path, help="an empty folder to keep; default: none is kept")
    parser.add_argument("--sms", choices=["twin", "gammu"], default="twin",
                        help="the SMS daemon: simulated (the default), or gammu-smsd")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser


async def _unheard(_: bool) -> None:
    """The meters' gateway has nothing to do when its link changes."""


def _say(text: str) -> None:
    print(text, flush=True)
