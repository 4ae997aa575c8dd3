"""`shouwang occupancy`: homes to visit, by the water of months alone; nothing follows by itself."""

import argparse
import sys
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from edge.clock import Clock, SystemClock
from edge.history import HistoryUnavailable
from gateway.command_line import ask_config, between
from gateway.configured import make_history
from gateway.occupancy.plausible import HOMES_MIN, Looked, Reason, visits
from gateway.occupancy.totals import away, totals
from gateway.own_database import beside_gateway
from gateway.settings import Loaded

_WHY = {
    Reason.VACANT: ("长期几乎不用水，可能空置", "hardly any water for months: empty?"),
    Reason.CROWDED: ("用水远超本小区常见水平，可能群租", "far more water than usual: overcrowded?"),
}


def main(argv: Sequence[str] | None = None, clock: Clock | None = None) -> int:
    """`shouwang occupancy [--months N] [--limit N] [--json] --config FILE`: 0 done, 1, 2."""
    arguments = _parser().parse_args(argv)
    now_ns = (clock or SystemClock()).now_ns()

    def look(loaded: Loaded, _: sa.Engine) -> int:
        history, months = make_history(loaded.settings.history), arguments.months
        try:
            litres = totals(loaded.registry, history, now_ns, months)
        except HistoryUnavailable as error:
            sys.stderr.write(f"the stored readings cannot be read: {error}\n")
            return 1
        known_away = away(loaded.registry, now_ns, months)
        told = visits(litres, known_away, arguments.limit)
        sys.stdout.write(_json(told) if arguments.json else _text(told, loaded))
        return 0

    return beside_gateway(arguments.config, look, migrate=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang occupancy", description=__doc__)
    parser.add_argument(
        "--months", type=between(2, 12), default=2, metavar="2..12", help="of 30 days; default: 2"
    )
    parser.add_argument(
        "--limit", type=between(1, 500), default=20, metavar="1..500", help="homes; default: 20"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for a program")
    ask_config(parser)
    return parser


def _json(told: Looked) -> str:
    return msgspec.json.format(msgspec.json.encode(told)).decode() + "\n"


def _text(told: Looked, loaded: Loaded) -> str:
    lines = [f"{told.known} homes known, {told.unknown} unknown, {told.away} away as they said"]
    if told.known < HOMES_MIN:
        lines.append(f"fewer than {HOMES_MIN} known homes: overcrowding is not looked for")
    for visit in told.visits:
        place = loaded.book.places.label(loaded.registry.subject(visit.unit), "zh")
        amounts = ", ".join(f"{each / 1_000:.1f}" for each in visit.litres)
        beside = "" if visit.median_l is None else f" (median {visit.median_l / 1_000:.1f})"
        zh, en = _WHY[visit.reason]
        lines.append(f"{visit.unit}\t{place}\t{zh} / {en}\t{amounts} m3 in 30 d each{beside}")
    return "\n".join(lines) + "\n"
