"""`shouwang people FOLDER`: the people of a walkthrough, their phones and webhook receivers.

The SMS daemon is the real gammu-smsd, its modem a dummy. Every text and webhook is shown; a
line typed here, `NUMBER TEXT`, is a text from that number.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from alerts.roster import Roster
from edge.clock import Clock, parse
from edge.settings import ConfigError, load
from simulators.gammu import Missing
from simulators.narrator import Narrator
from simulators.phone import Phones
from simulators.sms_side import SmsSide, gammu_side
from simulators.walkthrough import CLOCK, SMS
from simulators.webhook_sink import TOLERANCE_S, WebhookSink


def main(argv: Sequence[str] | None = None) -> int:
    """0 ended when told, 1 the daemon or a port is not to be had, 2 the folder is no use."""
    parser = argparse.ArgumentParser(prog="shouwang people", description=__doc__)
    parser.add_argument("folder", type=Path, help="made by shouwang walkthrough")
    folder: Path = parser.parse_args(argv).folder.resolve()
    try:
        clock = parse((folder / CLOCK).read_text("ascii"))
        roster = load(folder / "roster.toml", Roster)
        secret = (folder / "webhook.secret").read_text("ascii")
    except OSError as error:
        remedy = "name a folder that `shouwang walkthrough` has made"
        print(f"people: {error.filename}: {error.strerror}; {remedy}", file=sys.stderr)
        return 2
    except (ConfigError, ValueError) as error:
        print(f"people: {error}", file=sys.stderr)
        return 2
    # An hour of this clock may be a second: what is late is told by the receiver's own time.
    sink = WebhookSink(clock, secret, tolerance_s=TOLERANCE_S * clock.speed)
    try:
        with gammu_side(folder / SMS, clock, phones := Phones(clock, {})) as side:
            asyncio.run(_live(side, phones, sink, port=_port(roster), clock=clock))
    except (Missing, OSError) as error:
        print(f"people: {error}", file=sys.stderr)
        return 1
    return 0


async def _live(
    side: SmsSide, phones: Phones, sink: WebhookSink, *, port: int, clock: Clock
) -> None:
    """Show and answer until told to stop."""
    narrator, stop = Narrator(clock, _say), asyncio.Event()
    phones.watchers.append(narrator.text_shown)
    sink.watchers.append(narrator.hook_called)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(sys.stdin, _read_line, loop, phones)
    async with sink.serving(port):
        _say("phones and webhook receivers are ready; to answer a text, type: NUMBER TEXT")
        ringing = asyncio.create_task(side.run())
        await stop.wait()
        ringing.cancel()


def _read_line(loop: asyncio.AbstractEventLoop, phones: Phones) -> None:
    line = sys.stdin.readline()
    if not line:
        loop.remove_reader(sys.stdin)
        return
    number, _, text = line.strip().partition(" ")
    if number.isdecimal() and text:
        phones.answer(number, text)
    elif number:
        _say("not understood; type a phone's number, a space, and its text")


def _port(roster: Roster) -> int:
    """The port that all webhooks of a walkthrough go to."""
    ports = {urlsplit(person.webhook).port for person in roster.person if person.webhook}
    return next(iter(ports)) or 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
