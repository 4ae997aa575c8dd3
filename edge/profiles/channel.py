"""The channels that a vendor's value may become: one name, one unit, one range each.

A decoder converts into this unit before it hands a value on; a value that the table does not
allow is refused there, so that nothing behind a profile meets a unit that it must guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from edge.wire import TEXT_LENGTH_MAX, Reason, WireError


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel may hold: a number of `unit` from `low` to `high`, or a text.

    Exactly one of `unit` and `texts` says something; `free` admits any short printable text.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 1e9
    texts: frozenset[str] = frozenset()
    free: bool = False

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.free or bool(self.texts)

    def checked(self, value: float | str) -> float | str:
        """`value` as this channel holds it; numbers come out as floats, without negative zero.

        Raises:
            WireError: wrong type, not finite, out of range, or a text that is not allowed.
        """
        return self._text(value) if self.is_text else self._number(value)

    def _text(self, value: float | str) -> str:
        if not isinstance(value, str):
            raise WireError(Reason.WRONG_TYPE, f"{self.name} holds a text")
        if self.texts and value not in self.texts:
            raise WireError(Reason.OUT_OF_RANGE, f"{self.name} is one of {sorted(self.texts)}")
        if len(value) > TEXT_LENGTH_MAX or not (value.isprintable() or not value):
            raise WireError(Reason.BAD_TEXT, f"{self.name}: {TEXT_LENGTH_MAX} printable signs")
        return value

    def _number(self, value: float | str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WireError(Reason.WRONG_TYPE, f"{self.name} holds a number of {self.unit}")
        if not isfinite(value):
            raise WireError(Reason.NOT_FINITE, f"{self.name} is not a finite number")
        if not self.low <= value <= self.high:
            raise WireError(
                Reason.OUT_OF_RANGE,
                f"{self.name}: {self.low:g} to {self.high:g} {self.unit} is believed",
            )
        return float(value) + 0.0


def channel(name: str) -> Channel:
    """The channel of that name.

    Raises:
        WireError: there is none.
    """
    found = CHANNELS.get(name)
    if found is None:
        raise WireError(Reason.BAD_NAME, f"{name[:40]!r} is no channel")
    return found


def _table(channels: Iterable[Channel]) -> dict[str, Channel]:
    return {each.name: each for each in channels}


def _one_of(name: str, *texts: str) -> Channel:
    return Channel(name, texts=frozenset(texts))


CHANNELS = _table(
    (
        Channel("water.total", "m3"),
        Channel("water.flow", "m3/h", low=-1_000, high=1_000),
        Channel("gas.total", "m3"),
        Channel("heat.total", "kWh", high=1e12),
        Channel("elec.total", "kWh", high=1e12),
        Channel("elec.power", "W", low=-1e9),
        Channel("elec.voltage", "V", high=1e6),
        _one_of("door.contact", "open", "closed"),
        _one_of("door.access", "granted", "denied"),
        _one_of("door.method", "card", "pin", "face", "finger", "remote"),
        _one_of("leak", "wet", "dry"),
        _one_of("smoke", "smoke", "clear"),
        _one_of("sos", "pressed", "clear"),
        _one_of("cam.state", "up", "down", "unknown"),
        Channel("cam.fps", "1/s", high=1_000),
        _one_of("device.state", "up", "down", "unknown", "fault"),
        _one_of("device.tamper", "tampered", "clear"),
        Channel("battery.pct", "%", high=100),
        Channel("battery.v", "V", high=1_000),
        Channel("rssi.dbm", "dBm", low=-200, high=50),
        Channel("temperature.c", "Cel", low=-273.15, high=2_000),
        Channel("meter.fault", free=True),
        Channel("meter.alarm", free=True),
    )
)
"""Every channel by its name.

`meter.fault` says why the register cannot be believed (pipe empty, backflow): "" when nothing
is wrong. `meter.alarm` says what else the meter reports while it goes on measuring (a burst, a
low battery), so that no weak battery takes a home out of the watch.
"""
