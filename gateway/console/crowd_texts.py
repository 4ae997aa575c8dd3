"""The texts about gatherings, noise at night, and sensors and devices that go astray: texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

CROWD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rule.value_drift": ("传感器漂移", "Sensor drifts"),
        "measure.moved": ("偏移 {value}", "moved by {value}"),
        "measure.moved_max": ("偏移 {value} 起报", "told from {value} on"),
        "measure.days": ("{value} 天内", "within {value} days"),
        "measure.neighbours": ("对照 {value} 台", "beside {value} others"),
        "trouble.drift": ("漂移", "drifts"),
    }
)
