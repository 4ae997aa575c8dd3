"""What people said of alarms and decided about rules: kept together, and a part of the fold.

Labels are counted, modes part what rules say, and outcomes move one budget within its bounds.
Each comes as a journal entry, so a replay has learned the same at the same place.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from edge.checkpoint import Checkpoint
from edge.entry import Labelled, Ruled
from edge.labels import LabelPage, Labels
from edge.reading import Finding
from edge.shadow import NOTHING, Parted, Shadow
from edge.succession import standing
from edge.tuning import Tuning
from edge.watch import Watch


class Learning:
    """The labels, the modes and the tuned budget of one edge."""

    def __init__(self) -> None:
        self.labels = Labels()
        self.shadow = Shadow()
        self.tuning = Tuning()
        self.taken = 0
        """Labels counted by the last `take`."""

    def part(self, found: Sequence[Finding]) -> Parted:
        """Those `found` that are for people, which are counted as told, and the others."""
        if not found:
            return NOTHING
        parted = self.shadow.part(found)
        self.tuning.note(parted.live)
        return parted

    def take(self, entry: Labelled, now_ns: int) -> bool:
        """Count what is new of the labels; whether the budget is another one now."""
        fresh = self.labels.fresh(LabelPage(1, entry.epoch, entry.labels))
        self.taken = self.labels.take(entry.epoch, entry.labels)
        return self.tuning.learn(fresh, now_ns)

    def go_by(
        self, change: Ruled, watches: Iterable[tuple[str, Watch[Any]]]
    ) -> tuple[Finding, ...]:
        """Go by other modes; what a rule that is promoted by them stands by is told now."""
        return self.shadow.go_by(change, standing(watches))

    def restore(self, saved: Checkpoint) -> None:
        """Become what was saved."""
        self.labels.restore(saved.labels)
        self.shadow.state, self.tuning.state = saved.shadow, saved.tuning

    def shown(self) -> dict[str, object]:
        """What the health message says: the modes that some rules were given, and the budget."""
        return {
            "version": self.shadow.version,
            "modes": dict(self.shadow.modes),
            "budget_scale": round(self.tuning.scale, 4),
        }
