"""`shouwang replay --report`: real homes through the edge's own pipeline, and what it made of them.

No broker and no clock: each home is folded by itself, as fast as it goes. Every alarm is held
against the raw series by another computation than the edge's, so that an alarm that rests on
missing telemetry cannot hide.
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import msgspec
from msgspec import Struct, structs

from edge.entry import Admitted, Message
from edge.meter import Counts
from edge.pipeline import Pipeline
from edge.reading import (
    HOUR_NS,
    SECOND_NS,
    Finding,
    FindingState,
    Kind,
    Quality,
    Reading,
    TimeSource,
)
from edge.registry import Registry
from simulators.estate import home
from simulators.households import Series, moment_text
from simulators.meters import RESOLUTION_M3

_GAP_NS = 2 * HOUR_NS
_AROUND_NS = 24 * HOUR_NS
_BATCH = 256
_COLUMNS = ("glitches", "suspects", "conflicts", "resets", "rollovers", "breaks", "excursions",
            "unit_mistakes", "estimated")  # fmt: skip


class Alarm(Struct, frozen=True):
    """A finding that was raised, with the completeness it rests on.

    `gaps` are those over two hours in the rule's window, `proven` whether the raw series shows
    by itself that less than the threshold was used in the window; None for other rules.
    """

    home: str
    rule: str
    raised: str
    complete_until: str
    interval_min: float
    gaps: int
    longest_gap_h: float
    proven: bool | None


class HomeReport(Struct, frozen=True):
    """What was found in one home; `months` are of 30 days."""

    home: str
    readings: int
    months: float
    gaps: int
    counts: Counts
    alarms: tuple[Alarm, ...]

    @property
    def unproven(self) -> int:
        """Welfare alarms that missing telemetry made, as the raw series shows."""
        return sum(alarm.proven is False for alarm in self.alarms)


def report_of(name: str, series: Series) -> HomeReport:
    """The report of the home `name`, whose resident is taken to live alone."""
    meter = home(name).meter
    table = {
        "version": 1,
        "site": meter.site,
        "unit": [{"code": meter.unit, "building": meter.building, "care": ["alone"]}],
        "device": [{"id": meter.device, "kind": "water", "unit": meter.unit}],
    }
    pipeline = Pipeline(Registry.parse(table, Path("replay")))
    made: list[Finding] = []
    for start in range(0, len(series), _BATCH):
        numbered = enumerate(series[start : start + _BATCH], start)
        messages = (_message(meter.device, meter.unit, seq, *sample) for seq, sample in numbered)
        made += pipeline.step(Admitted(tuple(messages)))
    raised = [found for found in made if found.state is FindingState.RAISED]
    times_ns = [at_ns for at_ns, _ in series]
    counters = pipeline.counters()
    return HomeReport(
        name,
        len(series),
        (times_ns[-1] - times_ns[0]) / (30 * 24 * HOUR_NS),
        sum(later - earlier > _GAP_NS for earlier, later in pairwise(times_ns)),
        Counts(**{field: counters[field] for field in Counts.__struct_fields__}),
        tuple(_alarm(name, found, series, times_ns) for found in raised),
    )


def is_proven(series: Series, start_ns: int, end_ns: int, threshold_l: float) -> bool:
    """Whether readings around `[start_ns, end_ns]` show that less than `threshold_l` was used.

    The readings taken for true are those of the longest sequence that never falls, of all
    within a day of the window: spikes and dips are out, and nothing of the edge is used.
    """
    times_ns = [at_ns for at_ns, _ in series]
    first = bisect_left(times_ns, start_ns - _AROUND_NS)
    last = bisect_right(times_ns, end_ns + _AROUND_NS)
    near = series[first:last]
    true = [near[i] for i in _longest_rising([litres for _, litres in near])]
    before = [litres for at_ns, litres in true if at_ns <= start_ns]
    after = [litres for at_ns, litres in true if at_ns >= end_ns]
    return bool(before and after) and after[0] - before[-1] < threshold_l


def write(reports: Sequence[HomeReport], out: TextIO, *, as_json: bool) -> int:
    """Print the reports; 1 when missing telemetry made an alarm, otherwise 0."""
    unproven = sum(report.unproven for report in reports)
    if as_json:
        homes = [msgspec.to_builtins(each) | {"unproven": each.unproven} for each in reports]
        json.dump({"homes": homes, "caused_by_missing_telemetry": unproven}, out)
        print(file=out)
        return int(unproven > 0)
    for report in reports:
        for alarm in report.alarms:
            print(_line(alarm), file=out)
    print(file=out)
    for row in _table(reports):
        print(row, file=out)
    alarms = Counter(alarm.rule for report in reports for alarm in report.alarms)
    counted = ", ".join(f"{count} {rule}" for rule, count in sorted(alarms.items())) or "none"
    print(f"\nfindings: {counted}", file=out)
    print(f"welfare findings caused by missing telemetry: {unproven}", file=out)
    return int(unproven > 0)


def _message(device: str, unit: str, seq: int, at_ns: int, litres: int) -> Message:
    reading = Reading(
        device, unit, Kind.WATER, "water.total", litres / 1000, at_ns, at_ns + 2 * SECOND_NS,
        TimeSource.METER, Quality.GOOD, historical=False, seq=seq, boot=1,
        resolution=RESOLUTION_M3,
    )  # fmt: skip
    return Message(device, 1, seq, seq.to_bytes(8, "big"), (reading,))


def _alarm(name: str, found: Finding, series: Series, times_ns: Sequence[int]) -> Alarm:
    until_ns, usual = found.evidence.complete_until_ns, found.evidence.usual
    start_ns = until_ns - int(float(usual.get("window_h", 12)) * HOUR_NS)
    around = slice(max(0, bisect_right(times_ns, start_ns) - 1), bisect_right(times_ns, until_ns))
    steps_ns = [later - earlier for earlier, later in pairwise(times_ns[around])]
    threshold_l = usual.get("threshold_l")
    return Alarm(
        name,
        found.rule,
        moment_text(found.at_ns),
        moment_text(until_ns),
        round(sorted(steps_ns)[len(steps_ns) // 2] / (60 * SECOND_NS), 1) if steps_ns else 0.0,
        sum(step_ns > _GAP_NS for step_ns in steps_ns),
        round(max(steps_ns, default=0) / HOUR_NS, 1),
        is_proven(series, start_ns, until_ns, float(threshold_l)) if threshold_l else None,
    )


def _longest_rising(values: Sequence[int]) -> list[int]:
    """The places of the longest subsequence that never falls."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for i, value in enumerate(values):
        place = bisect_right(tails, value)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1], ends[place : place + 1] = [value], [i]
    chosen, i = [], ends[-1] if ends else -1
    while i >= 0:
        chosen.append(i)
        i = before[i]
    return chosen[::-1]


def _line(alarm: Alarm) -> str:
    proof = {True: "proven", False: "NOT PROVEN", None: "-"}[alarm.proven]
    return (
        f"{alarm.home} {alarm.rule:12} at {alarm.raised} complete until {alarm.complete_until} "
        f"interval {alarm.interval_min:g} min, gaps {alarm.gaps} "
        f"(longest {alarm.longest_gap_h:g} h), {proof}"
    )


def _table(reports: Sequence[HomeReport]) -> Iterable[str]:
    columns = ("readings", "gaps", *_COLUMNS, "alarms", "unproven")
    yield f"{'home':10}" + "".join(f"{name:>14}" for name in columns)
    for report in reports:
        yield f"{report.home:10}" + "".join(f"{_cells(report)[name]:>14}" for name in columns)


def _cells(report: HomeReport) -> dict[str, Any]:
    alarms = sum(alarm.rule == "welfare" for alarm in report.alarms)
    counted = {"readings": report.readings, "gaps": report.gaps, "alarms": alarms}
    return structs.asdict(report.counts) | counted | {"unproven": report.unproven}
