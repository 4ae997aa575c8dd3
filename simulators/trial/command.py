"""`shouwang sim alerts`: the alert engine against a thousand worlds that fail, and an oracle.

Each trial is drawn from its seed: the gateway dies, providers hang, lie and fall silent, people
answer wrongly, clocks jump, conditions come and go. Equal seeds play equal trials.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from simulators.trial.oracle import Judged, judge, tally
from simulators.trial.play import act_out, play
from simulators.trial.script import FINDINGS
from simulators.trial.telling import told

_MEMORY = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)
_CHUNK = 5
_SAY_EVERY = 25
_TOLD_MAX = 20


def main(argv: Sequence[str] | None = None) -> int:
    """0 every promise held in every trial, 1 one was broken, 2 usage."""
    options = _arguments(argv)
    logging.disable(logging.CRITICAL)  # every fault that is logged was ordered
    began_s = time.perf_counter()
    seeds = range(options.seed, options.seed + options.runs)
    with tempfile.TemporaryDirectory(
        prefix="shouwang-trial-", dir=_MEMORY if _MEMORY.is_dir() else None
    ) as name:
        if options.verbose and options.runs == 1:
            played = act_out(options.seed, Path(name))
            print("\n".join(told(*played)))
            judged = dict(_told(seeds, [judge(*played)]))
        else:
            judged = dict(_judged(seeds, Path(name), options.jobs))
    _tell(judged, time.perf_counter() - began_s, as_json=options.json)
    return 1 if any(each.faults for each in judged.values()) else 0


def _judged(seeds: range, folder: Path, jobs: int) -> Iterator[tuple[int, Judged]]:
    """Each seed with what came of it, told on the way; several processes share the work."""
    work = partial(play, folder=folder)
    if jobs == 1 or len(seeds) == 1:
        yield from _told(seeds, map(work, seeds))
        return
    with ProcessPoolExecutor(jobs, get_context("forkserver"), _hush) as pool:
        yield from _told(seeds, pool.map(work, seeds, chunksize=_CHUNK))


def _told(seeds: range, judged: Iterable[Judged]) -> Iterator[tuple[int, Judged]]:
    """What is played, with its seed; a fault is told at once, and how far we are now and then."""
    failed, began_s = 0, time.perf_counter()
    for done, (seed, each) in enumerate(zip(seeds, judged, strict=True), 1):
        failed += bool(each.faults)
        if each.faults and failed <= _TOLD_MAX:
            _complain(seed, each)
        if done % _SAY_EVERY == 0 and done < len(seeds):
            left_s = (time.perf_counter() - began_s) / done * (len(seeds) - done)
            print(
                f"{done} of {len(seeds)}, {failed} failed, some {left_s:.0f} s left",
                file=sys.stderr,
            )
        yield seed, each


def _complain(seed: int, judged: Judged) -> None:
    for kind, said in judged.faults:
        print(f"seed {seed}: {kind}: {said}", file=sys.stderr)
    print(f"repeat it: shouwang sim alerts --seed {seed} --runs 1 -v", file=sys.stderr)


def _hush() -> None:
    logging.disable(logging.CRITICAL)


def _tell(judged: dict[int, Judged], took_s: float, *, as_json: bool) -> None:
    summary: dict[str, object] = {
        "runs": len(judged),
        "findings": FINDINGS * len(judged),
        "deaths": sum(each.deaths for each in judged.values()),
        "calls": sum(each.calls for each in judged.values()),
        **tally(list(judged.values())),
        "duplicates": sum(each.duplicates for each in judged.values()),
        "failed_seeds": [seed for seed, each in judged.items() if each.faults],
        "took_s": round(took_s, 1),
    }
    if as_json:
        print(json.dumps(summary))
    else:
        print("\n".join(f"{key:20} {value}" for key, value in summary.items()))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="shouwang sim alerts", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="trials; default 1,000")
    parser.add_argument("--seed", type=int, default=1, help="of the first trial; default 1")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("-v", "--verbose", action="store_true", help="with --runs 1: tell it all")
    options = parser.parse_args(argv)
    if options.runs < 1 or options.jobs < 1:
        parser.error("--runs and --jobs must be at least 1")
    return options
