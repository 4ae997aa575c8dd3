"""`shouwang evaluate`: what the edge's rules of welfare are worth on real homes.

The edge's own pipeline lives through each home's history, knowing nothing before its time.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import structs

from edge.told_errors import told
from simulators.evaluate.doors import read_doors
from simulators.evaluate.loho import BUDGETS, left_out, lived
from simulators.evaluate.members import read_members
from simulators.evaluate.rules import Rule, named
from simulators.evaluate.score import Score, score
from simulators.evaluate.trial import WARMUP_DAYS, Past, Plan, Trial, past, trial
from simulators.households import EXTRACT, HouseholdsError, read

_SAMPLES_MIN = 2
_PICTURES = (".png", ".svg", ".pdf")
_COLUMNS = {
    "fa_per_home_month": "FA/month",
    "fa_in_gaps_under_24h": "in <24h",
    "delay_median_h": "median h",
    "delay_p90_h": "p90 h",
    "already_alarming": "already",
    "never_alarmed": "never",
    "alarms_from_missing_data": "missing",
    "warmup_coverage": "covered",
    "warmup_fa_per_home_month": "early FA",
    "home_months": "months",
}


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 a file cannot be used, or missing data made an alarm; 2 usage."""
    options = _parser().parse_args(argv)
    try:
        rules = named(options.rules)
        pasts, beside = _pasts(options)
    except ValueError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    except (HouseholdsError, OSError) as error:
        print(f"evaluate: {told(error)}", file=sys.stderr)
        return 1
    plan = Plan(options.cuts, options.seed)
    if options.loho:
        return _leave_out(pasts, beside, plan, as_json=options.json)
    trials = {name: list(_trials(name, rule, pasts, plan)) for name, rule in rules.items()}
    scores = [score(name, each) for name, each in trials.items()]
    _write(scores, trials, sys.stdout, as_json=options.json)
    if options.plot:
        _plot(scores, options.plot)
    return int(any(each.alarms_from_missing_data for each in scores))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang evaluate", description=__doc__)
    parser.add_argument("--readings", type=Path, default=EXTRACT, help="CSV home,time,litres[.gz]")
    parser.add_argument("--homes", type=Path, help="CSV home,members")
    parser.add_argument("--doors", type=Path, help="CSV home,time,direction (in or out)")
    parser.add_argument("--members", type=_positive, help="only homes that declare so many")
    parser.add_argument("--rules", default="all", help="comma-separated names, or all")
    parser.add_argument("--cuts", type=_positive, default=60, help="moments of need per home")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--loho",
        action="store_true",
        help="leave one home out: judge each at a price chosen on the others, and on them with "
        "all other homes of the file; takes the place of --rules and --plot, some minutes",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, each home in it")
    parser.add_argument("--plot", type=_picture, help="draw delay against false alarms, PNG or SVG")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _picture(text: str) -> Path:
    """A path at which a picture can be drawn, asked before the work and not after it."""
    path = Path(text)
    if path.suffix not in _PICTURES:
        raise argparse.ArgumentTypeError(f"{text!r} does not end in {', '.join(_PICTURES)}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    if find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("needs matplotlib: install the extra plot")
    return path


def _pasts(options: argparse.Namespace) -> tuple[list[Past], list[Past]]:
    """What is known of every home that was asked for, and of every other one."""
    if options.members and not options.homes:
        raise ValueError("--members asks for --homes, the file that declares them")
    declared = read_members(options.homes) if options.homes else {}
    doors = read_doors(options.doors) if options.doors else {}
    every = read(options.readings)
    strangers = ", ".join(sorted(doors.keys() - every.keys()))
    if strangers:
        print(f"evaluate: {options.doors}: no readings of {strangers}", file=sys.stderr)
    known = [
        past(name, every[name], doors.get(name, ()))
        for name in every
        if len(every[name]) >= _SAMPLES_MIN
    ]
    count = options.members
    asked = [each for each in known if not count or declared.get(each.home) == count]
    if len(asked) < 1 + options.loho:
        few = "none" if not asked else "only one"
        raise ValueError(f"{options.readings}: {few} of {len(every)} homes has what was asked for")
    return asked, [each for each in known if each not in asked]


def _leave_out(pasts: Sequence[Past], beside: Sequence[Past], plan: Plan, *, as_json: bool) -> int:
    """Judge each home at prices chosen without it: on those asked for, and with all others."""
    judged = lived(pasts, plan, _progress)
    others = lived(beside, plan._replace(cuts=0), _progress)
    left = {
        f"{among}{budget:g}": left_out(judged, also, budget)
        for among, also in {"alike-": {}, "every-": others}.items()
        for budget in BUDGETS
        if also or among == "alike-"
    }
    named_scores = [structs.replace(each.score, rule=name) for name, each in left.items()]
    if as_json:
        told = [
            msgspec.to_builtins(each) | {"alarms_per_month": left[each.rule].settings}
            for each in named_scores
        ]
        json.dump({"warmup_days": WARMUP_DAYS, "rules": told}, sys.stdout)
        print()
    else:
        _write(named_scores, {}, sys.stdout, as_json=False)
        for name, each in left.items():
            print(f"{name}: at {', '.join(f'{home} {at:g}' for home, at in each.settings.items())}")
    return int(any(each.alarms_from_missing_data for each in named_scores))


def _trials(name: str, rule: Rule, pasts: Sequence[Past], plan: Plan) -> Iterable[Trial]:
    for number, known in enumerate(pasts, 1):
        _progress(f"{name}: home {number} of {len(pasts)}")
        yield trial(known, rule, plan)
    _progress("")


def _progress(text: str) -> None:
    """`text` is the last line of the terminal, if there is one to watch it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _write(
    scores: Sequence[Score],
    trials: Mapping[str, Sequence[Trial]],
    out: TextIO,
    *,
    as_json: bool,
) -> None:
    if as_json:
        rules = [
            msgspec.to_builtins(each)
            | {"by_home": [msgspec.to_builtins(score(each.rule, [t])) | {"home": t.home}
                           for t in trials[each.rule]]}
            for each in scores
        ]  # fmt: skip
        json.dump({"warmup_days": WARMUP_DAYS, "rules": rules}, out)
        print(file=out)
        return
    print(f"{'rule':14}" + "".join(f"{head:>10}" for head in _COLUMNS.values()), file=out)
    for each in scores:
        cells = [getattr(each, name) for name in _COLUMNS]
        print(f"{each.rule:14}" + "".join(f"{_cell(cell):>10}" for cell in cells), file=out)


def _cell(number: float | None) -> str:
    return "-" if number is None else f"{number:g}"


def _plot(scores: Sequence[Score], path: Path) -> None:
    from simulators.evaluate.plot import draw  # noqa: PLC0415  (an optional dependency)

    draw(scores, path)
