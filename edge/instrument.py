"""One device as an instrument: whether what it measures can be, and still moves.

Only channels of the table are looked at. A register that stands still is no fault: a home may
be empty. The voltage of the mains and the weather never stand still.
"""

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from edge.drift import Days, Drift
from edge.echo import Echo
from edge.point import Point
from edge.reading import DAY_NS, Reading
from edge.run import Run

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "temperature.c": (-60.0, 130.0),
        "humidity.pct": (0.0, 100.0),
        "illuminance.lx": (0.0, 200_000.0),
        "elec.voltage": (0.0, 500.0),
        "elec.voltage.b": (0.0, 500.0),
        "elec.voltage.c": (0.0, 500.0),
        "heat.supply.c": (-30.0, 200.0),
        "heat.return.c": (-30.0, 200.0),
        "water.flow": (-500.0, 500.0),
        "battery.pct": (0.0, 100.0),
        "battery.v": (0.0, 100.0),
    }
)
"""What nature and the mains of a quarter of houses allow, in the channel's unit."""
MOVING = frozenset(
    ("temperature.c", "humidity.pct", "elec.voltage", "elec.voltage.b", "elec.voltage.c")
)
"""Channels whose value never stays for days."""
BATTERY = "battery.pct"
WEAK_PCT, WELL_PCT = 10.0, 20.0
CHANGES_KEPT = 5


class Trace(Struct, array_like=True):
    """A channel that must move: its value since when, how often said, when it last changed."""

    value: float
    since_ns: int
    count: int = 1
    changes_ns: list[int] = field(default_factory=list)


class InstrumentState(Struct, array_like=True):
    """An instrument as it goes into a checkpoint.

    `odd` are the impossible values, the last of them `odd_value` on `odd_channel`; `still` are
    channels that stand still while their neighbours move, and since when; the battery is weak
    since `weak_ns`, at `battery_pct`. `days` and `drifts` are what `edge.drift` keeps of a channel,
    `echoes` what `edge.echo` does; `echoed` are the values that were said before.
    """

    traces: dict[str, Trace] = field(default_factory=dict)
    newest_ns: dict[str, int] = field(default_factory=dict)
    odd: Run = Run()
    odd_channel: str = ""
    odd_value: float = 0.0
    still: dict[str, int] = field(default_factory=dict)
    weak_ns: int | None = None
    battery_pct: float = 100.0
    days: dict[str, Days] = field(default_factory=dict)
    drifts: dict[str, Drift] = field(default_factory=dict)
    echoes: dict[str, Echo] = field(default_factory=dict)
    echoed: Run = Run()
    echoed_channel: str = ""


class Instrument(Point[InstrumentState]):
    """The instrument `device`; it is judged by its own words alone.

    `ended` is the channel whose local day the last reading ended, "" if none. Local time is
    `offset_ns` ahead of UTC.
    """

    __slots__ = ("device", "ended", "offset_ns", "state")

    def __init__(self, device: str, offset_ns: int) -> None:
        super().__init__()
        self.device, self.offset_ns = device, offset_ns
        self.ended = ""
        self.state = InstrumentState()

    def hear(self, reading: Reading) -> None:
        """Take in a value of a channel in the table; an older one than the last is passed over."""
        channel, value = reading.channel, reading.value
        self.ended = ""
        if isinstance(value, str) or channel not in RANGES:
            return
        state, at_ns = self.state, min(reading.at_ns, reading.received_ns)
        if at_ns < state.newest_ns.get(channel, 0):
            return
        state.newest_ns[channel] = at_ns
        low, high = RANGES[channel]
        if not low <= value <= high:
            state.odd = state.odd.then(at_ns, reading.received_ns, DAY_NS)
            state.odd_channel, state.odd_value = channel, value
        elif channel == BATTERY:
            self._hear_battery(value, at_ns)
        elif channel in MOVING:
            self._trace(channel, value, at_ns)
            self._listen_for_echo(channel, value, at_ns, reading.received_ns)
            day = (at_ns + self.offset_ns) // DAY_NS
            if state.days.setdefault(channel, Days()).take(day, value):
                self.ended = channel

    def changed_since(self, channel: str, at_ns: int) -> bool:
        """Whether the channel has changed five times since then."""
        trace = self.state.traces.get(channel)
        changes_ns = trace.changes_ns if trace else []
        return len(changes_ns) == CHANGES_KEPT and changes_ns[0] >= at_ns

    def _hear_battery(self, pct: float, at_ns: int) -> None:
        state = self.state
        state.battery_pct = pct
        if pct >= WELL_PCT:
            state.weak_ns = None
        elif pct <= WEAK_PCT and state.weak_ns is None:
            state.weak_ns = at_ns

    def _listen_for_echo(self, channel: str, value: float, at_ns: int, received_ns: int) -> None:
        state = self.state
        echo = state.echoes.setdefault(channel, Echo())
        if echo.take(value, at_ns):
            since = Run(echo.since_ns, echo.since_ns, received_ns, 1)
            fresh = not state.echoed.count or at_ns - state.echoed.last_ns >= DAY_NS
            state.echoed = (since if fresh else state.echoed).then(at_ns, received_ns, DAY_NS)
            state.echoed_channel = channel

    def _trace(self, channel: str, value: float, at_ns: int) -> None:
        trace = self.state.traces.get(channel)
        if trace is None:
            self.state.traces[channel] = Trace(value, at_ns)
        elif value == trace.value:
            trace.count += 1
        else:
            recent = deque((*trace.changes_ns, at_ns), CHANGES_KEPT)
            self.state.traces[channel] = Trace(value, at_ns, 1, list(recent))
            self.state.still.pop(channel, None)
