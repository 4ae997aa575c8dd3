"""A cumulative register as a window of samples, judged as one sequence by event time.

Order, duplicates and batching of their arrival change nothing: what comes late is put in its
place and the sequence is judged again, with what was declared and which boot of the device
spoke. `edge.judge` says what is believed.
"""

from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import structs

from edge.chain import WINDOW_NS, Chain, Joint, JointKind
from edge.faults import Faults
from edge.fields import Fields
from edge.judge import Judge
from edge.reading import Quality, Reading, TimeSource
from edge.registry import Binding
from edge.remembered import NEVER_NS, Counts, MeterState
from edge.rhythm import Rhythm, median_ns
from edge.samples import Samples
from edge.signature import AGREEING, Sample, Verdict, in_ml

SAMPLES_MAX: Final = 1_024
_WATER: Final = "water.total"
_GOOD: Final = Quality.GOOD
_UNSET: Final = TimeSource.UNSET
_NO_TIMES: Final = frozenset[int]()
_RESOLUTION_M3: Final = 0.001
"""Taken where neither the readings nor the registry name one."""
_INTERVAL_GAPS: Final = 16


class Change(NamedTuple):
    """A change of the register that a person should confirm.

    The old register was last seen at `last_ml`, the new one first at `first_ml`. A unit mistake
    has no new register: `first_ml` is what the meter says, read as it was sent.
    """

    kind: JointKind | None
    last_ns: int
    first_ns: int
    last_ml: int
    first_ml: int
    inferred_ml: int | None = None


