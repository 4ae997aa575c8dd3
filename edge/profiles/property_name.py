"""The names under which generic platforms carry our channels, and what each name means.

A platform that lets the integrator name the properties says nothing of units. The names
below are therefore a convention: whoever names a property so delivers it in that unit. A
name that is not here is not guessed at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edge.profiles.base import Sheet, number
from edge.profiles.channel import CHANNELS
from edge.profiles.field import truth
from edge.reading import Kind, Quality
from edge.wire import Reason, WireError


@dataclass(frozen=True, slots=True)
class Meaning:
    """A property's channel; `states` are its texts for true and false, if it is a truth."""

    kind: Kind
    channel: str
    states: tuple[str, str] | None = None

    def value(self, raw: Any, name: str) -> float | str:
        """`raw` as the channel holds it; WireError when it cannot be."""
        if isinstance(raw, str) and raw in CHANNELS[self.channel].texts:
            return raw
        if self.states is not None:
            return self.states[0] if truth(raw, name) else self.states[1]
        if CHANNELS[self.channel].is_text:
            if not isinstance(raw, str):
                raise WireError(Reason.WRONG_TYPE, f"{self.channel} is a text")
            return raw
        return number(raw, self.channel)


def meaning(name: str) -> Meaning | None:
    """What a property of that name means; its case, `.`, `_` and `-` do not matter."""
    return _MEANINGS.get(_plain(name)) if len(name) <= _NAME_LENGTH_MAX else None


def add(
    sheet: Sheet, name: str, raw: Any, *, at_ns: int | None = None, historical: bool = False
) -> None:
    """Take the property `name` if it means something here; null says nothing."""
    known = meaning(name)
    if known is None or raw is None:
        return
    try:
        value = known.value(raw, known.channel)
    except WireError as error:
        sheet.reject(error)
        return
    sheet.add(
        known.kind, known.channel, value,
        at_ns=at_ns, quality=Quality.GOOD, historical=historical,
    )  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().translate(_SIGNS)


def _table(rows: Iterable[tuple[Meaning, str]]) -> dict[str, Meaning]:
    return {_plain(name): known for known, names in rows for name in names.split()}


_SIGNS = str.maketrans("", "", "._-/ ")
_NAME_LENGTH_MAX = 64
_MEANINGS = _table(
    (
        (Meaning(Kind.WATER, "water.total"), "water.total WaterMeter.total"),
        (Meaning(Kind.WATER, "water.flow"), "water.flow WaterMeter.flow"),
        (Meaning(Kind.GAS, "gas.total"), "gas.total GasMeter.total"),
        (Meaning(Kind.HEAT, "heat.total"), "heat.total HeatMeter.total"),
        (Meaning(Kind.ELEC, "elec.total"), "elec.total ElectricityMeter.total"),
        (Meaning(Kind.ELEC, "elec.power"), "elec.power ElectricityMeter.power"),
        (Meaning(Kind.ELEC, "elec.voltage"), "elec.voltage ElectricityMeter.voltage"),
        (Meaning(Kind.DOOR, "door.contact", ("open", "closed")), "door.contact door.open"),
        (Meaning(Kind.LEAK, "leak", ("wet", "dry")), "leak leakage water.leak"),
        (Meaning(Kind.SMOKE, "smoke", ("smoke", "clear")), "smoke"),
        (Meaning(Kind.SOS, "sos", ("pressed", "clear")), "sos"),
        (Meaning(Kind.ENV, "battery.pct"), "battery.pct battery.level"),
        (Meaning(Kind.ENV, "battery.v"), "battery.v battery.voltage"),
        (Meaning(Kind.ENV, "rssi.dbm"), "rssi.dbm rssi"),
        (Meaning(Kind.ENV, "temperature.c"), "temperature.c temperature Temperature.value"),
        (Meaning(Kind.ENV, "humidity.pct"), "humidity.pct humidity Humidity.value"),
        (Meaning(Kind.ENV, "pulse.a"), "pulse.a pulseCounter"),
        (Meaning(Kind.ENV, "pulse.b"), "pulse.b"),
        (Meaning(Kind.ENV, "snr.db"), "snr.db snr"),
        (Meaning(Kind.ELEC, "elec.current"), "elec.current ElectricityMeter.current"),
        (Meaning(Kind.ELEC, "elec.current.b"), "elec.current.b ElectricityMeter.currentB"),
        (Meaning(Kind.ELEC, "elec.current.c"), "elec.current.c ElectricityMeter.currentC"),
        (Meaning(Kind.ELEC, "elec.export"), "elec.export ElectricityMeter.export"),
        (Meaning(Kind.PLUG, "switch", ("on", "off")), "switch"),
        (Meaning(Kind.ENV, "motion", ("motion", "clear")), "motion occupancy"),
        (Meaning(Kind.ENV, "device.tamper", ("tampered", "clear")), "device.tamper tamper"),
        (Meaning(Kind.GAS, "gas.alarm", ("gas", "clear")), "gas.alarm"),
        (Meaning(Kind.WATER, "meter.fault"), "meter.fault"),
    )
)
"""By name without case and signs: `batteryLevel` and `battery.level` are one."""
