"""Whether the edge may believe its clock, and by how much that clock is wrong.

An edge counts steadily from the start of its machine and knows the true time only by a witness:
its kernel, while that is kept in time by NTP, else the gateway. What is learnt is one number,
the shift from steady to true time; once learnt it holds until a witness knows better.
"""

from enum import StrEnum
from typing import Literal

from msgspec import Struct, structs

from edge.reading import MINUTE_NS, SECOND_NS

ROUND_TRIP_NS_MAX = 10 * SECOND_NS
"""An answer that took longer is refused: half of this is what it may be wrong by."""
STEP_NS = 2 * SECOND_NS
"""A correction above this is a jump, and silences are counted afresh from it."""
DISAGREE_NS = MINUTE_NS
DRIFT_PPM = 200
"""What the quartz of a small computer loses or gains at worst between two words."""
PLAUSIBLE_NS = (1_735_689_600 * SECOND_NS, 4_102_444_800 * SECOND_NS)
"""From 2025 to 2100: a witness that says anything else has no time either."""


class Question(Struct, frozen=True):
    """What time is it? `asked` is any number, which the answer repeats."""

    v: Literal[1]
    asked: int


class Answer(Struct, frozen=True):
    """It was `at_ns` when the question `asked` was answered."""

    v: Literal[1]
    asked: int
    at_ns: int


class KernelWord(Struct, frozen=True):
    """The kernel's clock read `wall_ns` at `steady_ns`, right within `error_ns`.

    `error_ns` is None while the kernel does not vouch for its clock.
    """

    steady_ns: int
    wall_ns: int
    error_ns: int | None


class GatewayWord(Struct, frozen=True):
    """The gateway's clock read `at_ns` some time between `asked_ns` and `heard_ns`."""

    asked_ns: int
    heard_ns: int
    at_ns: int


class Source(StrEnum):
    """Whose word the time rests on."""

    NONE = "none"
    ASSUMED = "assumed"
    KERNEL = "kernel"
    GATEWAY = "gateway"


class Verdict(StrEnum):
    """What a word changed."""

    IGNORED = "ignored"  # it says nothing, or a better witness stands
    REFUSED = "refused"  # it cannot be true
    KEPT = "kept"  # the time is as it was, to within `STEP_NS`
    TRUSTED = "trusted"  # the time is known from now on
    MOVED = "moved"  # the time jumped


class Witness(Struct, frozen=True):
    """True time less steady time, right within `error_ns`, as said at `steady_ns`."""

    shift_ns: int
    error_ns: int
    steady_ns: int


class Trust(Struct, frozen=True):
    """What is believed, and the last word of each witness; `kernel` only while it vouches."""

    source: Source = Source.NONE
    held: Witness = Witness(0, 0, 0)
    kernel: Witness | None = None
    gateway: Witness | None = None

    @property
    def trusted(self) -> bool:
        """Whether the time is known."""
        return self.source is not Source.NONE

    @property
    def shift_ns(self) -> int:
        """What to add to steady time; 0 while the time is not known."""
        return self.held.shift_ns

    def error_ns(self, steady_ns: int) -> int:
        """By how much the time may be wrong at `steady_ns`; it grows from word to word."""
        return self.held.error_ns + (steady_ns - self.held.steady_ns) * DRIFT_PPM // 1_000_000

    @property
    def clocks_disagree(self) -> bool:
        """Whether kernel and gateway both speak, and cannot both be right."""
        if self.kernel is None or self.gateway is None:
            return False
        apart_ns = abs(self.kernel.shift_ns - self.gateway.shift_ns)
        return apart_ns - self.kernel.error_ns - self.gateway.error_ns > DISAGREE_NS


ASSUMED = Trust(Source.ASSUMED)
"""Of a clock that is right by order of the site."""


def step(trust: Trust, word: KernelWord | GatewayWord) -> tuple[Trust, Verdict]:
    """What is believed after `word`, and what that changed."""
    return _hear_kernel(trust, word) if isinstance(word, KernelWord) else _hear_gateway(trust, word)


def _hear_kernel(trust: Trust, word: KernelWord) -> tuple[Trust, Verdict]:
    silent = structs.replace(trust, kernel=None)
    if word.error_ns is None:
        return silent, Verdict.IGNORED
    if not _is_plausible(word.wall_ns):
        return silent, Verdict.REFUSED
    witness = Witness(word.wall_ns - word.steady_ns, word.error_ns, word.steady_ns)
    return _hold(structs.replace(trust, kernel=witness), Source.KERNEL, witness)


def _hear_gateway(trust: Trust, word: GatewayWord) -> tuple[Trust, Verdict]:
    trip_ns = word.heard_ns - word.asked_ns
    if not (0 <= trip_ns <= ROUND_TRIP_NS_MAX and _is_plausible(word.at_ns)):
        return trust, Verdict.REFUSED
    middle_ns = word.asked_ns + trip_ns // 2
    witness = Witness(word.at_ns - middle_ns, trip_ns - trip_ns // 2, word.heard_ns)
    heard = structs.replace(trust, gateway=witness)
    if trust.kernel is not None:
        return heard, Verdict.IGNORED
    if trust.trusted and _says_no_better(trust, witness):
        return heard, Verdict.KEPT
    return _hold(heard, Source.GATEWAY, witness)


def _says_no_better(trust: Trust, witness: Witness) -> bool:
    """Whether the time that is held lies within the answer, and is known more closely."""
    within = abs(witness.shift_ns - trust.shift_ns) <= witness.error_ns
    return within and trust.error_ns(witness.steady_ns) < witness.error_ns


def _hold(trust: Trust, source: Source, witness: Witness) -> tuple[Trust, Verdict]:
    held = structs.replace(trust, source=source, held=witness)
    if not trust.trusted:
        return held, Verdict.TRUSTED
    moved = abs(witness.shift_ns - trust.shift_ns) > STEP_NS
    return held, Verdict.MOVED if moved else Verdict.KEPT


def _is_plausible(at_ns: int) -> bool:
    earliest_ns, latest_ns = PLAUSIBLE_NS
    return earliest_ns <= at_ns < latest_ns
