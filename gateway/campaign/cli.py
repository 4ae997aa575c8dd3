"""`shouwang campaign`: mass checks from the command line; a running gateway asks the homes."""

import argparse
import getpass
import sys
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from edge.clock import SystemClock
from edge.reading import HOUR_NS
from gateway.campaign import book
from gateway.command_line import ask_config
from gateway.own_database import beside_gateway
from gateway.settings import Loaded


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang campaign begin|again|end|show`: 0 done, 1 refused, 2 configuration."""
    arguments = _parser().parse_args(argv)

    def act(loaded: Loaded, database: sa.Engine) -> int:
        site = loaded.settings.site
        if arguments.command == "begin" and arguments.area.split("/")[0] != site:
            sys.stderr.write(f"{arguments.area} is not in site {site}\n")
            return 1
        return _do(database, arguments)

    return beside_gateway(arguments.config, act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang campaign", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    begin = commands.add_parser("begin", help="ask every consenting home of an area")
    begin.add_argument("area", help="s01, s01/b01 or s01/b01/u0101")
    begin.add_argument("--text", default="", help="the reason, in a few words")
    begin.add_argument("--wait-h", type=float, default=2.0, help="hours to wait for an answer")
    begin.add_argument("--open-silent", action="store_true", help="silent homes become incidents")
    for name, told in (("again", "ask silent homes once more"), ("end", "ask nobody else")):
        commands.add_parser(name, help=told).add_argument("number", type=int)
    commands.add_parser("show", help="print the latest mass checks as JSON")
    for command in commands.choices.values():
        ask_config(command)
    return parser


def _do(database: sa.Engine, arguments: argparse.Namespace) -> int:
    now_ns, number = SystemClock().now_ns(), getattr(arguments, "number", None)
    if arguments.command == "begin":
        by, wait_ns = getpass.getuser()[:64], int(arguments.wait_h * HOUR_NS)
        plan = book.Plan(arguments.area, arguments.text, by, wait_ns, arguments.open_silent)
        number = book.begin(database, plan, now_ns)
    done = {
        "again": lambda: book.again(database, arguments.number) is not None,
        "end": lambda: book.end(database, arguments.number, now_ns),
    }.get(arguments.command, lambda: True)()
    if not done:
        sys.stderr.write(f"no mass check {number} is running\n")
        return 1
    told = msgspec.json.encode(book.standing(database, number))
    sys.stdout.write(msgspec.json.format(told).decode() + "\n")
    return 0
