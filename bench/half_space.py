"""River's half-space trees on the benchmark's feed: an online detector that anybody may install.

One forest a home, scored before it learns, as its authors ask for streams; what it is given is
the hour's use and the hour of the day. It raises nothing and explains nothing: only its cost
stands beside ours.
"""

import gc
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from bench.feed import feed
from bench.process_use import resident_bytes

HOMES = 100
HOURS = 60
_DAY_H = 24


@dataclass(frozen=True, slots=True)
class HalfSpace:
    """What it costs: readings scored and learned a second of one core, and bytes a home."""

    readings_per_core_s: float
    bytes_per_home: float


def half_space(now_ns: int) -> HalfSpace | None:
    """Measure it on a hundred homes; None when river is not installed."""
    if find_spec("river") is None:
        return None
    forest = import_module("river.anomaly").HalfSpaceTrees
    uses = list(_uses(now_ns))
    gc.collect()
    before = resident_bytes()
    limits = {"litres": (0.0, 100.0), "hour": (0.0, float(_DAY_H))}
    forests = [forest(limits=limits, window_size=_DAY_H, seed=1) for _ in range(HOMES)]
    began_s = time.process_time()
    for home, use in uses:
        forests[home].score_one(use)
        forests[home].learn_one(use)
    spent_s = time.process_time() - began_s
    gc.collect()
    return HalfSpace(len(uses) / spent_s, (resident_bytes() - before) / HOMES)


def _uses(now_ns: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each hour's use of each home, in the order of the feed."""
    last_l: dict[int, float] = {}
    for number, (_, payload) in enumerate(feed(HOURS, 1, now_ns, HOMES)):
        home, said = number % HOMES, json.loads(payload)
        litres = said["e"][0]["v"] * 1_000
        hour = said["t"] / 3_600 % _DAY_H
        yield home, {"litres": litres - last_l.get(home, litres), "hour": hour}
        last_l[home] = litres
