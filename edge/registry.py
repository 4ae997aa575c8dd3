"""Which device is in which home, when: effective-dated, and asked by event time.

One TOML file a site. A broken file is refused as a whole, with every fault in it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from edge import settings
from edge.given_rules import GivenRules
from edge.reading import Kind
from edge.registry_rows import Adapter, Device, Unit
from edge.replacement import misplaced
from edge.settings import ConfigError, ConfigFault, Settings, T, nanoseconds
from edge.topic import is_segment
from edge.welfare_terms import RoutineTerms

__all__ = ["Adapter", "Binding", "Device", "Registry", "Unit"]

_FIRST_NS, _LAST_NS = -(2**63), 2**63 - 1
_ARRAYS = {"unit", "device", "adapter"}
_CODE_REMEDY = "use 1-32 of a-z 0-9 _ - and begin with a letter or digit"


class _Header(Settings):
    version: Literal[1]
    site: str
    routine: RoutineTerms | None = None
    rules: GivenRules = GivenRules()


@dataclass(frozen=True, slots=True)
class Binding:
    """`device` hangs in `unit` from `from_ns` until before `to_ns`."""

    device: Device
    unit: Unit
    from_ns: int
    to_ns: int

    def covers(self, at_ns: int) -> bool:
        """Whether it holds at `at_ns`."""
        return self.from_ns <= at_ns < self.to_ns


class Registry:
    """The site's homes and devices; immutable once parsed."""

    def __init__(
        self,
        site: str,
        units: Iterable[Unit],
        bindings: Iterable[Binding],
        adapters: Iterable[Adapter] = (),
    ) -> None:
        self.site = site
        self.rules = GivenRules()
        self.adapters = tuple(adapters)
        self._units = {unit.code: unit for unit in units}
        self._bindings: dict[str, tuple[Binding, ...]] = _grouped(bindings)
        homes: defaultdict[str, list[Binding]] = defaultdict(list)
        for binding in self.bindings():
            homes[binding.unit.code].append(binding)
        self._homes = {code: tuple(group) for code, group in homes.items()}
        devices = [each.device for each in self.bindings()]
        self._vendors = {name: device.id for device in devices for name in device.vendors()}

    @classmethod
    def parse(cls, table: Mapping[str, Any], path: Path) -> "Registry":
        """The registry in `table`; `path` is only named in faults.

        Raises:
            ConfigError: anything is wrong; all faults at once, each with key and remedy.
        """
        draft = _Draft(path)
        header = draft.record({k: table[k] for k in table.keys() - _ARRAYS}, _Header)
        routine = header.routine if header else None
        units = draft.rows(table, "unit", Unit, lambda unit: unit.under(routine))
        devices = draft.rows(table, "device", Device)
        adapters = draft.rows(table, "adapter", Adapter)
        draft.check(header, units, devices, _codes(table))
        places = _codes(table) | {unit.building for unit in units.values()}
        draft.check_adapters(adapters, devices, places)
        if draft.faults or header is None:
            raise ConfigError(draft.faults)
        by_code = {unit.code: unit for unit in units.values()}
        bound = [_bound(device, by_code[device.unit]) for device in devices.values()]
        parsed = cls(header.site, by_code.values(), bound, adapters.values())
        parsed.rules = header.rules
        return parsed

    def knows(self, device: str) -> bool:
        """Whether `device` is, was or will be in some home."""
        return device in self._bindings

    def by_vendor(self, vendor_id: str) -> str | None:
        """The device whose vendor calls it `vendor_id`; None when the file names none."""
        return self._vendors.get(vendor_id)

    def binding(self, device: str, at_ns: int) -> Binding | None:
        """Where `device` hangs at `at_ns`, with its terms; None when nowhere."""
        for binding in self._bindings.get(device, ()):
            if binding.covers(at_ns):
                return binding
        return None

    def unit_at(self, device: str, at_ns: int) -> str | None:
        """The code of the home in which `device` hangs at `at_ns`."""
        binding = self.binding(device, at_ns)
        return binding.unit.code if binding else None

    def unit(self, code: str) -> Unit:
        """The home of that code.

        Raises:
            KeyError: there is none.
        """
        return self._units[code]

    def units(self) -> tuple[Unit, ...]:
        """Every home, in the order of the file."""
        return tuple(self._units.values())

    def devices(self) -> tuple[str, ...]:
        """Every device id, in the order of the file."""
        return tuple(self._bindings)

    def bindings(self, device: str | None = None) -> tuple[Binding, ...]:
        """Every home in which `device`, or any device, ever hangs; by device and time."""
        if device is not None:
            return self._bindings.get(device, ())
        return tuple(binding for group in self._bindings.values() for binding in group)

    def home(self, code: str) -> tuple[Binding, ...]:
        """Every device that ever hangs in the home `code`."""
        return self._homes.get(code, ())

    def subject(self, code: str) -> str:
        """The path `site/building/unit` of a home."""
        return f"{self.site}/{self._units[code].building}/{code}"

    def device_subject(self, device: str, at_ns: int) -> str | None:
        """The path `site/building/unit/device` at `at_ns`; None when it hangs nowhere then."""
        bound = self.binding(device, at_ns)
        if bound is None:
            return None
        return f"{self.site}/{bound.unit.building}/{bound.unit.code}/{device}"


