"""What Home Assistant is told, so that it shows the edge's devices and watched homes.

One retained message a device or home, in its device-based discovery format. It reads the
edge's own retained statements, and a template judges their age at the moment they are read:
Home Assistant restarts its own expiry with each replay of a retained message.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from pydantic import Field

from edge.device_state import REFRESH_S, Devices, Homes, state_topic
from edge.reading import Kind
from edge.registry import Binding, Registry
from edge.settings import Settings
from edge.topic import home_state_topic, status_topic

BIRTH = b"online"
_EXPIRE_S = int(3 * REFRESH_S)
_FRESH = "value_json.good_until_ns / 1000000000 > now().timestamp()"
_AVAILABLE = "{{ 'online' if value_json.up else 'offline' }}"
_ORIGIN = {"name": "shouwang"}

_NAMES: Mapping[Kind, str] = {
    Kind.WATER: "Water meter", Kind.ELEC: "Electricity meter", Kind.GAS: "Gas meter",
    Kind.HEAT: "Heat meter", Kind.DOOR: "Door", Kind.FACE: "Entrance", Kind.CAM: "Camera",
    Kind.LIFT: "Lift", Kind.PLUG: "Plug", Kind.LEAK: "Leak sensor", Kind.SMOKE: "Smoke detector",
    Kind.SOS: "SOS button", Kind.ENV: "Room sensor",
}  # fmt: skip

_WATER = {
    "p": "sensor", "name": "Water", "device_class": "water", "unit_of_measurement": "m³",
    "state_class": "total_increasing", "expire_after": _EXPIRE_S,
    "value_template": "{{ value_json.water_m3 if value_json.water_m3 is defined"
    f" and value_json.state == 'up' and {_FRESH} else None }}}}",
}  # fmt: skip
_LAST_SEEN = {
    "p": "sensor", "name": "Last seen", "device_class": "timestamp",
    "entity_category": "diagnostic",
    "value_template": "{{ as_datetime(value_json.at_ns / 1000000000)"
    " if value_json.at_ns else None }}",
}  # fmt: skip
_CONNECTIVITY = {
    "p": "binary_sensor", "name": "Heard", "device_class": "connectivity",
    "entity_category": "diagnostic", "expire_after": _EXPIRE_S,
    "value_template": "{{ 'OFF' if value_json.state == 'down'"
    f" else 'ON' if value_json.state in ('up', 'fault') and {_FRESH} else None }}}}",
}  # fmt: skip
_PROBLEM = {
    "p": "binary_sensor", "name": "Fault", "device_class": "problem",
    "entity_category": "diagnostic", "expire_after": _EXPIRE_S,
    "value_template": "{{ 'ON' if value_json.state == 'fault'"
    f" else 'OFF' if value_json.state == 'up' and {_FRESH} else None }}}}",
}  # fmt: skip
_WELFARE = {
    "p": "binary_sensor", "name": "Welfare", "device_class": "problem",
    "expire_after": _EXPIRE_S,
    "value_template": "{{ 'ON' if value_json.state == 'raised'"
    f" else 'OFF' if value_json.state == 'clear' and {_FRESH} else None }}}}",
}  # fmt: skip


class HomeAssistantSettings(Settings):
    """That Home Assistant is told of the edge's devices, and under which prefix it listens."""

    discovery_prefix: str = Field(
        default="homeassistant", pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=64
    )

    @property
    def birth_topic(self) -> str:
        """Where Home Assistant says that it has started."""
        return f"{self.discovery_prefix}/status"


def discovery(
    settings: HomeAssistantSettings, registry: Registry, edge: str, subjects: tuple[Devices, Homes],
    now_ns: int,
) -> Iterator[tuple[str, bytes]]:  # fmt: skip
    """Yield each retained topic of Home Assistant's, with the message that belongs there."""
    devices, homes = subjects
    up = status_topic(registry.site, edge)
    for name in devices:
        if binding := registry.binding(name, now_ns):
            parts = _parts(binding, known=binding.unit.code in homes)
            node = f"sw-d-{registry.site}-{name}"
            label = f"{_NAMES[binding.device.kind]} {name}"
            of = _Subject(node, label, binding.unit.code, state_topic(registry.site, binding), up)
            yield _topic(settings, node), of.message(parts)
    for code in homes:
        unit = registry.unit(code)
        node = f"sw-h-{registry.site}-{code}"
        at = home_state_topic(registry.site, unit.building, code)
        of = _Subject(node, f"Home {code}", code, at, up)
        yield _topic(settings, node), of.message({"welfare": _WELFARE})


class _Subject(msgspec.Struct, frozen=True):
    """A device or a home as Home Assistant's registry of devices has it."""

    node: str
    label: str
    area: str
    state_topic: str
    status_topic: str

    def message(self, parts: Mapping[str, Mapping[str, Any]]) -> bytes:
        components = {
            name: {**part, "unique_id": f"{self.node}-{name}"} for name, part in parts.items()
        }
        device = {"ids": [self.node], "name": self.label, "suggested_area": self.area}
        available = [{"topic": self.status_topic, "value_template": _AVAILABLE}]
        return msgspec.json.encode({
            "dev": device | {"mf": "Shouwang"}, "o": _ORIGIN, "availability": available,
            "state_topic": self.state_topic, "qos": 1, "cmps": components,
        })  # fmt: skip


def _parts(binding: Binding, *, known: bool) -> dict[str, dict[str, Any]]:
    """What the edge knows of a device: a register only where a watched home has the meter."""
    parts: dict[str, dict[str, Any]] = {
        "connectivity": _CONNECTIVITY, "problem": _PROBLEM, "last_seen": _LAST_SEEN,
    }  # fmt: skip
    return parts | ({"water": _WATER} if known and binding.device.kind is Kind.WATER else {})


def _topic(settings: HomeAssistantSettings, node: str) -> str:
    return f"{settings.discovery_prefix}/device/{node}/config"
