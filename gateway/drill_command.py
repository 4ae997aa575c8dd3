"""`shouwang drill`: an incident from end to end in which nothing has happened."""

import argparse
import getpass
import random
import sys
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from alerts.channels.catalog import kinds
from edge.clock import SystemClock
from edge.reading import Tier
from gateway.command_line import ask_config, between
from gateway.db.engine import reading
from gateway.drill_order import begin
from gateway.drills import Held, Order, held
from gateway.engine import Engine
from gateway.own_database import beside_gateway
from gateway.settings import Loaded


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang drill --category C --area A | --report`: 0 done, 1 refused, 2 configuration."""
    arguments = _parser().parse_args(argv)
    if not arguments.report and not (arguments.category and arguments.area):
        sys.stderr.write("name --category and --area, or ask for --report\n")
        return 2

    def drill(loaded: Loaded, database: sa.Engine) -> int:
        if arguments.report:
            sys.stdout.write(_told(held(database), as_json=arguments.json))
            return 0
        return _begin(Engine(database, loaded.book, random.SystemRandom()), loaded, arguments)

    return beside_gateway(arguments.config, drill)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang drill", description=__doc__)
    parser.add_argument("--category", help="what is played: welfare, smoke, gas ...")
    parser.add_argument("--area", help="where: s01, s01/b01 or s01/b01/u0101")
    parser.add_argument(
        "--tier", type=between(1, 3), default=2, metavar="1..3",
        help="1 urgent, 2 important (the default), 3 general",
    )  # fmt: skip
    parser.add_argument("--channels", default="", help="only these, divided by commas")
    parser.add_argument("--report", action="store_true", help="how soon everybody answered")
    parser.add_argument("--json", action="store_true", help="print the report for a program")
    ask_config(parser)
    return parser


def _begin(engine: Engine, loaded: Loaded, arguments: argparse.Namespace) -> int:
    site = loaded.settings.site
    if arguments.area.split("/")[0] != site:
        sys.stderr.write(f"{arguments.area} is not in site {site}\n")
        return 1
    channels = tuple(name for name in arguments.channels.split(",") if name)
    if strange := sorted(set(channels) - set(kinds())):
        sys.stderr.write(f"no channel {', '.join(strange)}; there are {', '.join(kinds())}\n")
        return 1
    now_ns = SystemClock().now_ns()
    by = getpass.getuser()[:64]
    order = Order(arguments.category, arguments.area, Tier(arguments.tier), by, channels)
    begun = begin(engine, order, now_ns, now_ns)
    sys.stdout.write(f"{begun}; a running gateway sends within half a minute\n")
    estate = loaded.book.places.estate_of(order.area)
    with reading(engine.database) as connection:
        plan = loaded.book.plans_in_force(connection).select(order.category, order.tier, estate)
    general = "" if plan.category == order.category else ", which holds for any category"
    sys.stdout.write(f"it goes by the plan {plan.id}{general}\n")
    return 0


def _told(drills: list[Held], *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.format(msgspec.json.encode(drills)).decode() + "\n"
    lines = []
    for each in drills:
        lines.append(f"{each.incident_id}\t{each.category}\t{each.area}\t{each.state}")
        lines += [
            f"\t{answer.person_id}\t{' '.join(answer.channels)}\t{_answered(answer.answered_s)}"
            for answer in each.answers
        ]
    return "\n".join(lines) + "\n"


def _answered(seconds: float | None) -> str:
    return "no answer" if seconds is None else f"{seconds:.0f} s"
