"""One water supply and the homes on it: a riser, or a whole building.

When nobody on it uses water for far longer than all of them together ever do, the supply is
out, and no home on it can be judged. The rule learns from each group's own longest pauses, and
errs towards judging: whoever has not used water for a day counts for nothing, any movement of
any register ends it, and after a day it excuses nobody any more.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final, NamedTuple

from edge.chain import Chain
from edge.completeness import Home, Use, used, watermark_ns
from edge.outage import Outage
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from edge.registry import Unit
from edge.remembered import SupplyState

HOMES_MIN: Final = 5
QUIET_NS_MIN: Final = 3 * HOUR_NS
QUIET_NS_UNLEARNED: Final = 8 * HOUR_NS
_ROUTINE_NS: Final = 10 * HOUR_NS
"""What a routine waits for at least, but for an evening here and there."""
_ACTIVE_NS: Final = DAY_NS
_LEARNING_DAYS: Final = 14
_LEARNED_DAYS: Final = 3
_AHEAD_NS: Final = 2 * HOUR_NS
_INTERVAL_NS_MAX: Final = 2 * HOUR_NS
_FRESH_NS: Final = 15 * MINUTE_NS
_SPANS_MAX: Final = 8
_KEPT_NS: Final = 7 * DAY_NS

Moves = tuple[tuple[int, int], ...]
"""The times of neighbouring samples between which a register moved."""


class Standing(NamedTuple):
    """How many homes prove that they use nothing, up to when, at what interval."""

    homes: int
    until_ns: int
    interval_ns: int


class _Behind(NamedTuple):
    """The home `code` proves no use since `since_ns`, but only until `until_ns`.

    So it is, until it is heard again, for whoever asks from `first_ns` to `last_ns`.
    """

    code: str
    since_ns: int
    until_ns: int
    first_ns: int
    last_ns: int


class Supply:
    """The homes on one supply, what they used together, and when it was out."""

    __slots__ = ("_behind", "_homes", "_shortest_ns", "hidden", "state", "subject", "within")

    def __init__(
        self,
        subject: str,
        homes: Mapping[str, Home],
        watched: tuple[Unit, ...],
        within: "Supply | None" = None,
    ) -> None:
        self.subject = subject
        self.within = within
        self._homes = homes
        self._shortest_ns = min(_shortest_ns(unit) for unit in watched)
        self.hidden = len(watched)
        self.state = SupplyState()
        self._behind: _Behind | None = None

    @property
    def outage(self) -> Outage | None:
        """The outage that is going on; None when there is none."""
        last = self.state.outages[-1] if self.state.outages else None
        return last if last and last.end_ns is None else None

    def is_still(self, at_ns: int) -> bool:
        """Whether it is out, or may turn out to be."""
        start_ns = self.state.newest_use_ns
        if self.outage is not None or start_ns is None:
            return self.outage is not None
        quiet = at_ns - start_ns >= QUIET_NS_MIN
        return quiet and self.standing(start_ns, at_ns) is not None

    def ended_ns(self, start_ns: int, now_ns: int) -> int:
        """When the outage that began at `start_ns` was over; `now_ns` if there was none."""
        ends_ns = [o.end_ns for o in self.state.outages if o.start_ns == start_ns and o.end_ns]
        return ends_ns[-1] if ends_ns else now_ns

    def excused(self, start_ns: int, end_ns: int) -> Outage | None:
        """An outage that takes away what the window says; the last one, if there are several."""
        for outage in reversed(self.state.outages):
            if outage.excuses(start_ns, end_ns):
                return outage
        return None

    def codes(self) -> frozenset[str]:
        """The homes on it."""
        return frozenset(self._homes)

    def observe(self, code: str, moves: Moves, at_ns: int) -> bool:
        """Take in that a register of the home `code` made `moves`; whether the past changed.

        That is so when late data prove use in what was taken for an outage. `at_ns` is the
        time of the reading that showed them.
        """
        retracted = False
        if self._behind is not None and self._behind.code == code:
            self._behind = None
        for before_ns, moved_ns in moves:
            retracted |= self._moved(code, before_ns, moved_ns)
        self._look(at_ns)
        return retracted

    def enough_ns(self) -> int:
        """How long nobody may use water before the supply is out.

        The one longest pause is no habit: it may have been an outage, and the next must show too.
        """
        pauses_ns = self.state.pauses_ns.values()
        learned = len(pauses_ns) >= _LEARNED_DAYS
        usual_ns = 3 * sorted(pauses_ns)[-2] // 2 if learned else QUIET_NS_UNLEARNED
        return max(QUIET_NS_MIN, min(usual_ns, self._shortest_ns - _AHEAD_NS))

    def standing(self, since_ns: int, at_ns: int, beyond_ns: int = 0) -> Standing | None:
        """The homes that prove no use since then; None when they are too few to tell.

        A home counts when it used water within the day before, and is heard now: half of
        those that did must be. Faults, gaps and changed registers prove nothing. None too as
        soon as one of them proves it no further than `beyond_ns`: of many homes few are asked.
        The last is asked first, since a gateway that reads its meters in turn comes to it last.
        """
        if self._is_behind(since_ns, at_ns, beyond_ns):
            return None
        active, proofs = 0, []
        for code, last_ns in reversed(self.state.last_use_ns.items()):
            if last_ns <= since_ns - _ACTIVE_NS:
                continue
            active += 1
            proof = _proof(self._homes[code], since_ns, at_ns)
            if proof is None:
                continue
            if proof[0] <= beyond_ns:
                self._behind = _behind(code, self._homes[code], since_ns, *proof)
                return None
            proofs.append(proof)
        if len(proofs) < max(HOMES_MIN, (active + 1) // 2):
            return None
        return Standing(
            len(proofs), min(proof[0] for proof in proofs), max(proof[1] for proof in proofs)
        )

    def _is_behind(self, since_ns: int, at_ns: int, beyond_ns: int) -> bool:
        """Whether a home that was asked before still proves it no further than `beyond_ns`."""
        known = self._behind
        if known is None or known.since_ns != since_ns or known.until_ns > beyond_ns:
            return False
        if not known.first_ns <= at_ns <= known.last_ns:
            return False
        return self._homes[known.code].newest_ns() == known.until_ns

    def _moved(self, code: str, before_ns: int, at_ns: int) -> bool:
        """Note that the register of `code` moved between these samples; whether it retracts."""
        state = self.state
        state.last_use_ns[code] = max(at_ns, state.last_use_ns.get(code, at_ns))
        self._learn(before_ns, at_ns)
        if not state.outages:
            return False
        kept = [each for each in state.outages if not _denied(each, before_ns, at_ns)]
        retracted = len(kept) < len(state.outages)
        state.outages = kept
        for outage in kept:
            earlier = outage.end_ns is None or at_ns < outage.end_ns
            if before_ns >= outage.start_ns and at_ns > outage.proven_ns and earlier:
                outage.end_ns = at_ns
        return retracted

    def _learn(self, before_ns: int, at_ns: int) -> None:
        state, last_ns = self.state, self.state.newest_use_ns
        if last_ns is not None and at_ns <= last_ns:
            return
        state.newest_use_ns = at_ns
        if last_ns is None:
            return
        coarse = at_ns - before_ns > _INTERVAL_NS_MAX
        pause_ns = max(0, (before_ns if coarse else at_ns) - last_ns)
        day = at_ns // DAY_NS
        known_ns = state.pauses_ns.get(day)
        state.pauses_ns[day] = max(pause_ns, known_ns or 0)
        if known_ns is None:
            for old in [each for each in state.pauses_ns if each <= day - _LEARNING_DAYS]:
                del state.pauses_ns[old]

    def _look(self, at_ns: int) -> None:
        """Follow the outage, or begin one when all has been still for long enough."""
        outage = self.outage
        if outage is not None:
            standing = self.standing(outage.start_ns, at_ns, outage.proven_ns)
            if standing is not None:
                outage.proven_ns = standing.until_ns
            return
        start_ns = self.state.newest_use_ns
        if start_ns is None or at_ns - start_ns < QUIET_NS_MIN:
            return  # the usual case: no home need be asked
        enough_ns = self.enough_ns()
        if at_ns - start_ns < enough_ns:
            return
        if self.within is not None and self.within.is_still(at_ns):
            return  # the building will say it for all of its risers
        standing = self.standing(start_ns, at_ns, start_ns + enough_ns - 1)
        if standing is not None:
            self.state.outages.append(Outage(start_ns, standing.until_ns))
            self._forget(at_ns)

    def _forget(self, at_ns: int) -> None:
        recent = [o for o in self.state.outages if (o.end_ns or at_ns) > at_ns - _KEPT_NS]
        self.state.outages = recent[-_SPANS_MAX:]


def _shortest_ns(unit: Unit) -> int:
    """The shortest quiet that may be a finding in this home."""
    fixed_ns = [int(terms.window_s * SECOND_NS) for terms in unit.fixed_terms()]
    return min([*fixed_ns, _ROUTINE_NS] if unit.routine else fixed_ns)


def _denied(outage: Outage, before_ns: int, at_ns: int) -> bool:
    """Whether use between these samples proves that there was supply all the while."""
    return outage.start_ns <= before_ns and at_ns <= outage.proven_ns


def moves_at(chain: Chain, at_ns: int) -> Moves:
    """The pairs of neighbouring samples, one of them at `at_ns`, between which it moved."""
    if at_ns == chain.last_ns:
        return ((chain.moved_from_ns, at_ns),) if chain.moved_from_ns >= 0 else ()
    times_ns, volumes_ml = chain.times_ns, chain.volumes_ml
    here = bisect_left(times_ns, at_ns)
    if here == len(times_ns) or times_ns[here] != at_ns:
        return ()
    return tuple(
        (times_ns[i - 1], times_ns[i])
        for i in range(max(1, here), min(here + 2, len(times_ns)))
        if volumes_ml[i] > volumes_ml[i - 1]
    )


def _proof(home: Home, since_ns: int, at_ns: int) -> tuple[int, int] | None:
    """Up to when the home proves no use, and its interval; None when it does not, or is old."""
    meters = home.meters(at_ns)
    until_ns = watermark_ns(meters)
    if until_ns is None or until_ns <= since_ns:
        return None
    interval_ns = max(meter.interval_ns() for meter in meters)
    fresh = at_ns <= _fresh_ns(until_ns, interval_ns)
    if interval_ns > _INTERVAL_NS_MAX or not fresh:
        return None
    proven = used(meters, since_ns, until_ns, 1) is Use.NOT_USED
    return (until_ns, interval_ns) if proven else None


def _fresh_ns(until_ns: int, interval_ns: int) -> int:
    """For how long a home that is known until `until_ns` counts as heard."""
    return until_ns + 2 * interval_ns + _FRESH_NS


def _behind(
    code: str, home: Home, since_ns: int, until_ns: int, interval_ns: int
) -> _Behind | None:
    """A home that proves no use until `until_ns`, to be known again; one of a single meter."""
    if len(home.named()) != 1:
        return None
    binding, _ = home.named()[0]
    last_ns = min(_fresh_ns(until_ns, interval_ns), binding.to_ns - 1)
    return _Behind(code, since_ns, until_ns, binding.from_ns, last_ns)
