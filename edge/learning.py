"""What people said of alarms and decided about rules: kept together, and a part of the fold.

Labels are counted, modes part what rules say, and outcomes move one budget of the site, and what
rules ask for at one place, within their bounds.
Each comes as a journal entry, so a replay has learned the same at the same place.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edge.checkpoint import Checkpoint
from edge.entry import Labelled, Retuned, Ruled
from edge.labels import LabelPage, Labels
from edge.places import Places
from edge.reading import Finding
from edge.registry import Registry
from edge.shadow import NOTHING, Parted, Shadow
from edge.subjects import Subjects
from edge.succession import standing, stands
from edge.tuning import Tuning
from edge.watch import Watch


class Learning:
    """The labels, the modes, the tuned budget and the tuned places of one edge."""

    def __init__(self, leeway: Mapping[str, float]) -> None:
        self.labels = Labels()
        self.shadow = Shadow()
        self.tuning = Tuning()
        self.places = Places(leeway)
        self.taken = 0
        """Labels counted by the last `take`."""

    def part(self, found: Sequence[Finding]) -> Parted:
        """Those `found` that are for people, which are counted as told, and the others."""
        if not found:
            return NOTHING
        parted = self.shadow.part(found)
        self.tuning.note(parted.live)
        return parted

    def take(self, entry: Labelled | Retuned, subjects: Subjects) -> bool:
        """Count what is new of labels, or put back; whether `subjects` are judged anew by it."""
        if isinstance(entry, Retuned):
            self.taken = 0
            moved = self._retune(entry)
        else:
            moved = self._learn(entry, subjects.hearing.state().proof_ns)
        if moved:
            self.apply(subjects)
        return moved

    def _retune(self, entry: Retuned) -> bool:
        faded = self.places.fade(entry.at_ns)
        return self.places.agree(entry.agreed) or faded

    def _learn(self, entry: Labelled, now_ns: int) -> bool:
        fresh = self.labels.fresh(LabelPage(1, entry.epoch, entry.labels))
        self.taken = self.labels.take(entry.epoch, entry.labels)
        moved = self.places.learn(fresh, now_ns)
        return self.tuning.learn(fresh, now_ns) or moved

    def apply(self, subjects: Subjects) -> None:
        """Let `subjects` be judged by what was learned."""
        subjects.scale_budgets(self.tuning.scale)
        subjects.scale_rules(self.places.scales())

    def go_on(self, registry: Registry, at_ns: int) -> None:
        """Forget what was learned of places that `registry` does not have at `at_ns`."""
        self.places.leave(lambda subject: stands(subject, registry, at_ns))

    def go_by(
        self, change: Ruled, watches: Iterable[tuple[str, Watch[Any]]]
    ) -> tuple[Finding, ...]:
        """Go by other modes; what a rule that is promoted by them stands by is told now."""
        return self.shadow.go_by(change, standing(watches))

    def restore(self, saved: Checkpoint) -> None:
        """Become what was saved."""
        self.labels.restore(saved.labels)
        self.shadow.state, self.tuning.state = saved.shadow, saved.tuning
        self.places.state = saved.places

    def shown(self) -> dict[str, object]:
        """What the health message says: the modes that some rules were given, and the budget."""
        return {
            "version": self.shadow.version,
            "modes": dict(self.shadow.modes),
            "budget_scale": round(self.tuning.scale, 4),
            "scales": self.places.scales(),
        }
