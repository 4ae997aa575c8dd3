"""Alarms held against labels: which events were told, how late, and which alarms were false."""

import math
from collections.abc import Iterable, Sequence

from msgspec import Struct

from edge.reading import HOUR_NS, SECOND_NS
from simulators.evaluate.labelled.scenario import Alarm, Judged, Label, Span


class Outcome(Struct, frozen=True):
    """What became of the events and alarms of one world under one rule.

    `delays_s` has a number for every event, infinity where it was never told. `repeats` are
    further alarms about an event; `late` ones came too late to count for it. Neither is `false`.
    """

    alarms: int
    delays_s: tuple[float, ...]
    repeats: int
    late: int
    false: tuple[Alarm, ...]
    from_missing_data: int = 0


def outcome(
    alarms: Iterable[Alarm], labels: Iterable[Label], judged: Judged, span: Span
) -> Outcome:
    """The `alarms` of one rule held against the `labels` of it that begin after the warm-up."""
    mine = sorted((each for each in labels if each.rule == judged.rule), key=lambda e: e.start_ns)
    told = [each for each in alarms if each.told_ns >= span.warm_ns]
    first_ns: dict[Label, int] = {}
    repeats, late, false = 0, 0, []
    for alarm in sorted(told, key=lambda each: each.told_ns):
        about = _about(alarm, mine, judged.within_ns)
        news = [each for each in about if each not in first_ns]
        if not about:
            false.append(alarm)
        elif all(alarm.told_ns > each.end_ns + judged.within_ns for each in about):
            late += 1
        elif news:
            first_ns[news[0]] = alarm.told_ns
        else:
            repeats += 1
    events = [each for each in mine if each.start_ns >= span.warm_ns]
    delays_s = tuple(
        (first_ns[each] - each.start_ns) / SECOND_NS if each in first_ns else math.inf
        for each in events
    )
    return Outcome(len(told), delays_s, repeats, late, tuple(false))


def of_no_other(alarms: Iterable[Alarm], labels: Iterable[Label], judged: Judged) -> list[Alarm]:
    """The `alarms` less those about events of other rules: for who cannot tell which it was."""
    mine = [each for each in labels if each.rule == judged.rule]
    others = [each for each in labels if each.rule != judged.rule]
    return [
        alarm
        for alarm in alarms
        if _about(alarm, mine, judged.within_ns) or not _about(alarm, others, judged.within_ns)
    ]


def from_missing_data(false: Sequence[Alarm], whole: Sequence[Alarm], within_ns: int) -> int:
    """How many `false` alarms the same world without its holes has no like of."""
    near_ns = within_ns + HOUR_NS
    return sum(
        not any(
            other.subject == alarm.subject and abs(other.told_ns - alarm.told_ns) <= near_ns
            for other in whole
        )
        for alarm in false
    )


def _about(alarm: Alarm, labels: Iterable[Label], within_ns: int) -> list[Label]:
    """The events that the time from the beginning of `alarm` to its telling touches."""
    return [
        label
        for label in labels
        if label.subject == alarm.subject
        and label.start_ns <= alarm.told_ns
        and alarm.since_ns <= label.end_ns + within_ns
    ]
