"""The channels that a vendor's value may become: one name, one unit, one range each.

A decoder converts into this unit before it hands a value on; a value that the table does not
allow is refused there, so that nothing behind a profile meets a unit that it must guess.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from edge.reading import Kind
from edge.wire import TEXT_LENGTH_MAX, Reason, WireError


@dataclass(frozen=True, slots=True)
class Channel:
    """What a channel may hold: a number of `unit` from `low` to `high`, or a text.

    Exactly one of `unit` and `texts` says something; `free` admits any short printable text.
    One of the vendor's `own` (`x.pump_speed`) holds a number or a short text, and no rule reads it.
    """

    name: str
    unit: str = ""
    low: float = 0.0
    high: float = 1e9
    texts: frozenset[str] = frozenset()
    free: bool = False
    own: bool = False

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.free or bool(self.texts)

    def checked(self, value: float | str) -> float | str:
        """`value` as this channel holds it; numbers come out as floats, without negative zero.

        Raises:
            WireError: wrong type, not finite, out of range, or a text that is not allowed.
        """
        by_value = self.own and isinstance(value, str)
        return self._text(value) if self.is_text or by_value else self._number(value)

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
    if found is None and _OWN.fullmatch(name):
        return Channel(name, unit="", low=-1e15, high=1e15, own=True)
    if found is None:
        raise WireError(Reason.BAD_NAME, f"{name[:40]!r} is no channel")
    return found


def own_channel(name: str) -> str:
    """The channel of the vendor's own under which a value of that name is kept."""
    return "x." + (_UNFIT.sub("_", name.lower()).strip("_") or "unnamed")[:_OWN_LENGTH_MAX]


_OWN_LENGTH_MAX = 40
_OWN = re.compile(r"x\.[a-z0-9_.]{1,40}")
_UNFIT = re.compile(r"[^a-z0-9.]+")


def kind_of(name: str) -> Kind:
    """The kind of a device that reports the channel `name`, as far as the name tells."""
    return _KINDS.get(name.partition(".")[0], Kind.ENV)


def _table(channels: Iterable[Channel]) -> dict[str, Channel]:
    return {each.name: each for each in channels}


def _one_of(name: str, *texts: str) -> Channel:
    return Channel(name, texts=frozenset(texts))


CHANNELS = _table(
    (
        Channel("water.total", "m3"),
        Channel("water.flow", "m3/h", low=-1_000, high=1_000),
        Channel("water.flow_max", "m3/h", low=-1_000, high=1_000),
        Channel("water.month", "m3"),
        Channel("gas.total", "m3"),
        Channel("gas.month", "m3"),
        _one_of("gas.alarm", "gas", "clear"),
        Channel("heat.total", "kWh", high=1e12),
        Channel("heat.power", "W", low=-1e9),
        Channel("heat.volume", "m3"),
        Channel("heat.flow", "m3/h", low=-10_000, high=10_000),
        Channel("heat.supply.c", "Cel", low=-50, high=400),
        Channel("heat.return.c", "Cel", low=-50, high=400),
        Channel("elec.total", "kWh", high=1e12),
        *(Channel(f"elec.tariff.{number}", "kWh", high=1e12) for number in range(1, 5)),
        Channel("elec.export", "kWh", high=1e12),
        Channel("elec.power", "W", low=-1e9),
        *(Channel(f"elec.{each}", "V", high=1e6) for each in ("voltage", "voltage.b", "voltage.c")),
        *(
            Channel(f"elec.{each}", "A", low=-1e5, high=1e5)
            for each in ("current", "current.b", "current.c")
        ),
        _one_of("switch", "on", "off"),
        *(Channel(f"pulse.{letter}", "1", high=2.0**53) for letter in "abcd"),
        _one_of("door.contact", "open", "closed"),
        _one_of("door.access", "granted", "denied"),
        _one_of("door.method", "card", "pin", "face", "finger", "remote", "button"),
        _one_of("door.direction", "in", "out"),
        Channel("door.passes", "1", high=2.0**53),
        _one_of("leak", "wet", "dry"),
        _one_of("smoke", "smoke", "clear"),
        _one_of("sos", "pressed", "clear"),
        _one_of("lift.trapped", "trapped", "clear"),
        _one_of("lift.off_level", "off_level", "clear"),
        _one_of("lift.state", "normal", "out_of_service", "maintenance"),
        _one_of("motion", "motion", "clear"),
        _one_of("cam.state", "up", "down", "unknown"),
        Channel("cam.fps", "1/s", high=1_000),
        Channel("cam.frame_age", "s"),
        *(
            _one_of(f"cam.{word}", word, "clear")
            for word in ("black", "frozen", "blurred", "covered", "moved")
        ),
        Channel("crowd.count", "1", high=100_000),
        Channel("noise.level", "dB(A)", high=200),
        Channel("disk.free", "MB", high=1e12),
        _one_of("device.state", "up", "down", "unknown", "fault"),
        _one_of("device.tamper", "tampered", "clear"),
        Channel("battery.pct", "%", high=100),
        Channel("battery.v", "V", high=1_000),
        _one_of("battery.state", "low", "ok"),
        Channel("rssi.dbm", "dBm", low=-200, high=50),
        Channel("snr.db", "dB", low=-100, high=100),
        Channel("margin.db", "dB", low=-100, high=100),
        Channel("lqi", "1", high=255),
        Channel("temperature.c", "Cel", low=-273.15, high=2_000),
        Channel("humidity.pct", "%RH", high=100),
        Channel("illuminance.lx", "lx", high=1e6),
        Channel("place.lat", "lat", low=-90, high=90),
        Channel("place.lon", "lon", low=-180, high=180),
        Channel("meter.fault", free=True),
        Channel("meter.alarm", free=True),
    )
)
"""Every channel by its name.

The voltage and the current without a letter are those of phase A, or of the only one.
`crowd.count` is how many people are seen at once, `noise.level` the equivalent level LAeq since
the last report. `water.month` is the register on the last settlement day. `meter.fault` says why
the register cannot be believed (pipe empty, backflow): "" when nothing is wrong. `meter.alarm`
says what else the meter reports while it goes on measuring (a burst, a low battery), so that no
weak battery takes a home out of the watch.
"""

_KINDS = {
    "water": Kind.WATER,
    "gas": Kind.GAS,
    "heat": Kind.HEAT,
    "elec": Kind.ELEC,
    "door": Kind.DOOR,
    "leak": Kind.LEAK,
    "smoke": Kind.SMOKE,
    "sos": Kind.SOS,
    "lift": Kind.LIFT,
    "cam": Kind.CAM,
    "crowd": Kind.CAM,
    "meter": Kind.WATER,
    "switch": Kind.PLUG,
}
"""The kind that the first word of a channel implies."""