class Meter:
    """The water register of one device while it hangs in one home.

    `rhythm` is how often the device is heard; whoever hears it may put its own there.
    """

    __slots__ = (
        "_begun_ns", "_binding", "_conflicts_ns", "_counts", "_judge", "_offset_ml",
        "_resolution_at_ns", "_resolution_m3", "_samples", "_trimmed", "faults", "resolution_ml",
        "rhythm",
    )  # fmt: skip

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._samples = Samples()
        self._conflicts_ns = _NO_TIMES
        self._offset_ml = 0  # of the chain above the register, at the first sample
        self._resolution_at_ns = self._begun_ns = NEVER_NS
        self._resolution_m3 = 0.0  # as it was last said, to know it again at once
        self.resolution_ml = in_ml(binding.device.resolution_m3 or _RESOLUTION_M3)
        self._judge_again()
        self.faults = Faults()
        self._counts, self._trimmed = _NONE, 0
        self.rhythm = Rhythm()

    @property
    def chain(self) -> Chain:
        """The believed samples of the window, over every register that hung there."""
        return self._judge.chain

    @property
    def course(self) -> object:
        """The same object for as long as samples only follow each other, each after the last."""
        return self._judge.course

    @property
    def watermark_ns(self) -> int | None:
        """The event time up to which the register is known: that of the last believed sample."""
        last_ns = self._judge.chain.last_ns
        return None if last_ns < 0 else last_ns

    @property
    def register_ml(self) -> int | None:
        """What the register that hangs there now showed at the watermark."""
        return self._judge.register_ml if self._judge.chain.times_ns else None

    @property
    def counts(self) -> Counts:
        """What was counted since the meter was first seen."""
        tally = Counter(structs.asdict(self._settled()))
        tally.update(_COUNTED[verdict] for verdict in self._judge.odd.values())
        tally["conflicts"] += len(self._conflicts_ns)
        return Counts(**tally)

    def interval_ns(self) -> int:
        """The median of the last 16 gaps between believed samples; 0 before the second."""
        recent = self._judge.chain.times_ns[-_INTERVAL_GAPS - 1 :]
        return median_ns([later - earlier for earlier, later in pairwise(recent)])

    def change(self) -> Change | None:
        """The first change of the register in the window that a person should confirm."""
        judge = self._judge
        if judge.chain.doubts_ns:
            for joint in judge.chain.joints:
                if joint.kind in _CONFIRMED_BY_PEOPLE:
                    return _change(joint)
        if len(judge.mistaken) < AGREEING:
            return None
        last_ns, mistaken = judge.chain.times_ns[-1], judge.mistaken[0]
        return Change(None, last_ns, mistaken.at_ns, judge.register_ml, mistaken.volume_ml)

    def observe(self, reading: Reading) -> bool:
        """Take in a reading of this device; whether any answer may be another now."""
        return self.take(Fields(reading))

    def take(self, said: Fields) -> bool:
        """As `observe`, of a reading that is taken apart."""
        value, at_ns = said.value, said.at_ns
        if said.channel != _WATER:
            if said.channel != "meter.fault":
                return False
            self.faults.add(at_ns, str(value))
            return True
        if isinstance(value, str):
            return False
        if said.quality is not _GOOD or (said.clock is _UNSET and not said.offset_ns):
            self._add("estimated" if said.quality is Quality.ESTIMATED else "unusable")
            return False
        resolution_m3 = said.resolution
        if resolution_m3 and at_ns >= self._resolution_at_ns:
            self._resolution_at_ns = at_ns
            if resolution_m3 != self._resolution_m3:
                self._learn_resolution(resolution_m3)
        return self._insert(at_ns, in_ml(value), said.boot)

    def begin_again(self, from_ns: int) -> None:
        """Forget every sample, and take none before `from_ns`: their times were wrong."""
        self._samples, self._conflicts_ns, self._offset_ml = Samples(), _NO_TIMES, 0
        self._begun_ns = max(self._begun_ns, from_ns)
        self._judge_again()

    def state(self) -> MeterState:
        """The whole meter, for a checkpoint."""
        return MeterState(
            *self._samples.state(),
            sorted(self._conflicts_ns),
            self._offset_ml,
            self._begun_ns,
            self.resolution_ml,
            self._resolution_at_ns,
            *self.faults.state(),
            self._settled(),
        )

    def restore(self, state: MeterState) -> None:
        """Become the meter that gave `state`, as the declared replacements of now make it."""
        self._samples = Samples(state.times_ns, state.volumes_ml, state.boots)
        self._conflicts_ns = frozenset(state.conflicts_ns) or _NO_TIMES
        self._offset_ml = state.offset_ml
        self._begun_ns = state.begun_ns
        self.resolution_ml = state.resolution_ml
        self._resolution_at_ns = state.resolution_at_ns
        self.faults = Faults(state.fault_times_ns, state.fault_texts)
        self._counts, self._trimmed = _shared(state.counts), state.counts.trimmed
        self._judge_again()

    def _learn_resolution(self, resolution_m3: float) -> None:
        """Believe the newest reading that names a resolution."""
        self._resolution_m3 = resolution_m3
        resolution_ml = in_ml(resolution_m3)
        if resolution_ml != self.resolution_ml:
            self.resolution_ml = resolution_ml
            self._judge_again()

    def _insert(self, at_ns: int, volume_ml: int, boot: int) -> bool:
        if at_ns < self._begun_ns:
            self._add("too_late")
            return False
        if at_ns > self._samples.newest_ns:
            believed = self._judge.judge(at_ns, volume_ml, boot)
            self._samples.append(at_ns, volume_ml, boot, believed=believed)
        elif not self._insert_late(Sample(at_ns, volume_ml, boot)):
            return False
        self._trim()
        return True

    def _insert_late(self, sample: Sample) -> bool:
        samples = self._samples
        i = bisect_left(samples.times_ns, sample.at_ns)
        if samples.times_ns[i] == sample.at_ns:
            if samples.volumes_ml[i] != sample.volume_ml:
                self._conflicts_ns |= {sample.at_ns}
            if not samples.merge(i, sample):
                return False
        elif self._is_too_late(sample.at_ns):
            self._add("too_late")
            return False
        else:
            samples.insert(i, sample)
        self._judge_again()
        return True

    def _is_too_late(self, at_ns: int) -> bool:
        times_ns = self._samples.times_ns
        full = len(times_ns) >= SAMPLES_MAX and at_ns < times_ns[0]
        return full or at_ns < self.chain.last_ns - WINDOW_NS

    def _judge_again(self) -> None:
        judge = Judge(self._binding.device, self.resolution_ml, self._offset_ml)
        for sample in self._samples:
            judge.judge(*sample)
        self._judge = judge
        self._samples.follow(judge.chain)

    def _trim(self) -> None:
        """Begin with a believed sample, within window and number."""
        samples, chain = self._samples, self._judge.chain
        oldest_ns = chain.last_ns - WINDOW_NS
        if len(samples.times_ns) > SAMPLES_MAX:
            oldest_ns = max(oldest_ns, samples.times_ns[-SAMPLES_MAX])
        if samples.oldest_ns < oldest_ns:
            believed_ns = chain.times_ns
            i = bisect_left(believed_ns, oldest_ns)
            self._cut(believed_ns[min(i, len(believed_ns) - 1)])

    def _cut(self, first_ns: int) -> None:
        """Forget what is before the believed sample at `first_ns`, and what is too much."""
        samples, chain = self._samples, self._judge.chain
        count = bisect_left(samples.times_ns, first_ns)
        self._settle_all(0, count)
        last_joint = chain.drop_before(first_ns)
        samples.drop(0, count)
        if last_joint:
            self._offset_ml = last_joint.offset_ml
        surplus = len(samples.times_ns) - SAMPLES_MAX
        if surplus > 0:  # none of these was believed
            self._settle_all(1, 1 + surplus)
            samples.drop(1, surplus)
        samples.begin_with(chain.volumes_ml[0] - self._offset_ml)  # holds the same maximum
        samples.follow(chain)
        if last_joint and last_joint.at_ns == first_ns:
            self._settle(self._judge.odd.pop(first_ns))
        if self._judge.odd:  # by what is left, as after a restart
            self._judge_again()

    def _settle_all(self, start: int, stop: int) -> None:
        """Count what the samples at these places were, which are about to be forgotten."""
        self._trimmed += stop - start
        if not (self._judge.odd or self._conflicts_ns):
            return
        gone_ns = self._samples.times_ns[start:stop]
        for at_ns in gone_ns:
            self._settle(self._judge.odd.pop(at_ns, None))
        gone = self._conflicts_ns.intersection(gone_ns)
        self._conflicts_ns -= gone
        self._add("conflicts", len(gone))

    def _settle(self, verdict: Verdict | None) -> None:
        """Count a verdict that no later sample can change."""
        if verdict:
            self._add(_COUNTED[verdict])

    def _settled(self) -> Counts:
        """What no later sample can change."""
        return structs.replace(self._counts, trimmed=self._trimmed)

    def _add(self, name: str, count: int = 1) -> None:
        if count:
            more = {name: getattr(self._counts, name) + count}
            self._counts = structs.replace(self._counts, **more)


def _change(joint: Joint) -> Change:
    return Change(
        joint.kind, joint.last_ns, joint.at_ns, joint.last_ml, joint.first_ml, joint.inferred_ml
    )


def _shared(counts: Counts) -> Counts:
    """The counts without what is trimmed; most meters have none, and share one record."""
    others = structs.replace(counts, trimmed=0)
    return _NONE if others == _NONE else others


_NONE: Final = Counts()
_CONFIRMED_BY_PEOPLE = {JointKind.RESET, JointKind.ROLLOVER, JointKind.REPLACED}
_COUNTED = {
    Verdict.GLITCH: "glitches",
    Verdict.SUSPECT: "suspects",
    Verdict.UNIT: "unit_mistakes",
    Verdict.RESET: "resets",
    Verdict.ROLLOVER: "rollovers",
    Verdict.REPLACED: "breaks",
    Verdict.EXCURSION: "excursions",
    Verdict.DECLARED: "declared",
}
