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
from edge.remembered import Counts
from simulators.estate import home
from simulators.households import Sample, Series, moment_text
from simulators.meters import RESOLUTION_M3

_GAP_NS = 2 * HOUR_NS
_NEAREST = 3
_TICKS_L = 2
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
        messages = (_message(meter.device, meter.unit, seq, sample) for seq, sample in numbered)
        made += pipeline.step(Admitted(tuple(messages)))
    raised = [found for found in made if found.state is FindingState.RAISED]
    times_ns = [each.at_ns for each in series]
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
    """Whether raw readings around `[start_ns, end_ns]` show less use than `threshold_l`.

    A register that never falls cannot hide use between two of its readings, so any pair of the
    three readings before and the three after may prove it; a register wavers by two litres.
    """
    times_ns = [each.at_ns for each in series]
    until, after = bisect_right(times_ns, start_ns), bisect_left(times_ns, end_ns)
    firsts, lasts = series[max(0, until - _NEAREST) : until], series[after : after + _NEAREST]
    rises_l = [last.litres - first.litres for first in firsts for last in lasts]
    return any(-_TICKS_L <= rise_l < threshold_l + _TICKS_L for rise_l in rises_l)


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


def _message(device: str, unit: str, seq: int, sample: Sample) -> Message:
    at_ns = sample.at_ns
    reading = Reading(
        device, unit, Kind.WATER, "water.total", sample.litres / 1000, at_ns, at_ns + 2 * SECOND_NS,
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
