"""One device's stream: by how much each of its hours rises over the one before.

Only a change is somebody's doing: what a person who lies on the floor has left on goes on evenly.
"""

from collections.abc import Callable

from msgspec import Struct, field

from edge.reading import HOUR_NS, Quality, Reading
from edge.signs import nobody
from edge.signs.base import Sign
from edge.signs.hours import Hour, HoursState, take
from edge.signs.nobody import NobodyState
from edge.signs.readiness import ReadinessState
from edge.signs.rises import step_of

IsNobody = Callable[[int, int], bool]
"""Whether nobody can have done anything at home within a time."""
_IDLE_SHARE = 0.02
"""So much does each hour with nobody there count in what is usual then."""
_CUT = 0.3
"""Less than so much of it, and the supply was cut: what comes back is nobody's doing."""


class StreamState(Struct, array_like=True):
    """What is remembered of a device, in less than 700 bytes.

    It is known without a hole from `whole_ns` until `until_ns`; `before` is what the last hour of
    that used, `idle` what is usual with nobody there. `rose_ns` is when it last rose, and `told`
    the last hour that says anything, by its end and its step, until that is weighed.
    """

    kind: str
    hours: HoursState = field(default_factory=HoursState)
    nobody: NobodyState = field(default_factory=NobodyState)
    readiness: ReadinessState = field(default_factory=ReadinessState)
    whole_ns: int = 0
    until_ns: int = 0
    before: float | None = None
    idle: float = 0.0
    rose_ns: int | None = None
    told: tuple[int, int] | None = None


def follow(
    sign: Sign, state: StreamState, reading: Reading, offset_ns: int, is_nobody: IsNobody
) -> None:
    """Take in a reading; `state.told` is what the hour says that it completes, if one does."""
    source = sign.channels.get(reading.channel)
    if source is None or isinstance(reading.value, str) or reading.quality is not Quality.GOOD:
        return
    hour = take(state.hours, reading.at_ns, reading.value, source)
    if hour is None:
        state.whole_ns = state.whole_ns or reading.at_ns
        return
    tick = 0.0 if source.is_rate else reading.resolution * source.per_unit
    step = _step(state, hour, max(sign.least, 2 * tick))
    if step is None:
        return
    state.told = (hour.end_ns, step)
    state.rose_ns = hour.end_ns if step else state.rose_ns
    if is_nobody(hour.start_ns, hour.end_ns):
        assert hour.amount is not None, reading  # noqa: S101  (there is a step)
        local_h = clock_h(hour.end_ns, offset_ns)
        nobody.learn(state.nobody, local_h // 24, local_h % 24, step)
        state.idle += _IDLE_SHARE * (hour.amount - state.idle)


def clock_h(end_ns: int, offset_ns: int) -> int:
    """The local hour since the epoch in whose course most of an hour was that ends then."""
    return (end_ns + offset_ns - HOUR_NS // 2) // HOUR_NS


def _step(state: StreamState, hour: Hour, least: float) -> int | None:
    """By how much the hour rose over the one before; None where that says nothing."""
    before, state.before, state.until_ns = state.before, hour.amount, hour.end_ns
    if hour.amount is None:
        state.whole_ns = hour.end_ns
        return None
    if before is None or before < _CUT * state.idle:
        return None
    return step_of(hour.amount - max(before, state.idle), least)
