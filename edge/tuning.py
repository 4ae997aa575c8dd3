"""What outcomes make of the budget of alarms: a little a week, never beyond its bounds.

The rule `routine` is bought at a number of alarms a month that a site can bear. Where people find
more of its alarms false than that, an alarm becomes dearer; where they find fewer, cheaper. One
step a week of the edge's own time at most, by enough labels only, and never dearer in a week in
which an alarm was real. Pure, and a part of the fold.
"""

from collections.abc import Iterable, Sequence
from math import sqrt

from msgspec import Struct

from edge.labels import Label
from edge.reading import DAY_NS, Finding, FindingState, Timeliness
from edge.registry import Unit

RULE = "routine"
STEP = 1.05
"""By so much the budget moves in a week."""
SCALE_MIN, SCALE_MAX = 2 / 3, 3 / 2
"""And no further than this from what was agreed, however long it goes on."""
LABELS_MIN = 5
"""Fewer outcomes in a week say nothing."""
_WEEK_NS = 7 * DAY_NS
_WEEKS_A_MONTH = 30 / 7
_FALSE, _REAL = "false_alarm", "real"


class TuningState(Struct, array_like=True):
    """The scale of the budget, and what this week has brought: alarms told, and outcomes."""

    scale: float = 1.0
    week: int = 0
    told: int = 0
    false: int = 0
    real: int = 0


class Tuning:
    """The budget of one site under the outcomes of its alarms."""

    def __init__(self) -> None:
        self.state = TuningState()
        self._expected = 0.0

    @property
    def scale(self) -> float:
        """What the agreed alarms a month are to be multiplied by."""
        return self.state.scale

    def go_by(self, units: Iterable[Unit]) -> None:
        """Expect of `units` what was agreed for them."""
        agreed = [each.routine for each in units if each.routine and each.care]
        tuned = sum(each.alarms_per_month for each in agreed if each.tuned)
        self._expected = tuned / _WEEKS_A_MONTH

    def note(self, told: Iterable[Finding]) -> None:
        """Count those of the findings that people were `told` which are alarms of the rule."""
        for each in told:
            is_alarm = each.rule == RULE and each.state is FindingState.RAISED
            if is_alarm and each.timeliness is not Timeliness.BACKFILL:
                self.state.told += 1

    def learn(self, labels: Sequence[Label], now_ns: int) -> bool:
        """Count outcomes that came by `now_ns`; whether the scale is another one now."""
        state, week = self.state, now_ns // _WEEK_NS
        before = state.scale
        if week > state.week:
            self._close_week()
            self.state = TuningState(self.state.scale, week)
        for label in labels:
            if label.rule == RULE:
                self._count(label.before, -1)
                self._count(label.outcome, 1)
        return self.state.scale != before

    def _count(self, outcome: str, change: int) -> None:
        state = self.state
        if outcome == _FALSE:
            state.false = max(0, state.false + change)
        elif outcome == _REAL:
            state.real = max(0, state.real + change)

    def _close_week(self) -> None:
        """Move by one step where the false alarms were clearly more, or fewer, than agreed."""
        state, labelled = self.state, self.state.false + self.state.real
        if labelled < LABELS_MIN or not self._expected:
            return
        false = max(state.told, labelled) * state.false / labelled
        surprise = false - self._expected
        if abs(surprise) <= sqrt(self._expected):
            return
        if surprise < 0:
            state.scale = min(SCALE_MAX, state.scale * STEP)
        elif not state.real:
            state.scale = max(SCALE_MIN, state.scale / STEP)
