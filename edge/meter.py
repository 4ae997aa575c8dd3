"""A cumulative register as a window of samples that may be believed.

Samples are kept by event time and judged as one sequence, so that order, duplicates and
batching of their arrival change nothing. A dip or an impossible jump is not believed
until three readings agree on it; then the register is taken for another one (a new
segment), and what was used across the change is unknown.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

from msgspec import Struct

from edge.reading import HOUR_NS, Quality, Reading, TimeSource
from edge.registry import Binding
from edge.rhythm import Rhythm, median_ns

WINDOW_NS = 96 * HOUR_NS
SAMPLES_MAX = 1_024
AGREEING = 3
"""Readings that must agree before a register is taken for another one."""
ML_PER_M3 = 1_000_000
_RESOLUTION_M3 = 0.001
"""Taken where neither the readings nor the registry name one."""
_NEVER_NS = -(2**63)
_INTERVAL_GAPS = 16
_DIP_SHARE = 100


class Verdict(IntEnum):
    """What became of a sample when it was judged against those before it."""

    ACCEPTED = 0
    GLITCH = 1
    SUSPECT = 2
    BREAK = 3


class Counts(Struct):
    """What one meter has counted since it was first seen; never goes back."""

    glitches: int = 0
    suspects: int = 0
    breaks: int = 0
    trimmed: int = 0
    too_late: int = 0
    unusable: int = 0


class Segment:
    """The believed samples of one register: times rising, volumes never falling.

    Volumes are millilitres; a sample that dips within two ticks holds the maximum.
    """

    __slots__ = ("times_ns", "volumes_ml")

    def __init__(self) -> None:
        self.times_ns = array("q")
        self.volumes_ml = array("q")

    def add(self, at_ns: int, volume_ml: int) -> None:
        """Append a sample that is newer than the last."""
        self.times_ns.append(at_ns)
        self.volumes_ml.append(volume_ml)

    def drop_before(self, at_ns: int) -> None:
        """Forget the samples older than `at_ns`."""
        count = bisect_left(self.times_ns, at_ns)
        del self.times_ns[:count], self.volumes_ml[:count]


class _Judge:
    """The judgement of a sequence of samples, one after the other."""

    __slots__ = ("_pending", "_q_max_ml_s", "_slack_ml", "segment")

    def __init__(self, q_max_m3h: float, resolution_ml: int) -> None:
        self._q_max_ml_s = q_max_m3h * ML_PER_M3 / 3600
        self._slack_ml = 2 * resolution_ml
        self._pending: list[tuple[int, int]] = []
        self.segment = Segment()

    def judge(self, at_ns: int, volume_ml: int) -> Verdict:
        """Take in the next sample by event time."""
        segment = self.segment
        if not segment.times_ns:
            segment.add(at_ns, volume_ml)
            return Verdict.ACCEPTED
        last = (segment.times_ns[-1], segment.volumes_ml[-1])
        if self._follows(last, (at_ns, volume_ml), self._slack_ml):
            self._pending.clear()
            segment.add(at_ns, max(volume_ml, last[1]))
            return Verdict.ACCEPTED
        if self._agree(at_ns, volume_ml):
            return Verdict.BREAK
        small = last[1] // _DIP_SHARE
        return Verdict.GLITCH if 0 < last[1] - volume_ml <= small else Verdict.SUSPECT

    def _follows(self, last: tuple[int, int], sample: tuple[int, int], dip_ml: int) -> bool:
        rise_ml = sample[1] - last[1]
        rise_ml_max = (sample[0] - last[0]) * self._q_max_ml_s / 1e9 + self._slack_ml
        return -dip_ml <= rise_ml <= rise_ml_max

    def _agree(self, at_ns: int, volume_ml: int) -> bool:
        pending, sample = self._pending, (at_ns, volume_ml)
        if pending and not self._follows(pending[-1], sample, 0):
            pending.clear()
        pending.append(sample)
        if len(pending) < AGREEING:
            return False
        self.segment = Segment()
        for agreed in pending:
            self.segment.add(*agreed)
        pending.clear()
        return True


class Faults:
    """What a device said of its own health, by event time."""

    __slots__ = ("_texts", "_times_ns")

    def __init__(self, times_ns: bytes = b"", texts: Sequence[str] = ()) -> None:
        self._times_ns = array("q", times_ns)
        self._texts = list(texts)

    def add(self, at_ns: int, text: str) -> None:
        """Note that the device named the fault `text`, or none when it is empty, at `at_ns`."""
        i = bisect_left(self._times_ns, at_ns)
        if i < len(self._texts) and self._times_ns[i] == at_ns:
            self._texts[i] = max(self._texts[i], text)
            return
        self._times_ns.insert(i, at_ns)
        self._texts.insert(i, text)
        self._trim()

    def during(self, start_ns: int, end_ns: int) -> str:
        """A fault in force at some moment of `[start_ns, end_ns]`, or an empty text."""
        if not self._texts:
            return ""
        first = max(0, bisect_right(self._times_ns, start_ns) - 1)
        last = bisect_right(self._times_ns, end_ns)
        return max(self._texts[first:last], default="")

    def state(self) -> tuple[bytes, list[str]]:
        """The arguments that make an equal record."""
        return self._times_ns.tobytes(), self._texts

    def _trim(self) -> None:
        """Keep 96 h, what was in force at their start, and at most 1,024 statements."""
        oldest_ns = self._times_ns[-1] - WINDOW_NS
        surplus = len(self._texts) - SAMPLES_MAX
        count = max(0, bisect_right(self._times_ns, oldest_ns) - 1, surplus)
        del self._times_ns[:count], self._texts[:count]


class MeterState(Struct, array_like=True):
    """A meter as it goes into a checkpoint."""

    times_ns: bytes
    volumes_ml: bytes
    resolution_ml: int
    resolution_at_ns: int
    broken_ns: int
    fault_times_ns: bytes
    fault_texts: list[str]
    counts: Counts


class Meter:
    """The water register of one device while it hangs in one home.

    `rhythm` is how often the device is heard; whoever hears it may put its own there.
    """

    __slots__ = (
        "_binding", "_broken_ns", "_judge", "_resolution_at_ns", "_times_ns", "_volumes_ml",
        "counts", "faults", "resolution_ml", "rhythm",
    )  # fmt: skip

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._times_ns = array("q")  # every sample of the segment, believed or not
        self._volumes_ml = array("q")
        self._resolution_at_ns = self._broken_ns = _NEVER_NS
        self.resolution_ml = _ml(binding.device.resolution_m3 or _RESOLUTION_M3)
        self._judge = _Judge(binding.device.q_max_m3h, self.resolution_ml)
        self.faults = Faults()
        self.counts = Counts()
        self.rhythm = Rhythm()

    @property
    def segment(self) -> Segment:
        """The believed samples of the register that hangs there now."""
        return self._judge.segment

    @property
    def watermark_ns(self) -> int | None:
        """The event time up to which the register is known: that of the last believed sample."""
        times_ns = self._judge.segment.times_ns
        return times_ns[-1] if times_ns else None

    def interval_ns(self) -> int:
        """The median of the last 16 gaps between believed samples; 0 before the second."""
        recent = self._judge.segment.times_ns[-_INTERVAL_GAPS - 1 :]
        return median_ns([later - earlier for earlier, later in pairwise(recent)])

    def observe(self, reading: Reading) -> bool:
        """Take in a reading of this device; whether any answer may be another now."""
        if reading.channel == "meter.fault":
            self.faults.add(reading.at_ns, str(reading.value))
            return True
        if reading.channel != "water.total" or isinstance(reading.value, str):
            return False
        unset = reading.clock is TimeSource.UNSET
        if reading.quality is not Quality.GOOD or (unset and not reading.offset_ns):
            self.counts.unusable += 1
            return False
        self._learn_resolution(reading)
        return self._insert(reading.at_ns, _ml(reading.value))

    def repeats(self, reading: Reading) -> bool:
        """Whether the register shows no less than a later sample did.

        Of a message that is unusually late this may be true, and may be a clock put back: then
        the reading would prove that nothing was used in a time of which it knows nothing.
        """
        segment = self.segment
        if not segment.times_ns or isinstance(reading.value, str):
            return False
        later = reading.at_ns < segment.times_ns[-1]
        return later and _ml(reading.value) >= segment.volumes_ml[-1]

    def begin_again(self, from_ns: int) -> None:
        """Forget every sample, and take none before `from_ns`: their times were wrong."""
        self._times_ns, self._volumes_ml = array("q"), array("q")
        self._broken_ns = max(self._broken_ns, from_ns)
        self._judge_again()

    def state(self) -> MeterState:
        """The whole meter, for a checkpoint."""
        return MeterState(
            self._times_ns.tobytes(),
            self._volumes_ml.tobytes(),
            self.resolution_ml,
            self._resolution_at_ns,
            self._broken_ns,
            *self.faults.state(),
            self.counts,
        )

    def restore(self, state: MeterState) -> None:
        """Become the meter that gave `state`."""
        self._times_ns = array("q", state.times_ns)
        self._volumes_ml = array("q", state.volumes_ml)
        self.resolution_ml = state.resolution_ml
        self._resolution_at_ns = state.resolution_at_ns
        self._broken_ns = state.broken_ns
        self.faults = Faults(state.fault_times_ns, state.fault_texts)
        self.counts = state.counts
        self._judge_again()

    def _learn_resolution(self, reading: Reading) -> None:
        """Believe the newest reading that names a resolution."""
        if not reading.resolution or reading.at_ns < self._resolution_at_ns:
            return
        self._resolution_at_ns = reading.at_ns
        resolution_ml = _ml(reading.resolution)
        if resolution_ml != self.resolution_ml:
            self.resolution_ml = resolution_ml
            self._judge_again()

    def _insert(self, at_ns: int, volume_ml: int) -> bool:
        times_ns = self._times_ns
        if at_ns < self._broken_ns:
            self.counts.too_late += 1
            return False
        if not times_ns or at_ns > times_ns[-1]:
            times_ns.append(at_ns)
            self._volumes_ml.append(volume_ml)
            self._count(self._judge.judge(at_ns, volume_ml))
        elif not self._insert_late(at_ns, volume_ml):
            return False
        self._trim()
        return True

    def _insert_late(self, at_ns: int, volume_ml: int) -> bool:
        times_ns, volumes_ml = self._times_ns, self._volumes_ml
        i = bisect_left(times_ns, at_ns)
        if times_ns[i] == at_ns:
            if volumes_ml[i] == volume_ml:
                return False
            self.counts.glitches += 1
            volumes_ml[i] = max(volumes_ml[i], volume_ml)
        elif self._is_too_late(at_ns):
            self.counts.too_late += 1
            return False
        else:
            times_ns.insert(i, at_ns)
            volumes_ml.insert(i, volume_ml)
        self._count(self._judge_again()[i])
        return True

    def _is_too_late(self, at_ns: int) -> bool:
        newest_ns = self.segment.times_ns[-1]
        full = len(self._times_ns) >= SAMPLES_MAX and at_ns < self._times_ns[0]
        return full or at_ns < newest_ns - WINDOW_NS

    def _judge_again(self) -> list[Verdict]:
        self._judge = _Judge(self._binding.device.q_max_m3h, self.resolution_ml)
        samples = zip(self._times_ns, self._volumes_ml, strict=True)
        return [self._judge.judge(*sample) for sample in samples]

    def _count(self, verdict: Verdict) -> None:
        name = _COUNTED.get(verdict)
        if name:
            setattr(self.counts, name, getattr(self.counts, name) + 1)

    def _trim(self) -> None:
        """Begin with a believed sample of the present segment, within window and number."""
        times_ns, segment = self._times_ns, self._judge.segment
        oldest_ns = segment.times_ns[-1] - WINDOW_NS
        if len(times_ns) > SAMPLES_MAX:
            oldest_ns = max(oldest_ns, times_ns[-SAMPLES_MAX])
        if times_ns[0] >= max(oldest_ns, segment.times_ns[0]):
            return
        i = bisect_left(segment.times_ns, oldest_ns)
        first_ns = segment.times_ns[min(i, len(segment.times_ns) - 1)]
        if times_ns[0] < segment.times_ns[0]:
            self._broken_ns = segment.times_ns[0]
        self._cut(first_ns)

    def _cut(self, first_ns: int) -> None:
        times_ns, volumes_ml, segment = self._times_ns, self._volumes_ml, self.segment
        count = bisect_left(times_ns, first_ns)
        del times_ns[:count], volumes_ml[:count]
        segment.drop_before(first_ns)
        volumes_ml[0] = segment.volumes_ml[0]  # judged again, it must hold the same maximum
        surplus = max(0, len(times_ns) - SAMPLES_MAX)  # none of these was believed
        del times_ns[1 : 1 + surplus], volumes_ml[1 : 1 + surplus]
        self.counts.trimmed += count + surplus


def _ml(volume_m3: float) -> int:
    return max(0, round(volume_m3 * ML_PER_M3))


_COUNTED = {Verdict.GLITCH: "glitches", Verdict.SUSPECT: "suspects", Verdict.BREAK: "breaks"}