class _Draft:
    """The faults found so far in one registry file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[ConfigFault] = []

    def record(self, table: Any, model: type[T], key: str = "") -> T | None:
        try:
            return settings.parse(table, model, self.path)
        except ConfigError as error:
            for fault in error.faults:
                self.fault(key + fault.key, fault.problem, fault.remedy)
            return None

    def rows(
        self,
        table: Mapping[str, Any],
        name: str,
        model: type[T],
        finished: Callable[[T], T] = lambda row: row,
    ) -> dict[str, T]:
        """The sound rows of an array of tables, each `finished`, by their key in the file."""
        listed = table.get(name, [])
        if not isinstance(listed, list):
            self.fault(name, "is not an array of tables", f"write [[{name}]]")
            return {}
        found: dict[str, T] = {}
        for key, row in ((f"{name}.{i}", row) for i, row in enumerate(listed)):
            record = self.record(row, model, f"{key}.")
            if record is not None:
                found[key] = finished(record)
        return found

    def fault(self, key: str, problem: str, remedy: str) -> None:
        self.faults.append(ConfigFault(self.path, key, problem, remedy))

    def check(
        self,
        header: _Header | None,
        units: dict[str, Unit],
        devices: dict[str, Device],
        codes: set[str],
    ) -> None:
        """Add what only shows when records are seen together."""
        if header:
            self._code("site", header.site)
        for key, unit in units.items():
            self._code(f"{key}.code", unit.code)
            self._code(f"{key}.building", unit.building)
            self._riser(key, unit, codes)
        self._duplicates(units)
        ids = {each.id for each in devices.values()}
        for key, device in devices.items():
            self._code(f"{key}.id", device.id)
            if device.unit not in codes:
                self.fault(f"{key}.unit", f'no unit "{device.unit}"', "add the [[unit]] or mend it")
            self._replacements(key, device)
            self._reader(key, device, ids)
        self._misplaced(units, devices)
        self._overlaps(devices)
        self._shared_vendors(devices)

    def check_adapters(
        self, adapters: dict[str, Adapter], devices: dict[str, Device], codes: set[str]
    ) -> None:
        """Add what is wrong with adapters, and with the devices that name one."""
        names = Counter(adapter.id for adapter in adapters.values())
        vendors = Counter(adapter.vendor for adapter in adapters.values() if adapter.vendor)
        for key, adapter in adapters.items():
            self._code(f"{key}.id", adapter.id)
            if names[adapter.id] > 1 or adapter.id in codes:
                self.fault(f"{key}.id", f'"{adapter.id}" is taken', "give each adapter its own id")
            if adapter.vendor and vendors[adapter.vendor] > 1:
                problem = f'"{adapter.vendor}" occurs twice'
                self.fault(f"{key}.vendor", problem, "give each adapter its own vendor id")
        for key, device in devices.items():
            if device.adapter is not None and device.adapter not in names:
                problem = f'no adapter "{device.adapter}"'
                self.fault(f"{key}.adapter", problem, "add the [[adapter]] or mend it")

    def _riser(self, key: str, unit: Unit, codes: set[str]) -> None:
        if unit.riser is None:
            return
        self._code(f"{key}.riser", unit.riser)
        if unit.riser in codes:
            problem = f'"{unit.riser}" is the code of a unit'
            self.fault(f"{key}.riser", problem, "give the riser another code")

    def _code(self, key: str, code: str) -> None:
        if not is_segment(code):
            self.fault(key, f"{code!r} is not a code", _CODE_REMEDY)

    def _duplicates(self, units: dict[str, Unit]) -> None:
        counts = Counter(unit.code for unit in units.values())
        for key, unit in units.items():
            if counts[unit.code] > 1:
                self.fault(f"{key}.code", f'"{unit.code}" occurs twice', "give each unit its code")

    def _shared_vendors(self, devices: dict[str, Device]) -> None:
        owners: dict[str, str] = {}
        for key, device in devices.items():
            for name in device.vendors():
                if owners.setdefault(name, device.id) != device.id:
                    problem = f'"{name}" is "{owners[name]}" already'
                    self.fault(f"{key}.vendor", problem, "give each device its own vendor id")

    def _replacements(self, key: str, device: Device) -> None:
        if device.replacements and device.kind is not Kind.WATER:
            self.fault(f"{key}.replacement", "is for water meters", "remove it")
        for i, problem, remedy in misplaced(device.replacements, *_span(device)):
            self.fault(f"{key}.replacement.{i}.at", problem, remedy)

    def _reader(self, key: str, device: Device, ids: set[str]) -> None:
        if device.door and device.door.reader and device.door.reader not in ids:
            problem = f'no device "{device.door.reader}"'
            self.fault(f"{key}.door.reader", problem, "add the [[device]] or mend it")

    def _misplaced(self, units: dict[str, Unit], devices: dict[str, Device]) -> None:
        homes = {unit.code for unit in units.values() if unit.care}
        homes |= {each.unit for each in devices.values() if each.kind is Kind.WATER}
        for key, device in devices.items():
            of_home = device.unit in homes
            for name in ("feeder", "crowd", "noise"):
                terms = getattr(device, name)
                for problem, remedy in (
                    terms.misplaced(device.kind, of_home=of_home) if terms else ()
                ):
                    self.fault(f"{key}.{name}", problem, remedy)

    def _overlaps(self, devices: dict[str, Device]) -> None:
        spans: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for key, device in devices.items():
            start_ns, end_ns = _span(device)
            if start_ns >= end_ns:
                self.fault(f"{key}.to", "is not after from", "correct from or to")
            spans[device.id].append((start_ns, end_ns, key))
        for name, group in spans.items():
            for (_, end_ns, first), (start_ns, _, second) in pairwise(sorted(group)):
                if start_ns < end_ns:
                    problem = f'"{name}" overlaps with {first}'
                    self.fault(f"{second}.from", problem, "end the one before the other begins")


def _codes(table: Mapping[str, Any]) -> set[str]:
    """Every code that the file gives to a unit, be the rest of that unit sound or not."""
    rows = table.get("unit", [])
    sound = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {code for row in sound if isinstance(code := row.get("code"), str)}


def _span(device: Device) -> tuple[int, int]:
    start_ns = _FIRST_NS if device.start is None else nanoseconds(device.start)
    return start_ns, _LAST_NS if device.end is None else nanoseconds(device.end)


def _bound(device: Device, unit: Unit) -> Binding:
    from_ns, to_ns = _span(device)
    return Binding(device, unit, from_ns, to_ns)


def _grouped(bindings: Iterable[Binding]) -> dict[str, tuple[Binding, ...]]:
    groups: defaultdict[str, list[Binding]] = defaultdict(list)
    for binding in bindings:
        groups[binding.device.id].append(binding)
    ordered = {name: sorted(group, key=lambda b: b.from_ns) for name, group in groups.items()}
    return {name: tuple(group) for name, group in ordered.items()}
