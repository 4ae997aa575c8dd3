"""`shouwang evaluate scenarios`: every other rule of the edge on simulated months with labels.

The edge's own pipeline lives through each month, and beside it the rule that the field uses.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from simulators.evaluate.labelled import table
from simulators.evaluate.labelled.scenario import Scenario, scenarios
from simulators.evaluate.labelled.score import Verdict, verdicts
from simulators.evaluate.labelled.trial import Month, Trial, trials


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 missing data made an alarm or the page cannot be written; 2 usage."""
    options = _parser().parse_args(argv)
    try:
        asked = _asked(options.only)
    except ValueError as error:
        print(f"evaluate scenarios: {error}", file=sys.stderr)
        return 2
    months = [
        Month(name, number, options.days, options.seed)
        for name in asked
        for number in range(options.months)
    ]
    made = list(_lived(months, options.jobs))
    found = [verdict for each in asked.values() for verdict in verdicts(each, made)]
    try:
        _write(found, options)
    except (OSError, table.NoPlaceError) as error:
        print(f"evaluate scenarios: {error}", file=sys.stderr)
        return 1
    return int(any(each.edge.alarms_from_missing_data for each in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang evaluate scenarios", description=__doc__)
    parser.add_argument("--only", default="", help="comma-separated scenarios; default: every one")
    parser.add_argument("--months", type=_positive, default=6, help="worlds for each scenario")
    parser.add_argument("--days", type=_positive, default=30, help="days judged in each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1,
                        help="processes; the numbers do not depend on it")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--markdown", type=Path, metavar="PAGE",
                        help=f"write the table into PAGE, between {table.BEGIN} and "
                        f"{table.END}")  # fmt: skip
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _asked(text: str) -> dict[str, Scenario]:
    """The scenarios of a comma-separated list; of an empty one, all.

    Raises:
        ValueError: a name is unknown.
    """
    known = scenarios()
    names = [part.strip() for part in text.split(",") if part.strip()] or list(known)
    unknown = ", ".join(repr(name) for name in names if name not in known)
    if unknown:
        raise ValueError(f"--only: no scenario {unknown}; there are {', '.join(known)}")
    return {name: known[name] for name in names}


def _lived(months: Sequence[Month], jobs: int) -> Iterator[Trial]:
    """Yield the trials of every month, in the order of `months`."""
    if jobs == 1:
        yield from _watched(months, map(trials, months))
        return
    with ProcessPoolExecutor(min(jobs, len(months))) as pool:
        yield from _watched(months, pool.map(trials, months))


def _watched(months: Sequence[Month], made: Iterable[list[Trial]]) -> Iterator[Trial]:
    show: Callable[[str], None] = _progress if sys.stderr.isatty() else lambda _: None
    for number, (month, lived) in enumerate(zip(months, made, strict=True), 1):
        show(f"{month.scenario}: month {number} of {len(months)} in all")
        yield from lived
    show("")


def _progress(text: str) -> None:
    """`text` is the last line of the terminal."""
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _write(found: Sequence[Verdict], options: argparse.Namespace) -> None:
    if options.markdown:
        asked = f"shouwang evaluate scenarios --months {options.months} --days {options.days}"
        command = f"{asked} --seed {options.seed} --markdown {options.markdown}"
        table.put(options.markdown, table.markdown(found, command))
    if options.json:
        plan = {"months": options.months, "days": options.days, "seed": options.seed}
        json.dump(plan | {"rules": msgspec.to_builtins(found)}, sys.stdout)
        print()
    elif not options.markdown:
        print(table.text(found))
