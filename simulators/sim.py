"""`shouwang sim`: days of the whole system in virtual time, from one seed.

Seed 0 is a calm world; every other one draws its own faults. Equal seeds give equal digests.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from simulators.ending import Ending
from simulators.fate import fate
from simulators.households import moment_text
from simulators.promises import broken
from simulators.world import SILENT, STOPPED, Plot, play_world

_MEMORY = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)


def main(argv: Sequence[str] | None = None) -> int:
    """0 every promise held, 1 one was broken, 2 usage."""
    parser = argparse.ArgumentParser(prog="shouwang sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=1.0, help="after the warm-up; default 1")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a log")
    options = parser.parse_args(argv)
    if not 0 < options.days <= 21:  # noqa: PLR2004  (as long as the shipped homes last)
        parser.error("--days must be above 0 and at most 21")
    plot = Plot(options.seed, days=options.days, fate=fate(options.seed))
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        ending = play_world(plot, Path(folder))
    faults = broken(ending, stopped=STOPPED, silent=SILENT)
    _tell(plot, ending, faults, as_json=options.json)
    if faults:
        print(f"repeat it: make sim SEED={options.seed}", file=sys.stderr)
    return 1 if faults else 0


def _tell(plot: Plot, ending: Ending, faults: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_summary(plot, ending, faults), ensure_ascii=False))
        return
    print(f"seed {plot.seed}: {asdict(plot.fate)}")
    for line in ending.chronicle.incidents:
        answered = f"answered by {line.owner}" if line.owner else "not answered"
        print(f"{moment_text(line.opened_ns)} {line.home} {line.rule}: {line.state}, {answered}")
    print(f"delivered: {dict(ending.chronicle.delivered())}; digest {ending.digest()}")
    for fault in faults:
        print(f"BROKEN: {fault}")


def _summary(plot: Plot, ending: Ending, faults: list[str]) -> dict[str, object]:
    return {
        "seed": plot.seed,
        "days": plot.days,
        "published": ending.published,
        "incidents": len(ending.chronicle.incidents),
        "findings": ending.chronicle.rules(),
        "delivered": dict(ending.chronicle.delivered()),
        "broken": faults,
        "digest": ending.digest(),
    }
