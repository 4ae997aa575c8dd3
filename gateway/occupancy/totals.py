"""What each home drew in thirty days, from its register at both ends; None where nobody knows.

A home whose meters changed meanwhile is unknown as a whole.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from edge.history import History
from edge.reading import DAY_NS, Kind, Reading
from edge.registry import Binding, Registry

MONTH_NS = 30 * DAY_NS
_AROUND_NS = 3 * DAY_NS
_DEVICES_A_READ = 50
_READINGS_MAX = 100_000
_VALUES = 3
_L_PER_M3 = 1_000.0


def totals(
    registry: Registry, history: History, now_ns: int, months: int
) -> dict[str, list[float | None]]:
    """Litres of the last `months` times thirty days of each metered home, the last first.

    The register is looked at in the three days before each end, and nowhere else.

    Raises:
        HistoryUnavailable: the store did not answer.
    """
    ends_ns = [now_ns - number * MONTH_NS for number in range(months + 1)]
    span = ends_ns[-1] - _AROUND_NS, now_ns
    meters = [b for b in registry.bindings() if b.device.kind is Kind.WATER and _hangs(b, *span)]
    changed = {b.unit.code for b in meters if not _stayed(b, *span)}
    found: dict[str, list[float | None]] = {code: [None] * months for code in sorted(changed)}
    whole = [b for b in meters if b.unit.code not in changed]
    for first in range(0, len(whole), _DEVICES_A_READ):
        group = whole[first : first + _DEVICES_A_READ]
        readings = _read(history, group, ends_ns)
        for binding in group:
            said = readings[binding.device.id]
            used = list(_used(said, ends_ns))
            before = found.get(binding.unit.code, [0.0] * months)
            found[binding.unit.code] = [_sum(*each) for each in zip(before, used, strict=True)]
    return found


def away(registry: Registry, now_ns: int, months: int) -> frozenset[str]:
    """The homes whose residents said that they would be away in some of that time."""
    from_ns = now_ns - months * MONTH_NS
    return frozenset(
        unit.code
        for unit in registry.units()
        for each in unit.away
        if each.end.timestamp() * 1e9 > from_ns and each.start.timestamp() * 1e9 < now_ns
    )


def _hangs(binding: Binding, from_ns: int, to_ns: int) -> bool:
    return binding.from_ns < to_ns and binding.to_ns > from_ns


def _stayed(binding: Binding, from_ns: int, to_ns: int) -> bool:
    """Whether the one meter hung there all the time."""
    replaced = any(from_ns <= each.at_ns < to_ns for each in binding.device.replacements)
    return binding.from_ns <= from_ns and binding.to_ns >= to_ns and not replaced


def _read(
    history: History, group: Sequence[Binding], ends_ns: Sequence[int]
) -> defaultdict[str, list[Reading]]:
    """The registers around each end, by device and in order of time."""
    found: defaultdict[str, list[Reading]] = defaultdict(list)
    names = [binding.device.id for binding in group]
    for end_ns in sorted(ends_ns):
        for reading in history.readings(names, end_ns - _AROUND_NS, end_ns, _READINGS_MAX):
            if reading.channel == "water.total":
                found[reading.device].append(reading)
    return found


def _used(readings: Sequence[Reading], ends_ns: Sequence[int]) -> Iterator[float | None]:
    """Yield the litres between each two ends; None where the register went back, or is not known.

    One that was replaced by a higher one unnoticed cannot be told from use.
    """
    registers = [_register_l(readings, end_ns) for end_ns in ends_ns]
    for later_l, earlier_l in pairwise(registers):
        if later_l is None or earlier_l is None or later_l < earlier_l:
            yield None
        else:
            yield later_l - earlier_l


def _register_l(readings: Sequence[Reading], end_ns: int) -> float | None:
    """The register before an end: the middle of the last three, since one may be a glitch."""
    within = [r.value for r in readings if end_ns - _AROUND_NS <= r.at_ns < end_ns]
    values = [each for each in within if not isinstance(each, str)][-_VALUES:]
    return median(values) * _L_PER_M3 if values else None


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second
