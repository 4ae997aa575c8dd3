"""`shouwang bench soak`: a day of an estate in minutes, and whether the edge grows meanwhile.

A real edge process on a scaled clock, a real mosquitto and a real journal with a small ring
take in the load of an estate at its own pace: a minute's messages in each minute of the clock.
Before that the edge takes in a week of the same at full speed and is restarted, since what it
must remember (names of messages, samples of meters) takes days to fill; its journal is then cut
to what it holds, since a minute at full speed made it larger than any at the estate's own pace.
Memory is judged on the second half, the disk by the largest size that the journal had from there.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench.backlog import subscribe_edge
from bench.edge_process import Edge, Usage
from bench.estate_load import Estate, minutes, registry_text
from bench.publisher import Address, Publisher
from edge.clock import ScaledClock, sleep_until
from edge.reading import HOUR_NS, SECOND_NS
from tests.servers.brokers import mosquitto_in

SLOPE_MB_PER_H_MAX = 0.5
GROWTH_MAX = 0.05
HOURS_FOR_SLOPE = 12.0
"""Memory is flat when its second half grows by less than both; a short run has no slope yet."""
RING_MB = 4
WRITE_AHEAD_MB = 16
CHECKPOINT_MB_PER_FLAT = 0.005
"""Compressed, of a flat's three devices after a week; seen were 4.05 MB for 1,000 flats."""
_PRUNE_S = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the edge held, `at_h` hours of the clock after the start."""

    at_h: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured; `_per_h` is by an hour of the scaled clock.

    Attributes:
        rss_mb: at the end.
        rss_slope_mb_per_h: of a line through the second half.
        rss_growth: over the second half by that line, as a part of its beginning.
        journal_mb: the largest size of the journal and its write-ahead log.
        behind_s: the longest that a minute's messages were confirmed too late, real seconds.
        is_flat: memory, disk and open files stayed within their bounds.
    """

    hours: float
    flats: int
    messages: int
    wall_s: float
    rss_mb: float
    rss_slope_mb_per_h: float
    rss_growth: float
    journal_mb: float
    open_files_first: int
    open_files_last: int
    behind_s: float
    is_flat: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """So many hours of so many flats, `speed` times as fast, after so many hours of filling."""

    hours: float
    flats: int
    speed: float
    fill_hours: float


async def run(folder: Path, address: Address, plan: Plan) -> Figures:
    """The figures of one run."""
    hours, flats, speed = plan.hours, plan.flats, plan.speed
    ring = f'max_bytes = {RING_MB * 2**20}\nmax_age = "6 h"\n'
    edge = Edge(folder / "edge", address, registry=registry_text(flats), journal=ring)
    await subscribe_edge(edge, address)
    start_ns = time.time_ns() - int(hours * HOUR_NS)  # so that it ends now, not in the future
    estate, samples = Estate(flats), list[Sample]()
    publisher = await Publisher.connect(address, "bench-load")
    edge.start(ScaledClock(1.0, time.time_ns(), start_ns).spec())
    fill_ns = int(plan.fill_hours * HOUR_NS)
    for number, end_ns in minutes(start_ns - fill_ns, plan.fill_hours):
        await publisher.publish(estate.minute(number, end_ns))
    await edge.until_idle()
    edge.stop()
    await _prune(edge, ScaledClock(speed, time.time_ns(), start_ns - HOUR_NS))
    clock = ScaledClock(speed, time.time_ns(), start_ns)
    edge.start(clock.spec())
    began_s = time.perf_counter()
    sampling = asyncio.create_task(_sample(edge, clock, start_ns, samples))
    messages, behind_s = 0, 0.0
    for number, end_ns in minutes(start_ns, hours):
        await sleep_until(clock, end_ns)
        messages += await publisher.publish(estate.minute(number, end_ns))
        behind_s = max(behind_s, (clock.now_ns() - end_ns) / SECOND_NS / speed)
    await publisher.close()
    sampling.cancel()
    edge.stop()
    return figures_of(
        samples, hours=hours, flats=flats, messages=messages, behind_s=behind_s,
        wall_s=time.perf_counter() - began_s,
    )  # fmt: skip


async def _prune(edge: Edge, clock: ScaledClock) -> None:
    """Let the edge shed what is beyond its ring, and its file what is free then."""
    edge.start(clock.spec())
    await asyncio.sleep(_PRUNE_S)  # it never rests on such a clock: 3,000 devices fall silent
    edge.stop()
    edge.compact()


async def _sample(edge: Edge, clock: ScaledClock, start_ns: int, samples: list[Sample]) -> None:
    while True:
        at_h = (clock.now_ns() - start_ns) / HOUR_NS
        samples.append(Sample(at_h, edge.usage()))
        await asyncio.sleep(0.25)


def journal_mb_max(flats: int) -> float:
    """What the journal and its log may hold on the disk.

    That is the ring, twice itself in need; two checkpoints, and one that is being written into
    the file and into the log; and the log as long as it may grow before it is copied.
    """
    return 2 * RING_MB + WRITE_AHEAD_MB + 4 * CHECKPOINT_MB_PER_FLAT * flats


def figures_of(  # noqa: PLR0913  (what was measured, by name)
    samples: Sequence[Sample], *, hours: float, flats: int, messages: int, behind_s: float,
    wall_s: float,
) -> Figures:  # fmt: skip
    """The figures of a run, judged on its second half."""
    half = [each for each in samples if each.at_h >= hours / 2]
    at_h = np.array([each.at_h for each in half])
    rss_mb = np.array([each.usage.rss_mb for each in half])
    slope, origin = (float(each) for each in np.polyfit(at_h, rss_mb, 1))
    growth = slope * (at_h[-1] - at_h[0]) / (origin + slope * at_h[0])
    journal_mb = max(each.usage.journal_mb for each in samples)
    files = [each.usage.open_files for each in half]
    bounded = journal_mb <= journal_mb_max(flats) and files[-1] <= max(files[: len(files) // 2 + 1])
    steep = slope >= SLOPE_MB_PER_H_MAX and hours >= HOURS_FOR_SLOPE
    return Figures(
        hours, flats, messages, wall_s, half[-1].usage.rss_mb, slope, float(growth), journal_mb,
        files[0], files[-1], behind_s,
        is_flat=bounded and not steep and float(growth) < GROWTH_MAX,
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the soak and print its figures: 0 flat, 1 it grew or failed, 2 usage."""
    args = _arguments(argv)
    plan = Plan(args.hours, args.flats, args.speed, args.fill_hours)
    with tempfile.TemporaryDirectory(prefix="shouwang-soak-") as name:
        broker = mosquitto_in(Path(name))
        broker.start()
        address = Address(broker.host, broker.port, broker.username, broker.password)
        try:
            figures = asyncio.run(run(Path(name), address, plan))
        finally:
            broker.kill()
    told = asdict(figures)
    if args.json:
        print(json.dumps(told))
    else:
        for key, value in told.items():
            print(f"{key:24} {value:12,.2f}")
    return 0 if figures.is_flat else 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("shouwang bench soak", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object only")
    parser.add_argument("--hours", type=float, default=24.0, help="of the estate's time")
    parser.add_argument("--flats", type=int, default=1_000, help="homes of three devices each")
    parser.add_argument("--speed", type=float, default=360.0, help="seconds of theirs in one")
    text = "of the past, taken in at full speed before"
    parser.add_argument("--fill-hours", type=float, default=168.0, help=text)
    return parser.parse_args(argv)
