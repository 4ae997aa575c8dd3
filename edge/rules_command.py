"""`shouwang rules`: which rules speak to people, what others would have said, and who decides.

What one person proposes another approves; a roll-back and a reset are one person's. A running edge
goes by a new act within seconds, a stopped one with its next start; the journal says from which
entry on. Nothing here writes to the journal.
"""

import argparse
import json
import os
import pwd
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from edge.clock import SystemClock
from edge.compare import Pair, Played, RuleReport, pair, played, reports
from edge.edge_settings import EdgeSettings, read_registry
from edge.entry import Entry, Provisioned
from edge.journal import BLOB_ERRORS, decode
from edge.mode import TRIAL, Mode, Modes, mode_of, rule_in
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS
from edge.registry import Registry
from edge.rule_acts import (
    Given,
    RuleAct,
    RuleActError,
    RuleActs,
    acts_file,
    combined,
    read_acts,
    write_acts,
)
from edge.rule_names import known_rules
from edge.settings import ConfigError, read_table

DONE, FAILED, USAGE = 0, 1, 2
_PROGRESS = 1_000
_CONFIG = Path("config/edge.toml")


def main(argv: Sequence[str] | None = None) -> int:
    """0 done, 1 it cannot be done, 2 wrong usage or a broken configuration."""
    options = _parser().parse_args(argv)
    try:
        settings = EdgeSettings.read(options.config)
        return int(options.run(options, settings))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE
    except sqlite3.Error as error:
        journal = f"{settings.journal.path}: {error}"
        sys.stderr.write(f"rules: {journal}; check [journal] path, and that the edge ran once\n")
        return FAILED
    except (RuleActError, OSError) as error:
        sys.stderr.write(f"rules: {error}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shouwang rules", description=__doc__)
    acts = parser.add_subparsers(required=True, metavar="ACT")
    listing = acts.add_parser("list", help="every rule and whether it speaks")
    listing.set_defaults(run=_list)
    compare = acts.add_parser("compare", help="live and shadow on the site's own journal")
    compare.add_argument("rules", nargs="*", metavar="RULE", help="default: all that said anything")
    compare.add_argument("--registry", type=Path, help="other terms than those that held")
    compare.set_defaults(run=_compare)
    promote = acts.add_parser("promote", help="propose that a rule in the shadow speaks")
    promote.add_argument("rule", metavar="RULE[@UNIT]")
    promote.add_argument("--instead-of", metavar="RULE", help="which goes into the shadow")
    promote.set_defaults(run=_promote)
    shadow = acts.add_parser("shadow", help="propose that a rule only writes down what it says")
    shadow.add_argument("rule", metavar="RULE[@UNIT]")
    shadow.set_defaults(run=_shadow)
    approve = acts.add_parser("approve", help="let happen what somebody else has proposed")
    approve.add_argument("rule", metavar="RULE[@UNIT]")
    approve.set_defaults(run=_approve)
    withdraw = acts.add_parser("withdraw", help="take back or refuse what was proposed")
    withdraw.add_argument("rule", metavar="RULE[@UNIT]")
    withdraw.set_defaults(run=_withdraw)
    reset = acts.add_parser("reset", help="put back what outcomes have made of a rule")
    reset.add_argument("rule", metavar="RULE[@UNIT]")
    reset.set_defaults(run=_reset)
    back = acts.add_parser("roll-back", help="undo the last act on a rule, whatever it changed")
    back.add_argument("rule", metavar="RULE[@UNIT]")
    back.set_defaults(run=_roll_back)
    for each in (listing, compare, promote, shadow, approve, withdraw, reset, back):
        each.add_argument("--config", type=Path, default=_CONFIG,
                          help=f"the edge's file; default: {_CONFIG}")  # fmt: skip
        each.add_argument("--json", action="store_true", help="print JSON for a program")
    return parser


