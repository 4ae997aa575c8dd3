"""What an alarm channel of a device says: it rings, or it is over.

Detectors of smoke, gas or water, call buttons, lifts: each says by itself that something is
wrong. Nothing is computed and nothing is waited for. A word that nobody knows is taken for an
alarm, and so is one whose time is in doubt: to be wrong about it costs a visit.
"""

from msgspec import Struct

from edge.reading import Reading

_CLEAR = frozenset({"clear", "dry", "ok", "normal", "off", "false", "idle", "0", "0.0", ""})
_OF_ITSELF = frozenset({"test", "fault", "unknown", "low_battery", "mute", "maintenance"})
"""What a detector says of itself and not of the room."""


class SignalState(Struct, frozen=True, array_like=True):
    """A signal as it goes into a checkpoint.

    It said `word` at `alarm_ns` last, having rung since `since_ns`; it was over at `over_ns`,
    None while it rings.
    """

    alarm_ns: int = 0
    since_ns: int = 0
    over_ns: int | None = 0
    word: str = ""

    @property
    def rings(self) -> bool:
        """Whether its last word was an alarm."""
        return self.over_ns is None


class Signal:
    """One alarm channel of one device; an alarm `again_ns` after the last is another one.

    Call buttons never say that they are clear, and some detectors forget to: what they say
    later must not drown in an alarm that a person has seen to long ago.
    """

    __slots__ = ("again_ns", "state")

    def __init__(self, again_ns: int) -> None:
        self.again_ns = again_ns
        self.state = SignalState()

    def hear(self, reading: Reading) -> None:
        """Take in what the channel says; a clear that is older than the alarm is none."""
        was, word = self.state, str(reading.value).lower()
        at_ns = min(reading.at_ns, reading.received_ns)
        if word in _OF_ITSELF:
            return
        if word not in _CLEAR:
            goes_on = was.rings and at_ns - was.alarm_ns < self.again_ns
            self.state = SignalState(at_ns, was.since_ns if goes_on else at_ns, None, word)
        elif was.rings and at_ns >= was.alarm_ns:
            self.state = SignalState(was.alarm_ns, was.since_ns, at_ns, was.word)
