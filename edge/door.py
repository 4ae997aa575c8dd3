"""One door: what its contact and its reader said, and what does not fit together.

A door is a device with a contact, a reader or both; its reader may be a device of its own.
Nothing is kept here of whose credential it was; `edge.cards` says what of it does not fit.
"""

from msgspec import Struct, field

from edge.cards import Doubled, Searching
from edge.door_terms import DoorTerms
from edge.point import Point
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from edge.run import Run
from edge.tailgate import Tailgates, local_day

BEFORE_NS = 15 * SECOND_NS
"""So long before an opening whoever passes may have shown a card or pressed the button."""
AFTER_NS = 3 * SECOND_NS
RIPE_NS = 20 * SECOND_NS
"""So long the word of a reader may be on its way when the contact has already spoken."""
BOUNCE_NS = 2 * SECOND_NS
"""A door that opens so soon after it closed has bounced, or somebody caught it."""
CAUGHT_NS = SECOND_NS
"""No bounce takes so long: somebody caught it, and went in on another's pass."""
DENIED_GAP_NS = 10 * MINUTE_NS
EVENT_NS = 30 * MINUTE_NS
"""What happened within this of the last such event is part of it."""
READER_KNOWN_NS = 24 * HOUR_NS
_KEPT = 16
_PASSED_MAX = 1_000
"""More than so many at once are another counter, not a crowd."""


class DoorState(Struct, array_like=True):
    """A door as it goes into a checkpoint.

    `waiting` are openings, as event time and time of arrival, for which a pass may yet come;
    `passes` are the times at which somebody was let through. Both keep the last sixteen. A card
    was turned away at `search_doors` doors, or was in two places so many metres and seconds
    `apart`. The pass of `opened_by_ns` opened it last; `passed` is what its counter last said.
    It was open until `shut_ns`. It has not said closed since `opened_ns`, and is known to have
    stood open since `held_ns`; the contact was last heard at `contact_heard_ns`.
    """

    contact: str = ""
    contact_ns: int = 0
    opened_ns: int | None = None
    waiting: list[tuple[int, int]] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    reader_ns: int | None = None
    forced: Run = Run()
    denied: Run = Run()
    odd: Run = Run()
    searched: Run = Run()
    doubled: Run = Run()
    search_doors: int = 0
    apart: tuple[float, float] = (0.0, 0.0)
    tail: Tailgates = Tailgates()
    opened_by_ns: int | None = None
    passed: float | None = None
    shut_ns: int | None = None
    held_ns: int | None = None
    contact_heard_ns: int = 0


