"""What rules would have told people over the same history, counted alike and held side by side.

The history is the site's own journal, replayed: each rule lives through the same entries, whether
it speaks or not, and what people found alarms to be is known where they said so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from msgspec import Struct

from edge.entry import Admitted, Entry, Labelled
from edge.labels import Label
from edge.mode import Mode, Modes, mode_of
from edge.pipeline import Pipeline
from edge.reading import DAY_NS, HOUR_NS, Finding, FindingState, Timeliness

HOMES_A_WORKER = 40
"""So many cared-for homes one worker looks after."""
_MONTH_NS = 30 * DAY_NS
_NEVER_NS = 2**63 - 1
_FALSE, _REAL = "false_alarm", "real"


class Told(NamedTuple):
    """One alarm: since when there was cause for it, when it was told, and when it was over."""

    id: str
    subject: str
    since_ns: int
    told_ns: int
    over_ns: int

    def meets(self, other: "Told") -> bool:
        """Whether both were about one subject at one time."""
        return self.since_ns <= other.over_ns and other.since_ns <= self.over_ns


class Played(NamedTuple):
    """A history: what each rule told, what alarms turned out to be, and how much of it there is."""

    told: Mapping[str, Sequence[Told]]
    outcomes: Mapping[str, str]
    homes: int
    days: float


class RuleReport(Struct, frozen=True):
    """What one rule would have told; the outcomes are of those that people have closed."""

    rule: str
    mode: Mode
    alarms: int
    homes: int
    per_home_month: float
    per_worker_day: float
    delay_median_h: float | None
    false_alarms: int
    real: int


class Pair(Struct, frozen=True):
    """A rule in the shadow beside the one that speaks.

    `delay_change_h` is by how much later the shadow would have told of what both did, at the
    median. Of what people found real or false: what the shadow would have told as well.
    """

    shadow: str
    live: str
    both: int
    only_shadow: int
    only_live: int
    delay_change_h: float | None
    real_of_live: int
    real_found_too: int
    false_of_live: int
    false_told_too: int


def played(pipeline: Pipeline, entries: Iterable[Entry]) -> Played:
    """Let a fresh `pipeline` live through `entries`; what all its rules had to say."""
    statements: defaultdict[str, dict[str, Told]] = defaultdict(dict)
    outcomes: dict[str, str] = {}
    first_ns, last_ns = _NEVER_NS, 0
    for entry in entries:
        for at_ns in _received_ns(entry):
            first_ns, last_ns = min(first_ns, at_ns), max(last_ns, at_ns)
        for finding in (*pipeline.step(entry), *pipeline.shadowed):
            if finding.timeliness is not Timeliness.BACKFILL:
                _note(statements[finding.rule], finding)
        if isinstance(entry, Labelled):
            _learn(outcomes, entry.labels)
    told = {rule: tuple(each.values()) for rule, each in statements.items()}
    return Played(told, outcomes, len(pipeline.homes()), max(0, last_ns - first_ns) / DAY_NS)


def reports(history: Played, rules: Iterable[str], modes: Modes) -> Iterator[RuleReport]:
    """Yield what each of `rules` told."""
    months = max(history.homes * history.days * DAY_NS / _MONTH_NS, 1e-9)
    worker_days = max(history.homes / HOMES_A_WORKER * history.days, 1e-9)
    for rule in rules:
        told = history.told.get(rule, ())
        found = [history.outcomes.get(each.id) for each in told]
        yield RuleReport(
            rule,
            mode_of(rule, modes),
            len(told),
            len({each.subject for each in told}),
            round(len(told) / months, 3),
            round(len(told) / worker_days, 3),
            _median_h([each.told_ns - each.since_ns for each in told]),
            found.count(_FALSE),
            found.count(_REAL),
        )


def pair(history: Played, shadow: str, live: str) -> Pair:
    """How `shadow` would have done in the place of `live`."""
    ours, theirs = history.told.get(shadow, ()), history.told.get(live, ())
    by_subject: defaultdict[str, list[Told]] = defaultdict(list)
    for each in ours:
        by_subject[each.subject].append(each)
    matches = {each.id: _match(each, by_subject[each.subject]) for each in theirs}
    met = {each.id for each in matches.values() if each}
    changes = [m.told_ns - each.told_ns for each in theirs if (m := matches[each.id])]
    by_outcome = {
        outcome: [each for each in theirs if history.outcomes.get(each.id) == outcome]
        for outcome in (_REAL, _FALSE)
    }
    also = {k: sum(matches[each.id] is not None for each in v) for k, v in by_outcome.items()}
    return Pair(
        shadow,
        live,
        len(changes),
        sum(each.id not in met for each in ours),
        len(theirs) - len(changes),
        _median_h(changes),
        len(by_outcome[_REAL]),
        also[_REAL],
        len(by_outcome[_FALSE]),
        also[_FALSE],
    )


def _received_ns(entry: Entry) -> Iterator[int]:
    if isinstance(entry, Admitted):
        for message in entry.messages:
            yield message.readings[-1].received_ns


def _note(told: dict[str, Told], finding: Finding) -> None:
    known = told.get(finding.id)
    if known is None and finding.state is not FindingState.CLEARED:
        told[finding.id] = Told(
            finding.id, finding.subject, finding.since_ns, finding.at_ns, _NEVER_NS
        )
    elif known is not None and finding.state is FindingState.CLEARED:
        told[finding.id] = known._replace(over_ns=finding.at_ns)


def _learn(outcomes: dict[str, str], labels: Iterable[Label]) -> None:
    """Take in what people said; the last word on an alarm counts."""
    for label in labels:
        outcomes[label.finding] = label.outcome


def _match(told: Told, others: Sequence[Told]) -> Told | None:
    return next((each for each in others if each.meets(told)), None)


def _median_h(durations_ns: Sequence[int]) -> float | None:
    return round(median(durations_ns) / HOUR_NS, 2) if durations_ns else None
