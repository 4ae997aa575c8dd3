"""`shouwang replay`: real homes tell a story to a broker, at any pace.

The meters here are ordinary MQTT clients of any broker. An edge that listens must share
their clock: pass both the clock that the first line of output names, or run at speed 1.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import aiomqtt
from pydantic import TypeAdapter, ValidationError

from edge.clock import Clock, ScaledClock, SystemClock, parse, sleep
from edge.reading import SECOND_NS
from edge.session import NotPublished
from edge.settings import DurationS
from edge.told_errors import told
from simulators.estate import Home, home, places_text, registry_text
from simulators.households import EXTRACT, HouseholdsError, Series, moment_ns, moment_text, read
from simulators.pace import Progress, play
from simulators.replay_report import report_of, write
from simulators.story import EDIT_NAMES, Edit, Story, edit, merged, messages_of

_PUBLISH_TIMEOUT_S = 10.0
_REPORT_S = 5.0
_DURATION: TypeAdapter[float] = TypeAdapter(DurationS)


class MeterLink:
    """An MQTT client that connects when it has something to publish, and again after a loss."""

    def __init__(self, address: SplitResult, client_id: str) -> None:
        self._address = address
        self._client_id = client_id
        self._stack = AsyncExitStack()
        self._client: aiomqtt.Client | None = None

    async def publish(self, topic: str, payload: bytes) -> None:
        """The broker has confirmed the message.

        Raises:
            NotPublished: it has not; the next call connects afresh.
        """
        try:
            client = self._client or await self._connect()
            await client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError as error:
            await self.aclose()
            raise NotPublished(str(error)) from error

    async def aclose(self) -> None:
        """Disconnect, whatever state the link is in."""
        self._client = None
        try:
            await self._stack.aclose()
        except aiomqtt.MqttError:
            return  # it was lost already

    async def _connect(self) -> aiomqtt.Client:
        client = aiomqtt.Client(
            self._address.hostname or "127.0.0.1",
            self._address.port or 1883,
            username=unquote(self._address.username) if self._address.username else None,
            password=unquote(self._address.password) if self._address.password else None,
            identifier=self._client_id,
            timeout=_PUBLISH_TIMEOUT_S,
        )
        self._client = await self._stack.enter_async_context(client)
        return self._client


@dataclass(frozen=True, slots=True)
class Replay:
    """What the command line asked for, checked."""

    homes: tuple[Home, ...]
    series: dict[str, Series]
    story: Story
    clock: Clock
    waiting: bool
    spec: str


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 the readings cannot be used or a report is bad, 2 usage, 130 interrupted."""
    options = _parser().parse_args(argv)
    try:
        if options.report:
            return _told(options)
        replay = _prepared(options)
    except ValueError as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    except (HouseholdsError, OSError) as error:
        print(f"replay: {told(error)}", file=sys.stderr)
        return 1
    try:
        asyncio.run(_run(options, replay))
    except KeyboardInterrupt:
        return 130
    return 0


def _told(options: argparse.Namespace) -> int:
    """Print what the edge makes of the homes, without a broker; 1 when it is not sound."""
    if unused := [name for name in (*EDIT_NAMES, "daily-batches") if _given(options, name)]:
        raise ValueError(f"--{unused[0]}: tells a story to a broker; a --report reads the file")
    names = [name for name in options.homes.split(",") if name]
    homes = read(options.readings, names or None)
    reports = [report_of(name, series) for name, series in homes.items()]
    return write(reports, sys.stdout, as_json=options.json)


def _given(options: argparse.Namespace, name: str) -> bool:
    return bool(getattr(options, name.replace("-", "_")))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang replay", description=__doc__)
    parser.add_argument("--readings", type=Path, default=EXTRACT, help="CSV home,time,litres[.gz]")
    parser.add_argument("--homes", default="", help="comma-separated; default: all of the file")
    parser.add_argument("--report", action="store_true",
                        help="no broker: what the edge finds, and the proof of it")  # fmt: skip
    parser.add_argument("--broker", default="", help="mqtt://user:pass@host:port; or leave "
                        "the password to --password-file or SHOUWANG_BROKER_PASSWORD")  # fmt: skip
    parser.add_argument("--password-file", type=Path, help="the broker's password, one line")
    parser.add_argument("--site", default="s01")
    parser.add_argument("--speed", default="1", help="seconds told per real second, or 'max'")
    parser.add_argument("--clock", default="", help="a clock to share, instead of --speed")
    parser.add_argument("--start", default="", help="the file's moment that is told as now")
    parser.add_argument("--warmup", default="28 d", help='history before it; default "28 d"')
    for name in EDIT_NAMES:
        parser.add_argument(f"--{name}", action="append", default=[], metavar="HOME@TIME")
    parser.add_argument("--daily-batches", action="append", default=[], metavar="HOME")
    parser.add_argument("--endless", action="store_true", help="begin again when the file ends")
    parser.add_argument("--registry-out", type=Path, help="write the edge's registry here")
    parser.add_argument("--places-out", type=Path, help="write the gateway's labels here")
    parser.add_argument("--json", action="store_true", help="report in JSON lines")
    return parser


