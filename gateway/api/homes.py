"""What is known of each home's water: used, not used, unknown or faulty, and its curve.

The same meters and the same arithmetic as the edge's rules, over the stored readings. Data
that have stopped coming make a home unknown, whatever they said last.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct, structs

from edge.chain import WINDOW_NS
from edge.clock import Clock
from edge.completeness import Home, Use, threshold_ml, use, used, watermark_ns
from edge.draw import DRAW_ML
from edge.history import History, HistoryUnavailable
from edge.meter import Meter
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Kind, Reading
from edge.registry import Binding, Registry, Unit
from edge.welfare_terms import WelfareTerms
from gateway.api.curve import Curve, draw
from gateway.api.register import heard_about, judged
from gateway.registry.doubt import Heard

log = logging.getLogger(__name__)

CURVE_NS_MAX = 31 * DAY_NS
_READINGS_MAX = 100_000
_LOOK_BACK_NS = 24 * HOUR_NS
_KEPT_NS = 20 * SECOND_NS
_READS_AT_ONCE = 2
_ML_PER_L = 1_000
_ROUTINE = WelfareTerms(window="24 h", threshold_l=DRAW_ML / _ML_PER_L)
"""What is shown of a home that a routine alone judges: whether anybody drew water for a day."""
# As for a live finding: two reporting intervals and a quarter of an hour.
_FRESH_INTERVALS = 2
_FRESH_NS = 15 * MINUTE_NS


class Status(Struct, frozen=True):
    """A home's water over its welfare window up to `complete_until_ns`.

    Where `judged_by` is "routine", the window is a day and raises nothing by itself: that rule
    waits for as long as the home's own past says. It is "welfare" where fixed terms hold.
    `at_least_l` is what was surely used in that window. `stale` says that the data have
    stopped for longer than their own rhythm explains; then `use` is unknown. It is too while
    the rule `hidden_by` says that nobody can know: no supply, adapter or edge.
    """

    unit: str
    use: Use
    window_h: float
    threshold_l: float
    complete_until_ns: int | None
    stale: bool
    at_least_l: float | None
    hidden_by: str | None = None
    judged_by: Literal["welfare", "routine"] = "welfare"


class Homes:
    """Homes as the stored readings show them; reads run in threads, two at a time."""

    def __init__(
        self,
        registry: Registry,
        history: History,
        clock: Clock,
        hidden: Callable[[int], dict[str, str]],
    ) -> None:
        self.registry = registry
        self._history = history
        self._clock = clock
        self._hidden = hidden
        self._slots = asyncio.Semaphore(_READS_AT_ONCE)
        self._kept: dict[str, tuple[int, Status]] = {}

    def go_by(self, registry: Registry) -> None:
        """Show homes by `registry` from now on."""
        self.registry = registry
        self._kept.clear()

    async def statuses(self, units: Sequence[Unit]) -> list[Status]:
        """The status of each of `units`, at most some seconds old.

        While the history cannot be read, every home is unknown.
        """
        now_ns = self._clock.now_ns()
        old = [unit for unit in units if not self._is_kept(unit.code, now_ns)]
        if old:
            async with self._slots:
                fresh = await asyncio.to_thread(self._read_statuses, old, now_ns)
            self._kept |= {status.unit: (now_ns, status) for status in fresh}
        hidden = self._hidden(now_ns)
        return [_hidden(self._kept[unit.code][1], hidden.get(unit.code)) for unit in units]

    async def curve(self, unit: Unit, start_ns: int, end_ns: int) -> Curve:
        """The water of a home by the hour, over at most `CURVE_NS_MAX`.

        Raises:
            HistoryUnavailable: the history cannot be read.
        """
        async with self._slots:
            return await asyncio.to_thread(self._read_curve, unit, start_ns, end_ns)

    async def registers_about(self, binding: Binding, at_ns: int) -> Heard:
        """What was heard of the registers of a meter that may have been replaced then.

        Nothing, where the history cannot be read.
        """
        start_ns, end_ns = at_ns - WINDOW_NS, self._clock.now_ns() + HOUR_NS
        device = binding.device.id
        try:
            async with self._slots:
                found = await asyncio.to_thread(self._read, [device], start_ns, end_ns)
        except HistoryUnavailable:
            return Heard()
        return heard_about(binding, _of(binding, found[device]), at_ns)

    def _is_kept(self, code: str, now_ns: int) -> bool:
        kept = self._kept.get(code)
        return kept is not None and 0 <= now_ns - kept[0] < _KEPT_NS

    def _read_statuses(self, units: Sequence[Unit], now_ns: int) -> list[Status]:
        bindings = {unit.code: self._water(unit, now_ns, now_ns) for unit in units}
        window_ns = max(_window_ns(unit) for unit in units)
        devices = sorted({b.device.id for group in bindings.values() for b in group})
        try:
            readings = self._read(devices, now_ns - window_ns - _LOOK_BACK_NS, now_ns + HOUR_NS)
        except HistoryUnavailable as error:
            log.warning("homes show as unknown: %s", error)
            readings = defaultdict(list)
        return [_status(unit, bindings[unit.code], readings, now_ns) for unit in units]

    def _read_curve(self, unit: Unit, start_ns: int, end_ns: int) -> Curve:
        bindings = self._water(unit, start_ns, end_ns)
        devices = sorted({binding.device.id for binding in bindings})
        readings = self._read(devices, start_ns - _LOOK_BACK_NS, end_ns + HOUR_NS)
        registers = [judged(b, _of(b, readings[b.device.id])) for b in bindings]
        late = [s for s in self._history.missing() if s.first_ns < end_ns and s.last_ns >= start_ns]
        return structs.replace(draw(registers, start_ns, end_ns), on_the_way=tuple(late))

    def _water(self, unit: Unit, start_ns: int, end_ns: int) -> list[Binding]:
        return [
            binding
            for binding in self.registry.bindings()
            if binding.unit.code == unit.code
            and binding.device.kind is Kind.WATER
            and binding.from_ns <= end_ns
            and binding.to_ns > start_ns
        ]

    def _read(
        self, devices: Sequence[str], start_ns: int, end_ns: int
    ) -> defaultdict[str, list[Reading]]:
        by_device: defaultdict[str, list[Reading]] = defaultdict(list)
        if devices:
            for reading in self._history.readings(devices, start_ns, end_ns, _READINGS_MAX):
                by_device[reading.device].append(reading)
        return by_device


def _status(
    unit: Unit, bindings: Sequence[Binding], readings: dict[str, list[Reading]], now_ns: int
) -> Status:
    home = Home(bindings)
    for binding in bindings:
        for reading in _of(binding, readings.get(binding.device.id, [])):
            home.observe(reading)
    meters = home.meters(now_ns)
    until_ns = watermark_ns(meters)
    terms = _terms(unit)
    judged_by: Literal["welfare", "routine"] = "welfare" if unit.fixed_terms() else "routine"
    window_h = terms.window_s / 3_600
    if until_ns is None:
        return Status(
            unit=unit.code,
            use=Use.UNKNOWN,
            window_h=window_h,
            threshold_l=terms.threshold_l,
            complete_until_ns=None,
            stale=True,
            at_least_l=None,
            judged_by=judged_by,
        )
    window = until_ns - _window_ns(unit), until_ns
    answer = used(meters, *window, threshold_ml(meters, terms.threshold_l))
    stale = now_ns - until_ns > _fresh_ns(home, meters)
    return Status(
        unit=unit.code,
        use=Use.UNKNOWN if stale and answer is not Use.FAULT else answer,
        window_h=window_h,
        threshold_l=terms.threshold_l,
        complete_until_ns=until_ns,
        stale=stale,
        at_least_l=use(meters, *window).lower_ml / _ML_PER_L,
        judged_by=judged_by,
    )


def _hidden(status: Status, rule: str | None) -> Status:
    if rule is None:
        return status
    use = status.use if status.use is Use.FAULT else Use.UNKNOWN
    return structs.replace(status, use=use, hidden_by=rule)


def _fresh_ns(home: Home, meters: Sequence[Meter]) -> int:
    stated_s = [binding.device.interval_s or 0 for binding, _ in home.named()]
    observed_ns = [meter.interval_ns() for meter in meters]
    interval_ns = max(observed_ns) or int(max(stated_s) * SECOND_NS)
    return int(_FRESH_INTERVALS * interval_ns + _FRESH_NS)


def _window_ns(unit: Unit) -> int:
    return int(_terms(unit).window_s * SECOND_NS)


def _terms(unit: Unit) -> WelfareTerms:
    return next(iter(unit.fixed_terms()), _ROUTINE)


def _of(binding: Binding, readings: Sequence[Reading]) -> list[Reading]:
    return [reading for reading in readings if binding.from_ns <= reading.at_ns < binding.to_ns]
