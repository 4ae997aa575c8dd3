"""`shouwang bench detect`: what it costs to watch a hundred thousand homes by the clock.

Every minute the edge sweeps what it watches for what time alone has made true. Here a site of
one-person homes with an hourly meter each lives minute by minute through the edge's own
pipeline; sweeps and readings are booked apart. What homes weigh is the resident size that they
add to a process of their own. Processor time of one core; no disk, no broker.
"""

import argparse
import gc
import json
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from bench.feed import Message, feed, registry_text
from bench.half_space import HalfSpace, half_space
from bench.process_use import resident_bytes
from edge.agent import COLLECT_AFTER
from edge.entry import Admitted, Link, Tick
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, MINUTE_NS
from edge.registry import Registry

SETTLED_HOMES = 2_000
"""So many homes are enough to see what one weighs once it is known."""
SETTLED_HOURS = 110
"""Longer than a meter remembers its samples."""
MINUTES = 60
ROUTINE = "[routine]\nalarms_per_month = 1.0\n"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured.

    Attributes:
        homes: how many were watched by the rules of routine and of silent devices.
        sweep_s: the usual sweep of all homes, a sixtieth of which were heard in the minute.
        sweep_worst_s: the longest of an hour's sweeps.
        sweep_all_silent_s: the sweep in which every device is found silent, findings included.
        findings_all_silent: how many findings that made.
        readings_per_core_s: readings decoded, admitted and judged in a second of processor time.
        judged_per_core_s: the same without decoding and admission.
        bytes_per_home_registry: what the registry keeps of a home and its meter.
        bytes_per_home_fresh: what the pipeline adds for a home that has been heard twice.
        bytes_per_home_settled: the same after 110 hourly readings, its last four days kept.
        checkpoint_bytes_per_home: the settled home's state as it is stored.
        half_space_trees: the same feed beside it, one forest a home; None when not installed.
    """

    homes: int
    sweep_s: float
    sweep_worst_s: float
    sweep_all_silent_s: float
    findings_all_silent: int
    readings_per_core_s: float
    judged_per_core_s: float
    bytes_per_home_registry: float
    bytes_per_home_fresh: float
    bytes_per_home_settled: float = 0.0
    checkpoint_bytes_per_home: float = 0.0
    half_space_trees: HalfSpace | None = None


class Site:
    """So many homes and their pipeline, fed with the benchmark's feed."""

    def __init__(self, homes: int) -> None:
        gc.set_threshold(COLLECT_AFTER)
        before = _resident_bytes()
        registry = Registry.parse(tomllib.loads(_registry_text(homes)), Path("bench"))
        self._start_bytes = _resident_bytes()
        self.registry_bytes = self._start_bytes - before
        self.pipeline = Pipeline(registry)
        self.admit_s = self.judge_s = 0.0
        self.readings = 0

    def hear(self, messages: Sequence[Message], now_ns: int) -> None:
        """Admit and judge `messages`, each of which must be taken."""
        began_s = time.process_time()
        admissions = [self.pipeline.gate.admit(*message, now_ns) for message in messages]
        taken = tuple(each.message for each in admissions if each.message is not None)
        admitted_s = time.process_time()
        self.pipeline.step(Admitted(taken))
        self.admit_s += admitted_s - began_s
        self.judge_s += time.process_time() - admitted_s
        self.readings += sum(len(each.readings) for each in taken)

    @property
    def pipeline_bytes(self) -> int:
        """What was added since the registry was there."""
        return _resident_bytes() - self._start_bytes


def _registry_text(homes: int) -> str:
    head, _, rows = registry_text(homes).partition("[[unit]]")
    return f"{head}{ROUTINE}[[unit]]{rows}"


def _resident_bytes() -> int:
    gc.collect()
    return resident_bytes()


def swept(homes: int, now_ns: int) -> Figures:
    """An hour of `homes` homes, minute by minute, and what follows when all fall silent."""
    site = Site(homes)
    start_ns = now_ns // HOUR_NS * HOUR_NS - HOUR_NS
    site.pipeline.step(Link(up=True, at_ns=start_ns - 3 * HOUR_NS))
    story = feed(2, 1, start_ns, homes)
    _hear_round(site, islice(story, homes), start_ns - HOUR_NS)
    sweeps_s: list[float] = []
    for minute in range(MINUTES):
        at_ns = start_ns + minute * MINUTE_NS
        due = homes * (minute + 1) // MINUTES - homes * minute // MINUTES
        site.hear(list(islice(story, due)), at_ns)
        sweeps_s.append(_tick_s(site, at_ns)[0])
    fresh = site.pipeline_bytes
    all_s, found = _tick_s(site, start_ns + 12 * HOUR_NS)
    return Figures(
        homes,
        statistics.median(sweeps_s),
        max(sweeps_s),
        all_s,
        found,
        site.readings / (site.admit_s + site.judge_s),
        site.readings / site.judge_s,
        site.registry_bytes / homes,
        fresh / homes,
    )


def _hear_round(site: Site, story: Iterator[Message], at_ns: int) -> None:
    while messages := list(islice(story, 1_000)):
        site.hear(messages, at_ns)


def _tick_s(site: Site, at_ns: int) -> tuple[float, int]:
    began_s = time.process_time()
    found = site.pipeline.step(Tick(at_ns))
    return time.process_time() - began_s, len(found)


def settled(homes: int, hours: int, now_ns: int) -> tuple[float, float]:
    """What a home weighs in memory, and as it is stored, after so many hourly readings."""
    site = Site(homes)
    _hear_round(site, feed(hours, 1, now_ns, homes), now_ns)
    return site.pipeline_bytes / homes, len(site.pipeline.dump()) / homes


def measured(homes: int, settled_homes: int, say: Callable[[str], None]) -> Figures:
    """Every figure; each part in a process of its own, so that none borrows memory."""
    now_ns = time.time_ns()
    say(f"{homes:,} homes, an hour by minutes")
    figures = _alone(swept, homes, now_ns)
    say(f"{settled_homes:,} homes, {SETTLED_HOURS} hours")
    weight, stored = _alone(settled, settled_homes, SETTLED_HOURS, now_ns)
    say("the same feed to half-space trees")
    beside = _alone(half_space, now_ns)
    return replace(
        figures,
        bytes_per_home_settled=weight,
        checkpoint_bytes_per_home=stored,
        half_space_trees=beside,
    )


def _alone(work: Callable[..., T], *arguments: object) -> T:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


def main(argv: Sequence[str] | None = None) -> int:
    """Print every figure: 0 measured, 2 usage."""
    parser = argparse.ArgumentParser("shouwang bench detect", description=__doc__)
    parser.add_argument("--homes", type=int, default=100_000)
    parser.add_argument("--settled-homes", type=int, default=SETTLED_HOMES)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(argv)
    if min(options.homes, options.settled_homes) < 1:
        parser.error("there must be a home")
    figures = asdict(
        measured(options.homes, options.settled_homes, lambda text: print(text, file=sys.stderr))
    )
    if options.json:
        print(json.dumps(figures))
        return 0
    for name, value in figures.items():
        print(f"{name:28} {_told(value)}")
    return 0


def _told(value: object) -> str:
    if value is None:
        return "not installed: pip install river (the extra comparators)"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
