"""`shouwang evaluate residents`: the rule `routine` on simulated homes, beside the optimum.

Simulated residents live alone, each with a water meter that is read hourly and a door that knows
directions. The edge's own pipeline lives through each home; the optimum knows how each was made.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import msgspec

from edge.welfare_terms import RoutineTerms
from simulators.evaluate.rules import Rule, routine
from simulators.residents.regret import Regret, regret
from simulators.residents.streams import CHANNELS
from simulators.residents.trial import WARMUP_H, Outcome, Plan, judged

_CHUNK = 10
"""Homes that one process lives through at a time."""
_DAYS_MIN = WARMUP_H // 24 + 30


def main(argv: Sequence[str] | None = None) -> int:
    """0 done; 2 usage."""
    options = _parser().parse_args(argv)
    plan = Plan(options.seed, options.days, options.falls, options.signs)
    beside = tuple((name, CHANNELS[name][0].value) for name in plan.signs if name in CHANNELS)
    rule = routine(1.0, options.alarms_per_month, beside)
    outcomes = list(_outcomes(plan, rule, options.homes, options.jobs))
    found = regret(plan, outcomes)
    if options.json:
        json.dump({"seed": plan.seed, "days": plan.days} | msgspec.to_builtins(found), sys.stdout)
        print()
    else:
        _write(plan, found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang evaluate residents", description=__doc__)
    parser.add_argument("--homes", type=_from(1), default=100, help="how many residents")
    parser.add_argument(
        "--days", type=_from(_DAYS_MIN), default=180, help=f"from {_DAYS_MIN}, of each"
    )
    parser.add_argument("--falls", type=_from(1), default=6, help="moments of need in each home")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--alarms-per-month", type=_rate, default=0.1, help="as in the registry, with a door"
    )
    parser.add_argument(
        "--signs", type=_signs, default=("door",), help="water is heard always; beside it door, "
        "elec, gas, plug: comma-separated, or none",
    )  # fmt: skip
    parser.add_argument("--jobs", type=_from(1), default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _rate(text: str) -> float:
    try:
        return RoutineTerms(alarms_per_month_with_door=float(text)).alarms_per_month_with_door
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 0.05 to 1") from error


def _signs(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name not in ("water", "none"))
    unknown = set(names) - {"door", *CHANNELS}
    if unknown:
        raise argparse.ArgumentTypeError(f"no stream {', '.join(sorted(unknown))}")
    return names


def _from(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
        return int(text)

    return whole


def _outcomes(plan: Plan, rule: Rule, homes: int, jobs: int) -> Iterator[Outcome]:
    """What comes of each home, whichever process lived through it."""
    chunks = [range(first, min(first + _CHUNK, homes)) for first in range(0, homes, _CHUNK)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for number, outcomes in enumerate(pool.map(partial(judged, plan, rule), chunks), 1):
            _progress(f"{min(number * _CHUNK, homes)} of {homes} homes")
            yield from outcomes
    _progress("")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _write(plan: Plan, found: Regret) -> None:
    heard = ", ".join(("water", *plan.signs))
    print(f"seed {plan.seed}, {plan.days} days, residents living alone, heard by {heard}")
    for name, number in msgspec.to_builtins(found).items():
        print(f"{name:28}{'-' if number is None else number:>10}")


if __name__ == "__main__":
    sys.exit(main())
