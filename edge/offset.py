"""What a device's clock is off by: learned from live messages, applied before the log.

A message is `late` by its time of receipt less its newest event. Nothing arrives before it
happened, so a clock that is ahead shows at once. One that is behind looks like a delay, until
messages that came well apart are late by the same.
"""

from typing import Final, NamedTuple

from edge.reading import DAY_NS, MINUTE_NS
from edge.remembered import NEVER_NS, ClockState

SLACK_NS: Final = 10 * MINUTE_NS
"""A clock within this of the edge's is right, and two latenesses within this are the same."""
APART_NS: Final = 10 * MINUTE_NS
"""Messages closer than this are one burst and count once: a backlog is late all alike."""
NEEDED: Final = 4
MENDED: Final = 2
"""Messages on time before a clock that was ahead is believed to be mended, and not delayed."""
DELAY_NS_MAX: Final = 366 * DAY_NS
"""No store on the way keeps a live message longer: what is later than this has no clock."""
US_NS: Final = 1_000


class Heard(NamedTuple):
    """What a message meant for the samples of its device.

    `void`: its own times were judged before more was known, and prove nothing. `forget_ns`: so
    do all times before this one, which were taken for delayed. `delayed`: it is later than its
    device ever is, and believed all the same.
    """

    void: bool = False
    forget_ns: int | None = None
    delayed: bool = False


