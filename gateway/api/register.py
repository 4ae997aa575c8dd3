"""What a water register stood at, at any time that its readings tell of.

The readings are judged by the edge's own meter, so that the curve and the findings rest on
the same samples: glitches are out, and a register that was replaced cuts the record in two
unless somebody declared what both showed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from edge.chain import Chain, JointKind
from edge.meter import Meter
from edge.reading import MINUTE_NS, Reading
from edge.registry import Binding
from edge.signature import AGREEING, ML_PER_M3
from gateway.registry.doubt import Heard, Shown

_ML_PER_L = 1_000
# Between two readings this close, use is spread evenly; a shift of part of one hour into the
# next is the price. Hourly meters with some jitter still count as complete.
_NEAR_NS = 90 * MINUTE_NS


class Register:
    """Samples `(at_ns, litres)`, ascending in time; none is comparable across a cut."""

    def __init__(self, samples: Sequence[tuple[int, float]], cuts: Sequence[int] = ()) -> None:
        self._times = [at_ns for at_ns, _ in samples]
        self._litres = [litres for _, litres in samples]
        self._cuts = sorted(cuts)

    @property
    def complete_until_ns(self) -> int | None:
        """The time of the last sample; None without one."""
        return self._times[-1] if self._times else None

    def at(self, at_ns: int) -> float | None:
        """Litres on the register; None where the samples do not tell."""
        after = bisect_left(self._times, at_ns)
        if after < len(self._times) and self._times[after] == at_ns:
            return self._litres[after]
        if after in {0, len(self._times)}:
            return None
        before_ns, after_ns = self._times[after - 1], self._times[after]
        low, high = self._litres[after - 1], self._litres[after]
        if self._is_cut(before_ns, after_ns):
            return None
        if high > low and after_ns - before_ns > _NEAR_NS:
            return None
        return low + (high - low) * (at_ns - before_ns) / (after_ns - before_ns)

    def used_l(self, start_ns: int, end_ns: int) -> float | None:
        """Litres used between two times; None where the samples do not tell."""
        first, last = self.at(start_ns), self.at(end_ns)
        if first is None or last is None or self._is_cut(start_ns, end_ns):
            return None
        return last - first

    def _is_cut(self, after_ns: int, until_ns: int) -> bool:
        return bisect_right(self._cuts, until_ns) > bisect_right(self._cuts, after_ns)


def judged(binding: Binding, readings: Iterable[Reading]) -> Register:
    """The register of the device of `binding`, from its readings in order of time."""
    meter = Meter(binding)
    samples: list[tuple[int, float]] = []
    joined_ns: dict[int, JointKind] = {}
    ahead_ml = 0.0
    for reading in readings:
        meter.observe(reading)
        chain, before_ml = meter.chain, ahead_ml
        ahead_ml = _ahead_ml(chain, reading, before_ml)
        for joint in chain.joints:
            if joint.at_ns not in joined_ns:
                joined_ns[joint.at_ns] = joint.kind
                while samples and samples[-1][0] > joint.last_ns:
                    samples.pop()  # what was not believed in the end
        first = bisect_right(chain.times_ns, samples[-1][0]) if samples else 0
        is_forgotten = bool(samples) and bool(chain.times_ns) and first == 0
        if is_forgotten and abs(ahead_ml - before_ml) >= _ML_PER_L:
            joined_ns[chain.times_ns[0]] = JointKind.REPLACED  # by a joint that it forgot as well
        samples += zip(chain.times_ns[first:], _litres(chain.volumes_ml[first:]), strict=True)
    known = JointKind.DECLARED
    return Register(samples, [at_ns for at_ns, kind in joined_ns.items() if kind is not known])


def _ahead_ml(chain: Chain, reading: Reading, known_ml: float) -> float:
    """By how much the chain stands above what its newest reading showed; else as it was known."""
    is_newest = bool(chain.times_ns) and chain.times_ns[-1] == reading.at_ns
    if not is_newest or reading.channel != "water.total" or isinstance(reading.value, str):
        return known_ml
    return chain.volumes_ml[-1] - reading.value * ML_PER_M3


def heard_about(binding: Binding, readings: Sequence[Reading], at_ns: int) -> Heard:
    """What `readings` tell of the registers before and after a replacement at `at_ns`.

    Where a change waits to be confirmed, that change; else what was believed last before then.
    """
    meter = Meter(binding)
    for reading in readings:
        meter.observe(reading)
    change = meter.change()
    if change is not None and change.kind is not None:
        old, new = _shown(change.last_ml, change.last_ns), _shown(change.first_ml, change.first_ns)
        return Heard(old, new, change.first_ns + (AGREEING - 1) * meter.interval_ns())
    before = Meter(binding)
    for reading in readings:
        if reading.at_ns < at_ns:
            before.observe(reading)
    register_ml, mark_ns = before.register_ml, before.watermark_ns
    return (
        Heard() if register_ml is None or mark_ns is None else Heard(_shown(register_ml, mark_ns))
    )


def _shown(volume_ml: int, at_ns: int) -> Shown:
    return Shown(volume_ml / ML_PER_M3, at_ns)


def _litres(volumes_ml: Iterable[int]) -> list[float]:
    return [volume_ml / _ML_PER_L for volume_ml in volumes_ml]