def _list(options: argparse.Namespace, settings: EdgeSettings) -> int:
    acts = read_acts(acts_file(settings.journal.path))
    modes = combined(settings.modes, acts)
    if options.json:
        told = {rule: mode_of(rule, modes) for rule in sorted(known_rules() | modes.keys())}
        waits = msgspec.to_builtins(acts.proposed)
        acted = msgspec.to_builtins(acts.acts)
        _say(json.dumps({"rules": told, "acts": acted, "proposed": waits}))
        return DONE
    for rule in sorted(known_rules() | modes.keys()):
        about = [each for each in acts.acts if rule in each.after]
        last = f"  {about[-1].act} by {_whose(about[-1])}, {about[-1].at}" if about else ""
        _say(f"{rule:24}{mode_of(rule, modes)}{last}")
    for each in acts.proposed:
        _say(f"{each.rule}: {each.act} was proposed by {each.by}, {each.at}, and waits")
    if settings.provisioning is not None:
        _say("What the gateway has decided goes before this; its console shows it.")
    return DONE


def _promote(options: argparse.Namespace, settings: EdgeSettings) -> int:
    changes: dict[str, Mode | None] = {options.rule: Mode.LIVE}
    if options.instead_of:
        changes[options.instead_of] = Mode.SHADOW
    return _act(options, settings, changes)


def _shadow(options: argparse.Namespace, settings: EdgeSettings) -> int:
    return _act(options, settings, {options.rule: Mode.SHADOW})


def _act(options: argparse.Namespace, settings: EdgeSettings, changes: Given) -> int:
    """Propose the act; an edge that is pushed to is told by its gateway alone."""
    if settings.provisioning is not None:
        raise RuleActError(f"{options.rule}: the gateway decides here; propose it at its console")
    file = acts_file(settings.journal.path)
    before = read_acts(file)
    name = "promote" if changes[options.rule] is Mode.LIVE else "shadow"
    by, at = _who_and_when()
    acts = before.proposing(name, options.rule, changes, by=by, at=at)
    held = combined(settings.modes, before)
    if all(mode_of(rule, held) is mode for rule, mode in changes.items()):
        raise RuleActError(f"{options.rule}: is {mode_of(options.rule, held)} already")
    write_acts(file, acts)
    _say(f"{options.rule}: {name} waits until another account runs approve")
    return DONE


def _approve(options: argparse.Namespace, settings: EdgeSettings) -> int:
    file = acts_file(settings.journal.path)
    by, at = _who_and_when()
    return _written(file, settings, read_acts(file).approved(options.rule, by=by, at=at))


def _withdraw(options: argparse.Namespace, settings: EdgeSettings) -> int:
    file = acts_file(settings.journal.path)
    write_acts(file, read_acts(file).withdrawn(options.rule))
    _say(f"{options.rule}: nothing waits any more")
    return DONE


def _reset(options: argparse.Namespace, settings: EdgeSettings) -> int:
    file = acts_file(settings.journal.path)
    by, at = _who_and_when()
    write_acts(file, read_acts(file).put_back(options.rule, by=by, at=at))
    _say(f"{options.rule}: asks for what was agreed again")
    return DONE


def _roll_back(options: argparse.Namespace, settings: EdgeSettings) -> int:
    file = acts_file(settings.journal.path)
    by, at = _who_and_when()
    return _written(file, settings, read_acts(file).rolled_back(options.rule, by=by, at=at))


def _written(file: Path, settings: EdgeSettings, acts: RuleActs) -> int:
    write_acts(file, acts)
    modes = combined(settings.modes, acts)
    for rule in sorted(acts.acts[-1].after):
        _say(f"{rule}: {mode_of(rule, modes)}")
    return DONE


def _who_and_when() -> tuple[str, str]:
    now_s = SystemClock().now_ns() / SECOND_NS
    return _who(), datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds")


def _who() -> str:
    """The account behind this process, or behind its sudo: no name that anybody can set."""
    behind = os.environ.get("SUDO_USER") if os.getuid() == 0 else None
    return behind or pwd.getpwuid(os.getuid()).pw_name