class Clock:
    """One clock of a device that was wrong or late at its last live message.

    `offset_ns` is added to what it says; 0 while nothing is learned. `lates_ns` are the last
    latenesses that were counted. `newest_ns` is the newest event that was believed, as it was
    placed, and `newest_late_ns` how late it was by that. `silent` says that the device had been
    silent before it began to be late.
    """

    __slots__ = ("counted_ns", "lates_ns", "newest_late_ns", "newest_ns", "offset_ns", "silent")

    def __init__(self, state: ClockState | None = None) -> None:
        state = state or ClockState()
        self.offset_ns, self.lates_ns = state.offset_ns, state.lates_ns
        self.counted_ns, self.newest_ns = state.counted_ns, state.newest_ns
        self.silent, self.newest_late_ns = state.silent, state.newest_late_ns

    def state(self) -> ClockState:
        """The clock, for a checkpoint."""
        return ClockState(
            self.offset_ns, self.lates_ns, self.counted_ns, self.newest_ns,
            self.silent, self.newest_late_ns,
        )  # fmt: skip

    @property
    def right(self) -> bool:
        """Whether nothing is wrong with it any more."""
        return not self.offset_ns and not self.lates_ns

    def delayed(self, late_ns: int, usual_ns: int) -> bool:
        """Whether a message that late is believed, and taken for delayed."""
        by_ns = shift_ns(self.offset_ns, late_ns)
        return by_ns is not None and late_ns - by_ns > usual_ns

    def take(self, received_ns: int, late_ns: int, usual_ns: int) -> Heard:
        """Learn from a live message; `usual_ns` is how late the device may be by its rhythm."""
        by_ns = shift_ns(self.offset_ns, late_ns)
        forget_ns = self._unmasked_ns(late_ns, usual_ns)
        if by_ns is not None:
            forget_ns = forget_ns or self.leapt_ns(received_ns, late_ns - by_ns, usual_ns)
            self._place(received_ns, late_ns - by_ns, usual_ns)
        if self.offset_ns and late_ns - self.offset_ns < -SLACK_NS:
            self.offset_ns, self.lates_ns, self.counted_ns = 0, [], NEVER_NS
        if not self.offset_ns and -SLACK_NS <= late_ns <= usual_ns:
            self.lates_ns = []
            return Heard(forget_ns=forget_ns)
        self._count(received_ns, late_ns)
        learned = self._learn(late_ns, usual_ns)
        return learned if learned.void else Heard(forget_ns=forget_ns)

    def goes_on(self, received_ns: int, late_ns: int, usual_ns: int) -> bool:
        """Whether a message only goes on with a backlog, in its usual steps; it is noted then.

        It came in one burst with one that was counted, by a clock that nobody knows to be wrong,
        so `take` would learn nothing from it. A backlog of days is thousands of such messages.
        """
        in_burst = 0 <= received_ns - self.counted_ns < APART_NS
        if self.offset_ns or len(self.lates_ns) != 1 or not in_burst:
            return False
        if not usual_ns < late_ns <= DELAY_NS_MAX:
            return False
        if self.silent and received_ns - late_ns - self.newest_ns > usual_ns:
            return False
        if received_ns - late_ns > self.newest_ns:
            self.newest_ns, self.newest_late_ns = received_ns - late_ns, late_ns
        return True

    def leapt_ns(
        self, received_ns: int, late_ns: int, usual_ns: int, *, other: bool = False
    ) -> int | None:
        """Until when to forget, if the clock was set before a message placed `late_ns` back.

        `other` says that the message goes by another clock of the device. A backlog goes on in
        its usual steps and is late by less each time. A clock that was set leaps over hours of
        which nothing is told, and further than time went on: after it was off by one and the
        same, or woke with an old time from a silence.
        """
        odd = self.silent or (self._agree(MENDED) and not other)
        if not (odd and self.lates_ns and self.newest_late_ns > usual_ns):
            return None
        leap_ns = received_ns - late_ns - self.newest_ns
        gained_ns = self.newest_late_ns - late_ns
        return self._forget_ns() if leap_ns > usual_ns and gained_ns > SLACK_NS else None

    def _place(self, received_ns: int, late_ns: int, usual_ns: int) -> None:
        """Note where a message that is believed was placed."""
        if received_ns - late_ns > self.newest_ns:
            self.newest_ns, self.newest_late_ns = received_ns - late_ns, late_ns
        if late_ns <= usual_ns:
            self.silent = False

    def _forget_ns(self) -> int:
        """Where to begin again, when all that was placed until now proves nothing."""
        from_ns = self.newest_ns + 1
        self.newest_ns, self.newest_late_ns = NEVER_NS, 0
        return from_ns

    def _unmasked_ns(self, late_ns: int, usual_ns: int) -> int | None:
        """Until when to forget: a clock that now proves wrong was so when it seemed delayed."""
        seemed = bool(self.lates_ns) and self.delayed(self.lates_ns[-1], usual_ns)
        wrong = late_ns - self.offset_ns < -SLACK_NS or shift_ns(self.offset_ns, late_ns) is None
        if not (seemed and wrong):
            return None
        self.lates_ns, self.counted_ns = [], NEVER_NS
        return self._forget_ns()

    def _learn(self, late_ns: int, usual_ns: int) -> Heard:
        """Take over what the messages agree on; what was placed otherwise was misplaced."""
        agreed_ns = self._agreed_ns()
        believed = shift_ns(self.offset_ns, late_ns) is not None
        misled = believed and agreed_ns is not None and abs(agreed_ns - self.offset_ns) > SLACK_NS
        if agreed_ns is None or (misled and late_ns - self.offset_ns <= usual_ns):
            self.offset_ns = min(self.offset_ns, late_ns) if self.offset_ns else 0
            return Heard()
        self.offset_ns = agreed_ns
        if abs(agreed_ns) <= SLACK_NS:
            self.offset_ns, self.lates_ns = 0, []
        return Heard(void=True, forget_ns=self._forget_ns()) if misled else Heard()

    def _count(self, received_ns: int, late_ns: int) -> None:
        """Take in a lateness, unless it came in one burst with the last."""
        if abs(received_ns - self.counted_ns) >= APART_NS:
            self.counted_ns = received_ns
            self.lates_ns = [*self.lates_ns, late_ns][-NEEDED:]

    def _agreed_ns(self) -> int | None:
        """What the last messages say must be added to the clock; None while they disagree.

        It is the least lateness of them, which puts none of them after its own receipt.
        """
        recent_ns = self.lates_ns[-MENDED:]
        if len(recent_ns) == MENDED and max(map(abs, recent_ns)) <= SLACK_NS:
            return 0
        return min(self.lates_ns) if self._agree(NEEDED) else None

    def _agree(self, count: int) -> bool:
        recent_ns = self.lates_ns[-count:]
        return len(recent_ns) == count and max(recent_ns) - min(recent_ns) <= SLACK_NS


def shift_ns(offset_ns: int, late_ns: int) -> int | None:
    """What to add to the times of a live message; None when they cannot be known.

    What it gives never puts an event after its receipt, unless the clock is right and merely
    `SLACK_NS` ahead.
    """
    rest_ns = late_ns - offset_ns
    if rest_ns < -SLACK_NS:  # the clock is not off by this any more
        offset_ns, rest_ns = 0, late_ns
    mended_or_late = abs(late_ns) <= SLACK_NS < rest_ns
    if mended_or_late or not -SLACK_NS <= rest_ns <= DELAY_NS_MAX:
        return None
    return min(offset_ns, late_ns) // US_NS * US_NS if offset_ns else 0


def off_ns(clock: Clock) -> int:
    """What must be added to it as far as anybody knows; a delay is nothing wrong."""
    if clock.offset_ns:
        return clock.offset_ns
    late_ns = clock.lates_ns[-1]
    return late_ns if shift_ns(0, late_ns) is None else 0
