"""How long a home has been quiet, and how long it was quiet before: its routine, remembered.

A home is quiet from the latest time at which somebody may have drawn water, or went through
the door. Only what registers prove is quiet, so none is ever made of missing data.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct, field

from edge.draw import Draw, draw, earliest_ns
from edge.meter import Meter
from edge.outage import Excuse
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from edge.residents.heard import hear
from edge.residents.passage import Passage
from edge.residents.remembered import Belief, is_two_way, passed
from edge.signs.heed import attest
from edge.signs.stream import StreamState
from edge.spell import Kind, Spell, unpacked, usual_kind, with_spell

BRIEF_H = 6
"""Shorter spells are only counted, by the time they took."""
WAIT_H_MIN = 6
"""No home is waited for less than so long."""
RETURN_NS = 12 * HOUR_NS
OUT_NS_MAX = 30 * DAY_NS
"""Who went out is believed to be out for so long: a door may miss who comes in."""
DOOR_NS_MAX = 14 * DAY_NS
"""A door that shows nobody for so long has failed, for all that anybody knows, unless the last
that it showed was somebody going out."""
TWO_WAY_NS_MAX = 45 * DAY_NS
"""A door that does not show both directions within so long tells nobody who is at home."""
GUEST_NS_MAX = 6 * HOUR_NS
"""A guest is believed to be there for so long: a door may miss who goes out, and who comes in
then is the resident."""
LEAVING_NS = 10 * MINUTE_NS
"""What moves so soon after somebody went out may still be their leaving."""
HALF_LIFE_DAYS = 180
"""A spell counts half after so many days."""


class QuietState(Struct, array_like=True):
    """What is remembered of a home, in less than 4 KB, and 8 KB where a door tells.

    By meter, `drawn_ns` is the latest time of a possible draw, `seen_ns` that of a draw beyond
    doubt, `known_ns` that of the last sample; `begun_ns` is that of the first. `back_ns` is when
    a day or more of quiet last ended, `guest_ns` when a guest came, `stirred_ns` when somebody
    last moved. `brief_h` are the hours that
    short spells took, by kind and hour, as they had faded by `brief_day`. `streams` are the other
    devices of the home that show its resident.
    """

    drawn_ns: dict[str, int] = field(default_factory=dict)
    seen_ns: dict[str, int] = field(default_factory=dict)
    known_ns: dict[str, int] = field(default_factory=dict)
    door_ns: int | None = None
    out_ns: int | None = None
    back_ns: int | None = None
    begun_ns: int | None = None
    spells: bytes = b""
    brief_h: bytes = bytes(4 * 24 * len(Kind))
    brief_day: int = 0
    guest_ns: int | None = None
    belief: Belief | None = None
    stirred_ns: int | None = None
    streams: dict[str, StreamState] = field(default_factory=dict)


class Quiet:
    """One home's present spell and its memory of past ones.

    With `heeds_motion`, whoever moves in the home is its resident. `heeds` names the signs that
    are looked for in its other streams.
    """

    __slots__ = ("heeds", "heeds_motion", "offset_ns", "scale", "state", "waits_h")

    def __init__(
        self, utc_offset_h: float, *, heeds_motion: bool = False, heeds: tuple[str, ...] = ()
    ) -> None:
        self.heeds_motion = heeds_motion
        self.heeds = heeds
        self.offset_ns = int(utc_offset_h * HOUR_NS)
        self.state = QuietState()
        self.scale = 1.0  # what outcomes have made of the alarms that were agreed
        # What follows from the state, once asked: by the price of an alarm, for what and how long.
        self.waits_h: dict[float, tuple[tuple[object, ...], int]] = {}

    @property
    def since_ns(self) -> int | None:
        """The latest sign of life that is possible; None before the first reading."""
        latest_ns = max(self.state.drawn_ns.values(), default=None)
        if latest_ns is None:
            return None
        for sign_ns in (self.state.door_ns, self.state.stirred_ns):
            if sign_ns is not None and sign_ns > latest_ns:
                latest_ns = sign_ns
        return latest_ns

    def is_seen_after(self, at_ns: int) -> bool:
        """Whether there was a sign of life beyond doubt after `at_ns`."""
        signs = (self.state.door_ns or at_ns, self.state.stirred_ns or at_ns)
        return max((*self.state.seen_ns.values(), *signs)) > at_ns

    def observe(self, name: str, meter: Meter, at_ns: int, excused: Excuse) -> tuple[Spell, ...]:
        """Follow the meter `name` after it took in a reading of `at_ns`; the spells this ended.

        Nothing is learned from a spell that an outage of the supply excuses.
        """
        chain, known_ns = meter.chain, self.state.known_ns
        if not chain.times_ns:
            return ()
        newest_ns, before_ns = chain.times_ns[-1], known_ns.get(name)
        known_ns[name] = newest_ns
        if before_ns is None:
            self.state.drawn_ns[name] = newest_ns
            self.state.begun_ns = self.state.begun_ns or newest_ns
            return ()
        if at_ns < before_ns or newest_ns < before_ns:
            self._look_again(name, meter)
            return ()
        ended = tuple(self._followed(name, meter, before_ns, excused))
        if self.state.belief is not None and len(known_ns) == 1:
            hear(self.state.belief, meter, self.offset_ns, excused)
            attest(self)
        return ended

    def pass_door(self, at_ns: int, excused: Excuse, *, out: bool) -> None:
        """Somebody went out at `at_ns`, or came in: either is a sign of life.

        Who comes in while the resident is there is a guest, and the next to go out within hours.
        """
        since_ns, state = self.since_ns, self.state
        if since_ns is None or at_ns < since_ns:
            return
        was_home = state.out_ns is None
        proven_ns = max(since_ns, min(at_ns, *state.known_ns.values()))
        if was_home and not excused(since_ns, proven_ns):
            self._learned(since_ns, proven_ns)
        is_guest = state.guest_ns is not None and at_ns - state.guest_ns < GUEST_NS_MAX
        state.door_ns = at_ns
        state.out_ns = at_ns if out and not is_guest else None
        state.guest_ns = at_ns if was_home and not out else None
        if state.belief is None:
            from edge.residents.belief import begun  # noqa: PLC0415  (numpy: see `hear`)

            state.belief = begun(min(state.known_ns.values()))
        passed(state.belief, Passage.OUT if out else Passage.IN, at_ns)

    def stir(self, at_ns: int, excused: Excuse) -> None:
        """Somebody moved in the home at `at_ns`, beyond doubt: a sign of life.

        Who went out is back, unless that was minutes ago: a sensor sees the leaving, too.
        """
        since_ns, state = self.since_ns, self.state
        if since_ns is None or at_ns < since_ns:
            return
        if state.out_ns is not None and at_ns - state.out_ns < LEAVING_NS:
            return
        proven_ns = max(since_ns, min(at_ns, *state.known_ns.values()))
        is_spell = state.out_ns is None and proven_ns - since_ns >= HOUR_NS
        if is_spell and not excused(since_ns, proven_ns):
            self._learned(since_ns, proven_ns)
        if state.out_ns is None and proven_ns - since_ns >= DAY_NS:
            state.back_ns = at_ns
        state.stirred_ns, state.out_ns = at_ns, None
        if state.belief is not None:
            state.belief.odds_h = 0.0

    def odds_h(self, at_ns: int) -> float | None:
        """The odds of trouble in hours by what water and door show; None where no door tells.

        Not for a home of several meters, nor where the door showed nobody for two weeks (thirty
        days after somebody went out), or one direction only.
        """
        state = self.state
        if state.belief is None or state.door_ns is None or len(state.known_ns) > 1:
            return None
        silent_ns_max = OUT_NS_MAX if state.belief.out_ns == state.door_ns else DOOR_NS_MAX
        fails = at_ns - state.door_ns >= silent_ns_max
        if fails or not is_two_way(state.belief, at_ns - TWO_WAY_NS_MAX):
            return None
        return state.belief.odds_h

    def is_out(self, at_ns: int) -> bool:
        """Whether the resident went out within 30 days before `at_ns` and did not come back."""
        out_ns = self.state.out_ns
        return out_ns is not None and at_ns - out_ns < OUT_NS_MAX

    def place(self, at_ns: int) -> Spell:
        """A spell that begins at `at_ns`, with no length yet."""
        day, hour = divmod((at_ns + self.offset_ns) // HOUR_NS, 24)
        back_ns = self.state.back_ns
        just_back = back_ns is not None and 0 <= at_ns - back_ns < RETURN_NS
        return Spell(day, hour, Kind.RETURN if just_back else usual_kind(day), 0)

    def spells(self) -> Iterator[Spell]:
        """Yield the spells of six hours and more that are remembered, oldest first."""
        return unpacked(self.state.spells)

    def days_known(self, at_ns: int) -> int:
        """For how many whole days before `at_ns` the home is known."""
        begun_ns = self.state.begun_ns
        return 0 if begun_ns is None else max(0, at_ns - begun_ns) // DAY_NS

    def brief_h(self, day: int) -> "array[float]":
        """The hours that shorter spells took, by kind and hour, as they have faded by `day`."""
        days = max(0, day - self.state.brief_day)
        return array("f", [h * fading(days) for h in array("f", self.state.brief_h)])

    def _followed(
        self, name: str, meter: Meter, before_ns: int, excused: Excuse
    ) -> Iterator[Spell]:
        """Yield the spells that the samples after `before_ns` ended."""
        chain, state = meter.chain, self.state
        first = bisect_right(chain.times_ns, before_ns)
        for i in range(first, len(chain.times_ns)):
            drawn = draw(chain, i, meter.resolution_ml)
            if drawn is Draw.NONE:
                continue
            since_ns, out_ns, at_ns = self.since_ns, state.out_ns, chain.times_ns[i]
            state.drawn_ns[name] = at_ns
            if out_ns is not None and earliest_ns(chain, i) >= out_ns:
                state.out_ns = None  # else it may have been before they went
            if drawn is Draw.SEEN:
                state.seen_ns[name] = at_ns
            if since_ns is not None and at_ns > since_ns and out_ns is None:
                proven_ns = max(since_ns, before_ns if i == first else chain.times_ns[i - 1])
                if not excused(since_ns, proven_ns):
                    yield self._learned(since_ns, proven_ns)
                if proven_ns - since_ns >= DAY_NS:
                    state.back_ns = at_ns

    def _learned(self, since_ns: int, proven_ns: int) -> Spell:
        state = self.state
        spell = self.place(since_ns)._replace(length_h=nearest_h(proven_ns - since_ns))
        if spell.length_h >= BRIEF_H:
            state.spells = with_spell(state.spells, spell)
            return spell
        brief_h = self.brief_h(spell.day)
        brief_h[24 * spell.kind + spell.hour] += spell.length_h + 1
        state.brief_h, state.brief_day = brief_h.tobytes(), max(spell.day, state.brief_day)
        return spell

    def _look_again(self, name: str, meter: Meter) -> None:
        """The past has changed: find the last draws anew.

        What is not among the samples any more was before the first of them.
        """
        chain, state = meter.chain, self.state
        draws = {
            chain.times_ns[i]: draw(chain, i, meter.resolution_ml)
            for i in range(1, len(chain.times_ns))
        }
        possible = [at_ns for at_ns, drawn in draws.items() if drawn is not Draw.NONE]
        seen = [at_ns for at_ns, drawn in draws.items() if drawn is Draw.SEEN]
        first_ns = chain.times_ns[0]
        state.drawn_ns[name] = max(possible, default=min(first_ns, state.drawn_ns[name]))
        state.seen_ns[name] = max(seen, default=min(first_ns, state.seen_ns.get(name, first_ns)))


def nearest_h(duration_ns: int) -> int:
    """Whole hours: a meter's hour is a little more or less than one."""
    return (duration_ns + HOUR_NS // 2) // HOUR_NS


def fading(days: float) -> float:
    """What a spell of `days` ago still counts."""
    return float(0.5 ** (days / HALF_LIFE_DAYS))
