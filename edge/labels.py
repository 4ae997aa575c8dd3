"""What people found each alarm to be, told back to the edge that raised it.

Pure, and a part of the fold: labels come as journal entries, so that a replay knows them too.
They are counted by rule and subject and change no verdict; what `edge.tuning` makes of them is its
own affair. The gateway numbers them; each is counted once, however often it is sent.
"""

from collections.abc import Mapping

from msgspec import Struct, field

PAIRS_MAX = 2_000
"""Rules on subjects that are remembered; the one longest without a label makes room."""
PAGE_MAX = 50
_TEXT_MAX = 200


class Label(Struct, frozen=True, array_like=True):
    """The outcome of one finding; `before` is what was said of it earlier, "" for nothing.

    An empty `outcome` takes back what was said: the incident is open again. `by` tells the people
    who say so apart and names nobody.
    """

    seq: int
    finding: str
    rule: str
    subject: str
    outcome: str
    before: str
    at_ns: int
    by: str = ""


class LabelPage(Struct, frozen=True):
    """Labels in the order of their numbers, as the gateway sends them; `epoch` numbers anew."""

    v: int
    epoch: str
    labels: tuple[Label, ...]


class LabelAck(Struct, frozen=True):
    """The edge holds every label of `epoch` up to `upto`."""

    v: int
    edge: str
    epoch: str
    upto: int


class LabelState(Struct, array_like=True):
    """What is remembered: how far the numbers go, and counts by "rule subject" and outcome."""

    epoch: str = ""
    upto: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    forgotten: int = 0


class Labels:
    """The labels of one edge."""

    def __init__(self) -> None:
        self._state = LabelState()

    @property
    def upto(self) -> tuple[str, int]:
        """The epoch and the last number that is counted."""
        return self._state.epoch, self._state.upto

    def fresh(self, page: LabelPage) -> tuple[Label, ...]:
        """Those of `page` that are not counted yet, in order."""
        upto = self._state.upto if page.epoch == self._state.epoch else 0
        return tuple(label for label in page.labels if label.seq > upto)

    def take(self, epoch: str, labels: tuple[Label, ...]) -> int:
        """Count what is new of `labels`; returns how many were."""
        state = self._state
        if epoch != state.epoch:
            state.epoch, state.upto = epoch, 0
        taken = 0
        for label in labels:
            if label.seq > state.upto:
                state.upto = label.seq
                self._count(label)
                taken += 1
        return taken

    def by_rule(self) -> dict[str, dict[str, int]]:
        """Counts by rule and outcome, over the subjects that are remembered."""
        told: dict[str, dict[str, int]] = {}
        for pair, counts in self._state.counts.items():
            of_rule = told.setdefault(pair.partition(" ")[0], {})
            for outcome, count in counts.items():
                of_rule[outcome] = of_rule.get(outcome, 0) + count
        return told

    def of(self, rule: str, subject: str) -> Mapping[str, int]:
        """Counts by outcome of one rule on one subject; empty when none is remembered."""
        return self._state.counts.get(f"{rule} {subject}", {})

    @property
    def forgotten(self) -> int:
        """How many pairs made room for others."""
        return self._state.forgotten

    def state(self) -> LabelState:
        """All that is remembered; to be encoded at once."""
        return self._state

    def restore(self, state: LabelState) -> None:
        """Become the labels that gave out `state`."""
        self._state = state

    def _count(self, label: Label) -> None:
        pair, all_counts = f"{label.rule} {label.subject}", self._state.counts
        counts = all_counts.pop(pair, {})
        for outcome, change in ((label.before, -1), (label.outcome, 1)):
            if outcome:
                counts[outcome] = max(0, counts.get(outcome, 0) + change)
        all_counts[pair] = counts  # the newest stands last
        if len(all_counts) > PAIRS_MAX:
            del all_counts[next(iter(all_counts))]
            self._state.forgotten += 1


def is_sound(page: LabelPage) -> bool:
    """Whether every part of `page` is within its limits and in order."""
    seqs = [label.seq for label in page.labels]
    texts = [text for each in page.labels for text in (each.finding, each.rule, each.subject)]
    marks = [text for each in page.labels for text in (each.outcome, each.before, each.by)]
    return (
        page.v == 1
        and 0 < len(page.epoch) <= _TEXT_MAX
        and 0 < len(seqs) <= PAGE_MAX
        and seqs == sorted(set(seqs))
        and all(0 < seq < 2**53 for seq in seqs)
        and all(0 < len(text) <= _TEXT_MAX for text in texts)
        and all(len(text) <= _TEXT_MAX for text in marks)
        and all(0 <= label.at_ns < 2**63 for label in page.labels)
    )
