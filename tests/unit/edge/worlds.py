"""Small registries and readings for the tests of the pure edge."""

from pathlib import Path
from typing import Any

from edge.meter import Meter
from edge.reading import HOUR_NS, Kind, Quality, Reading, TimeSource
from edge.registry import Registry

START_NS = 1_767_225_600 * 1_000_000_000
UNIT = {"code": "u01", "building": "b01", "care": ["alone"]}
METER = {"id": "wm-1", "kind": "water", "unit": "u01", "interval": "1 h"}


def registry(units: Any = (UNIT,), devices: Any = (METER,), adapters: Any = ()) -> Registry:
    """A registry of the site s01; by default one meter in one home."""
    table = {"version": 1, "site": "s01", "unit": list(units), "device": list(devices)}
    table |= {"adapter": list(adapters)}
    return Registry.parse(table, Path("registry.toml"))


def at(hour: float) -> int:
    """That many hours after the start."""
    return START_NS + round(hour * HOUR_NS)


def litres(hour: float, register_l: float, **changes: Any) -> Reading:
    """The register of wm-1 at an hour, received at once."""
    return reading(hour, "water.total", register_l / 1_000, **changes)


def fault(hour: float, text: str) -> Reading:
    """What wm-1 says of its own health at an hour."""
    return reading(hour, "meter.fault", text)


def reading(hour: float, channel: str, value: float | str, **changes: Any) -> Reading:
    """A reading of wm-1 with `changes`."""
    fields: dict[str, Any] = {
        "device": "wm-1",
        "unit": "u01",
        "kind": Kind.WATER,
        "channel": channel,
        "value": value,
        "at_ns": at(hour),
        "received_ns": at(hour),
        "clock": TimeSource.METER,
        "quality": Quality.GOOD,
        "historical": False,
        "seq": 0,
        "boot": 0,
        "resolution": 0.001,
    }
    return Reading(**(fields | changes))


def metered(*registers_l: float, resolution_l: float = 1) -> Meter:
    """A meter that gave these registers at hours 0, 1, 2 ..."""
    meter = Meter(registry().bindings("wm-1")[0])
    for hour, register_l in enumerate(registers_l):
        meter.observe(litres(hour, register_l, resolution=resolution_l / 1_000))
    return meter
