"""What a sample that does not follow looks like, and what a new register is.

Tables of what meters are known to do: litres for cubic metres, a lost carry, a restart, a
register that goes over its full scale. The first row that is true of a sample names it.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

from edge.chain import JointKind
from edge.nearest import nearest

AGREEING: Final = 3
"""Samples that must agree before a register is taken for another one."""
AGREEING_WITH_EVIDENCE: Final = 2
"""As many are enough when the device says that it was restarted."""
ML_PER_M3: Final = 1_000_000
NEAR_ZERO_ML: Final = ML_PER_M3
"""A register that was lately reset stands below this."""
_DIP_SHARE: Final = 100
_UNIT_FACTOR: Final = 1_000
_UNIT_SHARE: Final = 4
_CARRY_BITS: Final = range(4, 13)
_SCALES_TICKS: tuple[int, ...] = (*(10**n for n in range(4, 10)), 2**16, 2**32)
_ML_PER_L: Final = 1_000


def in_ml(volume_m3: float) -> int:
    """Whole millilitres; a register below nothing shows nothing."""
    return nearest(volume_m3 * ML_PER_M3) if volume_m3 > 0.0 else 0


class Verdict(IntEnum):
    """What became of a sample that was not simply believed.

    GLITCH and UNIT samples are not used, SUSPECT ones not unless others agree. The rest are
    believed, each the first after a joint of that name.
    """

    GLITCH = 1
    SUSPECT = 2
    UNIT = 3
    RESET = 4
    ROLLOVER = 5
    REPLACED = 6
    EXCURSION = 7
    DECLARED = 8


class Sample(NamedTuple):
    """What the register showed, and in which boot of the device that said so."""

    at_ns: int
    volume_ml: int
    boot: int


class Line:
    """What can be physically: how fast a register rises and how coarse it is."""

    __slots__ = ("q_max_ml_ns", "slack_ml", "tick_ml")

    def __init__(self, q_max_m3h: float, tick_ml: int) -> None:
        self.q_max_ml_ns = q_max_m3h * ML_PER_M3 / 3_600e9
        self.tick_ml = tick_ml
        self.slack_ml = 2 * tick_ml

    def rise_ml_max(self, first: Sample, second: Sample) -> float:
        """The most that the register can rise from `first` to `second`, with two ticks."""
        return (second.at_ns - first.at_ns) * self.q_max_ml_ns + self.slack_ml

    def follows(self, first: Sample, second: Sample, dip_ml: int = 0) -> bool:
        """Whether one register can show both; it may fall by `dip_ml`."""
        rise_ml = second.volume_ml - first.volume_ml
        return -dip_ml <= rise_ml <= self.rise_ml_max(first, second)


@lru_cache(maxsize=256)
def line_of(q_max_m3h: float, tick_ml: int) -> Line:
    """The line of every meter of that size and tick; a site has few sizes."""
    return Line(q_max_m3h, tick_ml)


def _is_unit_mistake(line: Line, last: Sample, sample: Sample) -> bool:
    """Litres sent for m3 or the reverse: the value follows when the factor is undone."""
    lowest_ml = last.volume_ml
    highest_ml = lowest_ml + min(line.rise_ml_max(last, sample), lowest_ml / _UNIT_SHARE)
    if lowest_ml < NEAR_ZERO_ML // _UNIT_FACTOR:
        return False  # a thousand times next to nothing is an ordinary value
    up_ml, down_ml = sample.volume_ml * _UNIT_FACTOR, sample.volume_ml / _UNIT_FACTOR
    blur_ml = line.slack_ml + _UNIT_FACTOR
    return any(lowest_ml - blur_ml <= ml <= highest_ml + blur_ml for ml in (up_ml, down_ml))


def _is_lost_carry(line: Line, last: Sample, sample: Sample) -> bool:
    """Whether a power of two of litres or ticks is missing, less what was used meanwhile."""
    dip_ml = last.volume_ml - sample.volume_ml
    used_ml_max = line.rise_ml_max(last, sample)
    return any(
        carry_ml - min(used_ml_max, carry_ml / 8) <= dip_ml <= carry_ml + line.slack_ml
        for unit_ml in {line.tick_ml, _ML_PER_L}
        for carry_ml in (unit_ml << bits for bits in _CARRY_BITS)
    )


def _is_small_dip(line: Line, last: Sample, sample: Sample) -> bool:
    dip_ml = last.volume_ml - sample.volume_ml
    return 0 < dip_ml <= max(line.slack_ml, last.volume_ml // _DIP_SHARE)


def _is_anything(line: Line, last: Sample, sample: Sample) -> bool:
    del line, last, sample
    return True


def _is_restarted(line: Line, last: Sample, sample: Sample) -> bool:
    del line
    lower = sample.volume_ml < last.volume_ml
    return lower and sample.boot > last.boot and sample.volume_ml <= NEAR_ZERO_ML


def _is_rolled_over(line: Line, last: Sample, sample: Sample) -> bool:
    return wrapped_ml(line, last, sample) is not None


def wrapped_ml(line: Line, last: Sample, sample: Sample) -> int | None:
    """The use if the register went over its full scale; None when it cannot have.

    Full scales are 10^4 to 10^9, 2^16 and 2^32, in ticks or in litres.
    """
    for unit_ml in (line.tick_ml, _ML_PER_L):
        for scale in _SCALES_TICKS:
            used_ml = scale * unit_ml - last.volume_ml + sample.volume_ml
            if last.volume_ml < scale * unit_ml and used_ml <= line.rise_ml_max(last, sample):
                return used_ml
    return None


Test = Callable[[Line, Sample, Sample], bool]

REFUSALS: Sequence[tuple[Verdict, Test]] = (
    (Verdict.UNIT, _is_unit_mistake),
    (Verdict.SUSPECT, _is_restarted),
    (Verdict.GLITCH, _is_small_dip),
    (Verdict.GLITCH, _is_lost_carry),
    (Verdict.SUSPECT, _is_anything),
)
"""Why a sample that does not follow is not used: the first row that is true of it."""

JOINTS: Sequence[tuple[JointKind, int, Test]] = (
    (JointKind.RESET, AGREEING_WITH_EVIDENCE, _is_restarted),
    (JointKind.ROLLOVER, AGREEING, _is_rolled_over),
    (JointKind.EXCURSION, AGREEING, _is_small_dip),
    (JointKind.REPLACED, AGREEING, _is_anything),
)
"""What a new register is, by the first sample of it, and how many must agree on it."""
