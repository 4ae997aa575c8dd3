"""The one console script: `shouwang COMMAND ...`.

Each command is imported only when it is asked for, so that an edge never loads the gateway.
Exit codes: 0 ok, 1 failed, 2 usage or configuration, 130 interrupted.
"""

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import NamedTuple

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_USAGE = "usage: shouwang COMMAND [--help] ..."

Main = Callable[[Sequence[str]], int]


class Command(NamedTuple):
    """Where a command's `main(argv) -> exit code` is, and what it is for."""

    module: str
    summary: str


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "demo": Command("simulators.demo", "everything at once: real homes, a phone, a console"),
        "edge": Command("edge.agent", "one edge: from meters to findings"),
        "gateway": Command("gateway.app", "the gateway: from findings to people, and the console"),
        "user": Command("gateway.access.cli", "accounts of the console: add, list, disable ..."),
        "campaign": Command("gateway.campaign.cli", "ask the homes of an area: are you well?"),
        "drill": Command("gateway.drill_command", "an incident in which nothing has happened"),
        "export": Command("gateway.export.cli", "incidents and all about them: JSON, CSV, CAP 1.2"),
        "report": Command("gateway.closing.cli", "how well the rules do, by what came of it"),
        "occupancy": Command(
            "gateway.occupancy.command", "homes to visit, by the water of months alone"
        ),
        "registry": Command(
            "gateway.registry.cli", "the registry: key, show, import, export, label"
        ),
        "rules": Command("edge.rules_command", "which rules speak: compare, promote, roll back"),
        "plans check": Command("gateway.cover_command", "when nobody is on duty, 90 days ahead"),
        "replay": Command("simulators.replay", "real homes tell a story to a broker"),
        "evaluate": Command("simulators.evaluate.command", "what the rules of welfare are worth"),
        "evaluate scenarios": Command(
            "simulators.evaluate.labelled.command", "what every other rule is worth, with labels"
        ),
        "evaluate residents": Command(
            "simulators.residents.command", "the same on simulated residents, and the regret"
        ),
        "walkthrough": Command("simulators.walkthrough", "the files of docs/walkthrough.md"),
        "decode": Command("edge.decode_command", "what a vendor's payload says, or why not"),
        "people": Command("simulators.people", "phones that show texts and answer by keyboard"),
        "sim": Command("simulators.sim", "days of the whole system in virtual time, from a seed"),
        "duty day": Command("simulators.duty_day", "2,000 incidents, 40 workers: load and way"),
        "sim alerts": Command("simulators.trial.command", "the alert engine in failing worlds"),
        "bench alerts": Command("bench.alerts", "from a finding to a person, and kill -9"),
        "bench ingest": Command("bench.ingest", "how fast an edge takes readings in"),
        "bench soak": Command("bench.soak", "a day of an estate in minutes: does the edge grow?"),
        "bench detect": Command(
            "bench.detect", "what it costs to watch 100,000 homes by the clock"
        ),
        "bench stages": Command("bench.stages", "where an edge's processor time goes"),
    }
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command that `argv` (default: the process's own) names."""
    try:
        code = _answered(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read what we print has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _answered(arguments: list[str]) -> int:
    if arguments[:1] == ["--version"]:
        print(f"shouwang {version('shouwang')}")
        return OK
    for words in (2, 1):
        command = COMMANDS.get(" ".join(arguments[:words]))
        if command is not None:
            return _run(command, arguments[words:])
    asked, group = arguments[-1:] in (["--help"], ["-h"], ["help"]), _group(arguments[:1])
    if asked and (len(arguments) == 1 or group):
        print(_help(group or COMMANDS))
        return OK
    print(_refusal(arguments), file=sys.stderr)
    return USAGE


def _run(command: Command, arguments: list[str]) -> int:
    from edge import compiled  # noqa: PLC0415  (the help alone loads no part of the system)

    try:
        compiled.check()
    except compiled.StaleError as error:
        print(error, file=sys.stderr)
        return USAGE
    try:
        entry: Main = importlib.import_module(command.module).main
    except ModuleNotFoundError as error:
        if error.name != command.module.partition(".")[0]:
            raise
        print(f"{error.name} is not installed; run this from the source tree", file=sys.stderr)
        return USAGE
    return entry(arguments)


def _refusal(arguments: Sequence[str]) -> str:
    """What to type instead of `arguments`, which begin with no command."""
    if not arguments:
        return _help(COMMANDS)
    if group := _group(arguments[:1]):
        return f"{_help(group)}\n\nshouwang {arguments[0]}: name one of these"
    near = difflib.get_close_matches(arguments[0], COMMANDS, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    told = f"there is no command {arguments[0]!r}; {meant}`shouwang --help` lists them all"
    return f"{_USAGE}\nshouwang: {told}"


def _group(first: Sequence[str]) -> Mapping[str, Command]:
    """The commands of two words that begin with the word `first`."""
    return {name: each for name, each in COMMANDS.items() if name.split()[:-1] == [*first]}


def _help(commands: Mapping[str, Command]) -> str:
    wide = max(map(len, commands))
    rows = [f"  {name:{wide}}  {command.summary}" for name, command in commands.items()]
    return "\n".join(
        [
            _USAGE,
            "",
            *rows,
            "",
            "exit codes: 0 ok, 1 failed, 2 usage or configuration, 130 interrupted",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
