"""Whether a device could be heard, and was.

Its silence is the time that the edge listened since its last message: the account of its
adapter, or the edge's own, read from where it stood then.
"""

from collections.abc import Sequence
from typing import Final

from edge.fields import Fields
from edge.listening import Listening
from edge.remembered import PresenceState
from edge.rhythm import Rhythm

_ABSENT: Final = frozenset(("down", "unknown"))
_STATES: Final = frozenset(("device.state", "cam.state"))


def speaks(readings: Sequence[Fields]) -> bool:
    """Whether a message is its device's own word: not when somebody says that it is away."""
    for reading in readings:
        if reading.channel in _STATES and reading.value in _ABSENT:
            return False
    return True


class Presence:
    """One device's rhythm and silence.

    `rhythm` is when it was heard and how often it is; `expected_ns` the interval that the
    registry gives; `adapter` who counts its silence, None for the edge itself.
    """

    __slots__ = (
        "_base_ns",
        "_missed_ns",
        "adapter",
        "began_ns",
        "expected_ns",
        "listening",
        "rhythm"
    )  # fmt: skip

    def __init__(self, expected_ns: int | None = None) -> None:
        self.expected_ns = expected_ns
        self.listening = Listening()
        self.rhythm = Rhythm()
        self.adapter: str | None = None
        self._base_ns = self._missed_ns = 0
        self.began_ns: int | None = None

    def state(self) -> PresenceState:
        """The presence, for a checkpoint."""
        return PresenceState(
            self._base_ns, self._missed_ns, self.began_ns, self.adapter, self.rhythm.state()
        )

    def restore(self, state: PresenceState, listening: Listening) -> None:
        """Become the presence that had `state`, reading the account that it read."""
        self._base_ns, self._missed_ns = state.base_ns, state.missed_ns
        self.began_ns, self.adapter = state.began_ns, state.adapter
        self.rhythm.restore(state.rhythm)
        self.listening = listening

    def behind(self, adapter: str | None, listening: Listening, at_ns: int) -> None:
        """Read the account `listening` of `adapter`, from `at_ns` on if it was another one."""
        self.listening = listening
        if adapter != self.adapter:
            self.adapter = adapter
            self.count_from(at_ns)

    def could_be_heard(self, from_ns: int, at_ns: int) -> None:
        """Note at `at_ns`, when the link changes, that it hangs there from `from_ns` on."""
        began_ns = self.began_ns
        if from_ns > at_ns:
            self.count_from(from_ns)
            self.began_ns = from_ns
        elif began_ns is None or began_ns > at_ns:
            self.began_ns = at_ns

    def hear(self, received_ns: int, at_ns: int) -> None:
        """Take in that it was heard at `received_ns`, its newest event being of `at_ns`."""
        self.rhythm.hear(received_ns, at_ns)
        self.count_from(received_ns)

    @property
    def base_ns(self) -> int:
        """Where the account stood when this silence began to count."""
        return max(self._base_ns, self.listening.fresh_ns)

    @property
    def is_afresh(self) -> bool:
        """Whether this silence counts from the end of an outage of its adapter."""
        return self.listening.fresh_ns > self._base_ns

    @property
    def missed_ns(self) -> int:
        """For how long nobody listened since then."""
        fresh_ns = self.listening.fresh_missed_ns if self.is_afresh else self._missed_ns
        return self.listening.missed_ns - fresh_ns

    def count_from(self, at_ns: int) -> None:
        """Let its silence count from `at_ns`."""
        self._base_ns = self.listening.at(at_ns)
        self._missed_ns = self.listening.missed_ns