class Door(Point[DoorState]):
    """The door of `device`; it hears its own readings and those of its reader."""

    __slots__ = ("device", "offset_ns", "reader", "state", "terms", "utc_offset_h")

    def __init__(self, device: str, terms: DoorTerms | None, utc_offset_h: float) -> None:
        super().__init__()
        self.device, self.terms, self.utc_offset_h = device, terms or DoorTerms(), utc_offset_h
        self.offset_ns = int(utc_offset_h * HOUR_NS)
        self.reader = self.terms.reader or device
        self.state = DoorState()

    def hear(self, reading: Reading) -> None:
        """Take in what the contact or the reader says; words that nobody knows say nothing."""
        at_ns = min(reading.at_ns, reading.received_ns)
        if reading.device == self.reader:
            self.state.reader_ns = reading.received_ns
            self._hear_reader(reading, at_ns)
        if reading.device == self.device and reading.channel == "door.contact":
            self._hear_contact(str(reading.value), at_ns, reading.received_ns)
        if reading.device == self.device and reading.channel == "door.passes":
            self._hear_counter(reading.value, at_ns)

    def note(self, trace: Searching | Doubled, reading: Reading) -> None:
        """Take in what the card that was just shown does not fit together with."""
        at_ns, heard_ns = min(reading.at_ns, reading.received_ns), reading.received_ns
        state = self.state
        if isinstance(trace, Searching):
            state.searched = state.searched.then(at_ns, heard_ns, EVENT_NS)
            state.search_doors = trace.doors
        else:
            state.doubled = state.doubled.then(at_ns, heard_ns, EVENT_NS)
            state.apart = (trace.metres, trace.apart_s)

    def forced(self, now_ns: int) -> Run:
        """The last run of openings for which nobody was let through, as known at `now_ns`."""
        run = self.state.forced
        for at_ns, heard_ns in self.state.waiting:
            if now_ns - heard_ns >= RIPE_NS and self._is_forced(at_ns):
                run = run.then(at_ns, heard_ns, EVENT_NS)
        return run

    def _hear_reader(self, reading: Reading, at_ns: int) -> None:
        state = self.state
        if (reading.channel, reading.value) in _PASSES:
            if at_ns not in state.passes:
                self._count(at_ns, granted=1)
            state.passes = [*state.passes[1 - _KEPT :], at_ns]
            opened_ns = state.waiting[-1][0] if state.waiting else None
            if opened_ns is not None and at_ns <= opened_ns <= at_ns + BEFORE_NS:
                state.opened_by_ns = at_ns  # the reader's word came after the contact's
            self._note_hour(at_ns, reading.received_ns)
        elif (reading.channel, reading.value) == ("door.access", "denied"):
            state.denied = state.denied.then(at_ns, reading.received_ns, DENIED_GAP_NS)

    def known_open_ns(self) -> int | None:
        """Since when it stands open for all that is known; None if its closing may be lost.

        What was said before the last break holds no more: somebody may have closed it meanwhile.
        """
        listening_ns, state = self.listening_ns, self.state
        if listening_ns is None or state.contact_heard_ns < listening_ns or state.opened_ns is None:
            return None
        return state.opened_ns if state.held_ns is None else state.held_ns

    def _hear_contact(self, word: str, at_ns: int, received_ns: int) -> None:
        state = self.state
        if word not in _CONTACT or at_ns < state.contact_ns:
            return
        opens, was_open = word == "open" and state.contact == "closed", state.contact == "open"
        if word == "closed":
            state.opened_ns = state.held_ns = None
            state.shut_ns = at_ns if was_open else state.shut_ns
        elif state.opened_ns is None:
            state.opened_ns = at_ns
        elif self._was_shut_unheard(at_ns):
            state.held_ns = at_ns
        state.contact, state.contact_ns, state.contact_heard_ns = word, at_ns, received_ns
        if opens and not self._opens_within(CAUGHT_NS, at_ns):
            self._note_pass(at_ns)
        if opens and not self._opens_within(BOUNCE_NS, at_ns):
            self._note_opening(at_ns, received_ns)

    def _note_opening(self, at_ns: int, received_ns: int) -> None:
        self._settle(received_ns)
        self._note_hour(at_ns, received_ns)
        if self._was_heard_before(at_ns):
            self.state.waiting = [*self.state.waiting[1 - _KEPT :], (at_ns, received_ns)]

    def _was_shut_unheard(self, at_ns: int) -> bool:
        """Whether a door that was open and opens again may have been closed in between.

        Its word is the first one after a break, or follows a pass: nobody is let through an open
        door.
        """
        from_ns, state = self.listening_ns, self.state
        if from_ns is None or state.contact_heard_ns < from_ns:
            return True
        return any(
            max(state.contact_ns, at_ns - BEFORE_NS) < each <= at_ns for each in state.passes
        )

    def _was_heard_before(self, at_ns: int) -> bool:
        """Whether a pass before `at_ns` would be known, and not lost just as the door came back.

        What comes from within a break was kept for us, the passes with it.
        """
        from_ns = self.listening_ns
        return from_ns is None or not from_ns <= at_ns < from_ns + BEFORE_NS

    def _opens_within(self, span_ns: int, at_ns: int) -> bool:
        """Whether it has been shut for no longer than that."""
        shut_ns = self.state.shut_ns
        return shut_ns is not None and at_ns - shut_ns <= span_ns

    def _hear_counter(self, passed: float | str, at_ns: int) -> None:
        """Count on from what it said last; one that begins anew tells nothing of the meantime."""
        if isinstance(passed, str):
            return
        before, self.state.passed = self.state.passed, passed
        if before is not None and 0 < passed - before < _PASSED_MAX:
            self._count(at_ns, passed=int(passed - before))

    def _note_pass(self, at_ns: int) -> None:
        """See whether the pass that opens the door had opened it before."""
        passes = [each for each in self.state.passes if at_ns - BEFORE_NS <= each <= at_ns]
        by_ns = max(passes, default=None)
        again = by_ns is not None and by_ns == self.state.opened_by_ns
        self.state.opened_by_ns = by_ns
        if again and self.terms.reported:
            self._count(at_ns, opened_again=1)

    def _count(self, at_ns: int, **more: int) -> None:
        """Count it on its own day; a day that is over is not counted on."""
        day = local_day(at_ns, self.offset_ns)
        tail = self.state.tail.on(day)
        if tail.day == day:
            self.state.tail = tail.then(at_ns, **more)

    def _settle(self, now_ns: int) -> None:
        """Judge for good every opening for which no pass can come any more."""
        self.state.forced = self.forced(now_ns)
        self.state.waiting = [each for each in self.state.waiting if now_ns - each[1] < RIPE_NS]

    def _is_forced(self, at_ns: int) -> bool:
        """Whether nobody was let through; unknown counts as no."""
        known_ns = self.state.reader_ns
        if not self.terms.reported or known_ns is None:
            return False
        if self.reader != self.device and at_ns - known_ns > READER_KNOWN_NS:
            return False
        return not any(at_ns - BEFORE_NS <= each <= at_ns + AFTER_NS for each in self.state.passes)

    def _note_hour(self, at_ns: int, heard_ns: int) -> None:
        if self.terms.is_odd(at_ns, self.utc_offset_h):
            self.state.odd = self.state.odd.then(at_ns, heard_ns, EVENT_NS)


_CONTACT = frozenset({"open", "closed"})
_PASSES = frozenset(
    {("door.access", "granted"), ("door.method", "button"), ("door.method", "remote")}
)