def _prepared(options: argparse.Namespace) -> Replay:
    _check(options)
    names = [name for name in options.homes.split(",") if name]
    series = read(options.readings, names or None)
    if not series:
        raise ValueError(f"{options.readings} holds no reading")
    waiting = options.speed != "max"
    clock, spec = _clock(options)
    story = _story(options, series, clock.now_ns())
    homes = tuple(home(name, site=options.site) for name in series)
    replay = Replay(homes, series, story, clock, waiting, spec)
    _write_papers(options, replay)
    return replay


def _check(options: argparse.Namespace) -> None:
    """Return when each option can be read; raises ValueError with what is wrong with any."""
    wrong = [] if options.broker else ["--broker: name one, or ask for a --report"]
    for name, read_option in _READ.items():
        text = getattr(options, name)
        try:
            for part in text if isinstance(text, list) else [text] * bool(text):
                read_option(part)
        except ValueError as error:
            wrong.append(f"--{name.replace('_', '-')}: {error}")
    if wrong:
        raise ValueError("\nreplay: ".join(wrong))


def _address(text: str) -> SplitResult:
    address = urlsplit(text)
    if address.scheme != "mqtt" or not address.hostname:
        raise ValueError("write mqtt://[user[:password]@]host[:port]")
    if address.port == 0:
        raise ValueError("a broker has no port 0")
    return address


def _password(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None


def _speed(text: str) -> float:
    try:
        speed = 1.0 if text == "max" else float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ValueError(f"write a number above 0, or 'max', not {text!r}")
    return speed


def _clock(options: argparse.Namespace) -> tuple[Clock, str]:
    if options.clock:
        return parse(options.clock), options.clock
    now_ns = SystemClock().now_ns()
    scaled = ScaledClock(_speed(options.speed), now_ns, now_ns)
    return scaled, scaled.spec()


def _story(options: argparse.Namespace, series: dict[str, Series], now_ns: int) -> Story:
    first_ns = min(each[0].at_ns for each in series.values())
    last_ns = max(each[-1].at_ns for each in series.values())
    warmup_ns = int(_duration(options.warmup) * SECOND_NS)
    start_ns = moment_ns(options.start) if options.start else first_ns + warmup_ns
    # Told at once, the file must end by now: readings from the future are refused.
    ahead_ns = max(0, last_ns - start_ns) if options.speed == "max" else 0
    edits: dict[str, tuple[Edit, ...]] = {}
    for name in EDIT_NAMES:
        for where in getattr(options, name.replace("-", "_")):
            told_home, change = edit(name, where)
            edits[told_home] = (*edits.get(told_home, ()), change)
    if unknown := sorted((edits.keys() | set(options.daily_batches)) - series.keys()):
        raise ValueError(f"not among the homes: {', '.join(unknown)}")
    return Story(
        start_ns,
        now_ns - ahead_ns,
        warmup_ns,
        edits,
        frozenset(options.daily_batches),
        options.endless,
    )


def _duration(text: str) -> float:
    """Seconds; `28d` and `28 d` are both read."""
    try:
        return _DURATION.validate_python(text)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


_READ: dict[str, Callable[[Any], object]] = {
    "broker": _address,
    "password_file": _password,
    "speed": _speed,
    "clock": parse,
    "start": moment_ns,
    "warmup": _duration,
    **{name.replace("-", "_"): partial(edit, name) for name in EDIT_NAMES},
}


def _write_papers(options: argparse.Namespace, replay: Replay) -> None:
    if options.registry_out:
        options.registry_out.write_text(registry_text(options.site, replay.homes), "utf-8")
    if options.places_out:
        options.places_out.write_text(places_text(replay.homes), "utf-8")


async def _run(options: argparse.Namespace, replay: Replay) -> None:
    address = _with_password(urlsplit(options.broker), options.password_file)
    link, progress = MeterLink(address, f"replay-{os.getpid()}"), Progress()
    story = merged(
        messages_of(each.name, each.meter, replay.series[each.name], replay.story)
        for each in replay.homes
    )
    _report(options, "start", clock=replay.spec, homes=[each.name for each in replay.homes])
    reporting = asyncio.create_task(_report_often(options, replay.clock, progress))
    try:
        await play(story, link.publish, replay.clock, progress, waiting=replay.waiting)
    finally:
        reporting.cancel()
        await link.aclose()
    _report(options, "end", published=progress.published, retried=progress.retried)


def _with_password(address: SplitResult, file: Path | None) -> SplitResult:
    secret = os.environ.get("SHOUWANG_BROKER_PASSWORD") if file is None else _password(file)
    if not secret or address.password or not address.username:
        return address
    user, port = address.username, address.port or 1883
    return urlsplit(f"mqtt://{user}:{quote(secret, safe='')}@{address.hostname}:{port}")


async def _report_often(options: argparse.Namespace, clock: Clock, progress: Progress) -> None:
    while True:
        await sleep(clock, _REPORT_S * clock.speed)
        _report(
            options,
            "progress",
            published=progress.published,
            retried=progress.retried,
            told_until=moment_text(progress.until_ns) if progress.published else "nothing yet",
            **({"trouble": progress.trouble} if progress.trouble else {}),
        )


def _report(options: argparse.Namespace, event: str, **fields: object) -> None:
    if options.json:
        text = json.dumps({"event": event, **fields}, ensure_ascii=False)
    else:
        text = " ".join([f"{event}:", *(f"{key}={value}" for key, value in fields.items())])
    print(text, flush=True)