def _whose(act: RuleAct) -> str:
    return f"{act.by} and {act.approved_by}" if act.approved_by else act.by


def _compare(options: argparse.Namespace, settings: EdgeSettings) -> int:
    if unknown := sorted({rule_in(name) for name in options.rules} - known_rules()):
        raise RuleActError(f"{', '.join(unknown)}: there is no such rule; see `rules list`")
    other: Path | None = options.registry
    registry = Registry.parse(read_table(other), other) if other else read_registry(settings)
    entries = _entries(settings.journal.path)
    if other:
        entries = (each for each in entries if not isinstance(each, Provisioned))
    history = played(Pipeline(registry, settings.pipeline), _watched(entries))
    modes = combined(settings.modes, read_acts(acts_file(settings.journal.path)))
    rules = options.rules or sorted(history.told)
    told = list(reports(history, rules, modes))
    pairs = [pair(history, *each) for each in _pairs(rules, modes)]
    _write(history, told, pairs, as_json=options.json)
    return DONE


def _pairs(rules: Iterable[str], modes: Modes) -> Iterator[tuple[str, str]]:
    """Yield every rule in the shadow with the one that speaks about the same."""
    for rule in rules:
        base = rule.removesuffix(TRIAL).rstrip("0123456789").removesuffix("-")
        if mode_of(rule, modes) is Mode.SHADOW and base != rule:
            yield rule, base
        elif mode_of(rule + TRIAL, modes) is Mode.LIVE and mode_of(rule, modes) is Mode.SHADOW:
            yield rule, rule + TRIAL


def _entries(path: Path) -> Iterator[Entry]:
    """Yield what the journal still holds, from its beginning; the edge may be writing it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (blob,) in connection.execute("SELECT blob FROM entry ORDER BY id"):
            try:
                yield decode(blob)
            except BLOB_ERRORS as error:
                sys.stderr.write(f"rules: an entry is damaged and left out: {error}\n")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _watched(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield `entries`; a terminal sees how many there were so far."""
    count, is_seen = 0, sys.stderr.isatty()
    for count, entry in enumerate(entries, 1):
        if is_seen and count % _PROGRESS == 0:
            sys.stderr.write(f"\r\x1b[K{count:,} entries")
        yield entry
    if is_seen and count >= _PROGRESS:
        sys.stderr.write("\r\x1b[K")


_COLUMNS = {
    "mode": "mode", "alarms": "alarms", "homes": "homes", "per_home_month": "/home-month",
    "per_worker_day": "/worker-day", "delay_median_h": "median h", "false_alarms": "false",
    "real": "real",
}  # fmt: skip


def _write(
    history: Played, told: Sequence[RuleReport], pairs: Sequence[Pair], *, as_json: bool
) -> None:
    if as_json:
        head = {"days": round(history.days, 2), "homes": history.homes}
        _say(json.dumps(head | {"rules": msgspec.to_builtins(told),
                                 "pairs": msgspec.to_builtins(pairs)}))  # fmt: skip
        return
    _say(f"{history.days:.1f} days of {history.homes} homes")
    _say(f"{'rule':22}" + "".join(f"{head:>13}" for head in _COLUMNS.values()))
    for each in told:
        cells = ("-" if getattr(each, n) is None else f"{getattr(each, n)}" for n in _COLUMNS)
        _say(f"{each.rule:22}" + "".join(f"{cell:>13}" for cell in cells))
    for two in pairs:
        _say(_sentence(two))


def _sentence(two: Pair) -> str:
    change = (
        "" if two.delay_change_h is None else f", {two.delay_change_h:+g} h later at the median"
    )
    return (
        f"{two.shadow} beside {two.live}: {two.both} alarms of both{change}; "
        f"{two.only_shadow} of {two.shadow} alone, {two.only_live} of {two.live} alone; "
        f"found real {two.real_found_too} of {two.real_of_live}, "
        f"told false {two.false_told_too} of {two.false_of_live}"
    )
