"""The judgement of one meter's samples, one after the other by event time.

A sample that follows the last believed one is believed. Any other is refused, with a
reason, until enough samples in a row agree on a new register; then the two registers are
joined, and what was used across the joint is unknown.
"""

from operator import attrgetter
from typing import Final

from edge.chain import Chain, Joint, JointKind
from edge.registry import Device
from edge.replacement import Replacement
from edge.signature import (
    AGREEING,
    JOINTS,
    NEAR_ZERO_ML,
    REFUSALS,
    Sample,
    Verdict,
    line_of,
    wrapped_ml,
)

_NEVER_NS: Final = 2**63 - 1
_NO_EVIDENCE: Final = 2**63 - 1
_DOUBTED_MAX: Final = 64
_at_ns = attrgetter("at_ns")


class Judge:
    """The samples so far: the chain of those believed, and what became of the others.

    `course` is another object whenever a sample did not simply follow the last one.
    `odd` holds the verdict of every sample that was not simply believed, by its time;
    `mistaken` the last samples in a wrong unit since the last believed one, three at most.
    """

    __slots__ = (
        "_at_ns", "_boot", "_doubted", "_is_plain", "_line", "_next_ns", "_offset_ml", "_pending",
        "_row", "_rows", "_start_ns", "_volume_ml", "chain", "course", "mistaken", "odd",
    )  # fmt: skip

    def __init__(self, device: Device, tick_ml: int, offset_ml: int = 0) -> None:
        self._line = line_of(device.q_max_m3h, tick_ml)
        self._offset_ml = offset_ml
        self._at_ns = self._volume_ml = self._boot = self._start_ns = 0  # the last believed
        self._is_plain = False  # nothing was refused or declared since then
        self._pending: tuple[Sample, ...] = ()  # agree with each other, not with what is believed
        self._doubted: tuple[Sample, ...] = ()  # might have been the first of a new register
        self._rows = tuple(sorted(device.replacements, key=_at_ns))
        self._row: Replacement | None = None  # in force, and no sample was believed since
        self._next_ns = self._rows[0].at_ns if self._rows else _NEVER_NS
        self.chain = Chain()
        self.course = object()
        self.odd: dict[int, Verdict] = {}
        self.mistaken: tuple[Sample, ...] = ()

    @property
    def register_ml(self) -> int:
        """What the last believed sample showed."""
        return self._volume_ml

    def judge(self, at_ns: int, volume_ml: int, boot: int) -> bool:
        """Take in the next sample by event time; whether the chain ends with it as it is."""
        if at_ns >= self._next_ns:
            self._turn_to(at_ns)
        if self._is_plain and boot == self._boot:
            rise_ml, line = volume_ml - self._volume_ml, self._line
            if 0 <= rise_ml <= (at_ns - self._at_ns) * line.q_max_ml_ns + line.slack_ml:
                self._at_ns, self._volume_ml = at_ns, volume_ml
                self.chain.append(at_ns, volume_ml + self._offset_ml)
                return self._offset_ml == 0
        self.course = object()
        sample = Sample(at_ns, volume_ml, boot)
        if self.chain.times_ns:
            self._weigh(sample, Sample(self._at_ns, self._volume_ml, self._boot))
        else:
            self._start_ns = at_ns
            self._believe(sample)
        return self.chain.last_ns == at_ns and self.chain.volumes_ml[-1] == volume_ml

    def _weigh(self, sample: Sample, last: Sample) -> None:
        """Judge a sample that does not simply follow `last`."""
        line = self._line
        if not line.follows(last, sample, line.slack_ml):
            self._refuse(sample, last)
        elif rivals := [p for p in self._rivals() if line.follows(p, sample)]:
            since_last = all(p.at_ns > last.at_ns for p in rivals)
            highest_ml = max(last.volume_ml, *(p.volume_ml for p in rivals))
            least_ml = max(0, sample.volume_ml - highest_ml) if since_last else 0
            self._join(JointKind.EXCURSION, sample, least_ml)
        elif self._row is not None:
            self._join(JointKind.DECLARED, _held(sample, last))
        elif sample.boot > last.boot and sample.volume_ml <= NEAR_ZERO_ML:
            least_ml = sample.volume_ml - last.volume_ml  # it may have begun at 0 again
            self._join(JointKind.RESET, sample, max(0, least_ml))
        else:
            self._believe(_held(sample, last))

    def _rivals(self) -> tuple[Sample, ...]:
        """What a sample might follow instead: refused samples, and a register that had fallen."""
        joint = self.chain.joints[-1] if self.chain.joints else None
        if joint is None or joint.kind is JointKind.DECLARED or joint.last_ml <= joint.first_ml:
            return self._doubted
        return (*self._doubted, Sample(joint.last_ns, joint.last_ml, 0))

    def _believe(self, sample: Sample) -> None:
        self.chain.append(sample.at_ns, sample.volume_ml + self._offset_ml)
        self._go_on(sample)

    def _go_on(self, sample: Sample) -> None:
        self._at_ns, self._volume_ml, self._boot = sample
        self._row, self._is_plain = None, not self.chain.doubts_ns
        self._pending = self._doubted = self.mistaken = ()

    def _refuse(self, sample: Sample, last: Sample) -> None:
        verdict = next(name for name, test in REFUSALS if test(self._line, last, sample))
        self._is_plain = False
        self.odd[sample.at_ns] = verdict
        if verdict is Verdict.UNIT:
            self.mistaken = (*self.mistaken[1 - AGREEING :], sample)
            return
        if verdict is Verdict.SUSPECT:
            self._doubted = (*self._doubted[1 - _DOUBTED_MAX :], sample)
        if self._pending and not self._line.follows(self._pending[-1], sample):
            self._pending = ()
        self._pending += (sample,)
        self._change(last)

    def _change(self, last: Sample) -> None:
        """Take the pending samples for another register, if enough of them agree."""
        first, *following = self._pending
        kind, needed = next((k, n) for k, n, test in JOINTS if test(self._line, last, first))
        if len(self._pending) < needed:
            return
        least_ml = 0
        if kind is JointKind.REPLACED and (earlier := self._taken_back(first)):
            kind, least_ml = JointKind.EXCURSION, first.volume_ml - earlier.volume_ml
        doubted = tuple(each for each in self._doubted if each.at_ns < first.at_ns)
        self._join(kind, first, least_ml)
        for sample in following:
            self._doubted = doubted  # it may be what was refused that they follow
            del self.odd[sample.at_ns]
            self._weigh(sample, Sample(self._at_ns, self._volume_ml, self._boot))

    def _taken_back(self, first: Sample) -> Sample | None:
        """The sample that `first` follows, when those after it can be taken back; they are then.

        Fewer samples than would make a register left its line, and it has come back to it.
        """
        chain = self.chain
        for count in range(1, AGREEING):
            i = len(chain.times_ns) - 1 - count
            if self._row is not None or i < 0 or chain.times_ns[i] < self._start_ns:
                return None
            earlier = Sample(chain.times_ns[i], chain.volumes_ml[i] - self._offset_ml, 0)
            if self._line.follows(earlier, first):
                for at_ns in chain.times_ns[-count:]:
                    self.odd[at_ns] = Verdict.SUSPECT
                chain.drop_last(count)
                self._at_ns, self._volume_ml, _ = earlier
                return earlier
        return None

    def _join(self, kind: JointKind, first: Sample, least_ml: int = 0) -> None:
        """Believe `first` as the beginning of what follows; `least_ml` was surely used before."""
        chain, last = self.chain, Sample(self._at_ns, self._volume_ml, self._boot)
        if kind is not JointKind.DECLARED:
            self._offset_ml = chain.volumes_ml[-1] + least_ml - first.volume_ml
        joint = Joint(
            kind,
            last_ns=chain.times_ns[-1],
            at_ns=first.at_ns,
            last_ml=self._row.last_ml if self._row else last.volume_ml,
            first_ml=first.volume_ml,
            offset_ml=self._offset_ml,
            inferred_ml=wrapped_ml(self._line, last, first) if kind is JointKind.ROLLOVER else None,
        )
        chain.join(joint)
        self.odd[first.at_ns] = Verdict[kind.name]
        self._start_ns = first.at_ns
        self._go_on(first)

    def _turn_to(self, at_ns: int) -> None:
        """Apply the replacements that were declared for times up to `at_ns`."""
        while self._rows and self._rows[0].at_ns <= at_ns:
            row, *later = self._rows
            self._rows = tuple(later)
            if self.chain.times_ns:
                self._replace(row)
        self._next_ns = self._rows[0].at_ns if self._rows else _NEVER_NS

    def _replace(self, row: Replacement) -> None:
        """Go on from the new register; one that the old register denies is only a rival."""
        last = Sample(self._at_ns, self._volume_ml, self._boot)
        removed = Sample(row.at_ns, row.last_ml, last.boot)
        fitted = Sample(row.at_ns, row.first_ml, _NO_EVIDENCE)
        if self._line.follows(last, removed, self._line.slack_ml):
            self._offset_ml += _held(removed, last).volume_ml - row.first_ml
            self._go_on(fitted)
            self._row = row
        else:
            self._pending, self._doubted = (), (*self._doubted, fitted)
        self._is_plain = False


def _held(sample: Sample, last: Sample) -> Sample:
    """The sample, which holds the maximum if it dips within two ticks."""
    return sample._replace(volume_ml=max(sample.volume_ml, last.volume_ml))
