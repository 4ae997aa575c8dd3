"""`shouwang report`: how the rules did, by what people found their alarms to be."""

import argparse
import sys
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from edge.clock import SystemClock
from gateway.closing.cases import Report, Watched, report
from gateway.command_line import ask_config, between
from gateway.own_database import beside_gateway
from gateway.settings import Loaded

_HEAD = ("rule", "cases", "labelled", "precision", "false/home-month", "false/worker-day")


def main(argv: Sequence[str] | None = None) -> int:
    """`shouwang report [--days N] [--json] --config FILE`: 0 done, 2 configuration."""
    arguments = _parser().parse_args(argv)

    def print_report(loaded: Loaded, database: sa.Engine) -> int:
        watched = Watched(loaded.registry, loaded.book.roster)
        told = report(database, watched, arguments.days, SystemClock().now_ns())
        sys.stdout.write(_json(told) if arguments.json else _table(told))
        return 0

    return beside_gateway(arguments.config, print_report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang report", description=__doc__)
    parser.add_argument(
        "--days", type=between(1, 366), default=30, metavar="1..366", help="default: 30"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for a program")
    ask_config(parser)
    return parser


def _json(told: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(told)).decode() + "\n"


def _table(told: Report) -> str:
    lines = ["\t".join(_HEAD)]
    lines += [
        f"{each.rule}\t{each.cases}\t{each.labelled}\t{_told(each.precision)}"
        f"\t{_told(each.false_per_home_month)}\t{_told(each.false_per_worker_day)}"
        for each in told.rules
    ]
    lines += [
        f"bad actor: {each.rule} {each.subject}: {each.false} of {each.cases} false this week"
        for each in told.bad_actors
    ]
    return "\n".join(lines) + "\n"


def _told(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.4g}"
