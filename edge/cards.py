"""Where each card was shown lately, by its token: one at many doors, or at two places at once.

A quarter of an hour is remembered, and nothing of a card that fits together.
"""

from collections.abc import Iterator, Mapping
from math import dist
from typing import NamedTuple

from msgspec import Struct, field

from edge.reading import MINUTE_NS, SECOND_NS, Quality, Reading

WINDOW_NS = 15 * MINUTE_NS
DOORS_MIN = 4
"""So many doors that turned one card away are a search; fewer are a card that has expired."""
SPEED_M_PER_S = 7.0
"""An electric bicycle at the legal 25 km/h: nobody gets from door to door faster."""
SLACK_NS = 5 * SECOND_NS
"""Between the clocks of two doors, or for a message on its way."""
AGREED_SLACK_NS = 2 * SECOND_NS
"""Where clocks and arrivals agree within the former: what clocks of whole seconds round."""
TOKENS_MAX = 4_096
_SHOWN_MAX = 24


class Spot(NamedTuple):
    """The door that a reader belongs to, and where it is: metres east and north of some point."""

    door: str
    at_m: tuple[float, float] | None


class Searching(NamedTuple):
    """A card was turned away at one door after another; told about `door`."""

    door: str
    doors: int


class Doubled(NamedTuple):
    """A card was `metres` apart within `apart_s`; told about `door`, where it was shown last."""

    door: str
    metres: float
    apart_s: float


class Shown(Struct, frozen=True, array_like=True):
    """A card at the reader of a door; `live` where both of its times may be believed."""

    reader: str
    at_ns: int
    received_ns: int
    denied: bool
    live: bool


class CardState(Struct, array_like=True):
    """One card: where it was shown, and about which doors something was told."""

    shown: list[Shown] = field(default_factory=list)
    searching: str = ""
    doubled: str = ""


class CardsState(Struct, array_like=True):
    """Every card as it goes into a checkpoint, the one shown longest ago first.

    `verdicts` are what each reader said last, and of when.
    """

    cards: dict[str, CardState] = field(default_factory=dict)
    verdicts: dict[str, tuple[int, str]] = field(default_factory=dict)
    forgotten: int = 0


class Cards:
    """The cards of one site; `spots` are its readers, by the id of the device."""

    def __init__(self, spots: Mapping[str, Spot]) -> None:
        self.state = CardsState()
        self._spots = spots

    def hear(self, reading: Reading) -> None:
        """Take in a reader's verdict, which comes before the token and is of the same moment."""
        if reading.channel == "door.access" and reading.device in self._spots:
            self.state.verdicts[reading.device] = (reading.at_ns, str(reading.value))

    def show(self, reading: Reading) -> Iterator[Searching | Doubled]:
        """Take in a token; yield what does not fit together with what it did before."""
        if reading.device not in self._spots or reading.quality is Quality.CLOCK_UNSET:
            return
        verdict = self.state.verdicts.get(reading.device)
        denied = verdict == (reading.at_ns, "denied")
        card = self._recall(str(reading.value), reading.received_ns)
        live = reading.quality is Quality.GOOD and not reading.historical
        now = Shown(reading.device, reading.at_ns, reading.received_ns, denied, live)
        yield from self._searching(card, now)
        yield from self._doubled(card, now)
        card.shown = [*card.shown[1 - _SHOWN_MAX :], now]

    def _recall(self, token: str, now_ns: int) -> CardState:
        """The card, as the one shown last; those of whom nothing recent is known are forgotten."""
        cards = self.state.cards
        card = cards.pop(token, None) or CardState()
        card.shown = [each for each in card.shown if now_ns - each.received_ns < WINDOW_NS]
        if not card.shown:
            card = CardState()
        cards[token] = card
        while (oldest := next(iter(cards))) != token:
            recent = now_ns - cards[oldest].shown[-1].received_ns < WINDOW_NS
            if recent and len(cards) <= TOKENS_MAX:
                break
            self.state.forgotten += recent
            del cards[oldest]
        return card

    def _searching(self, card: CardState, now: Shown) -> Iterator[Searching]:
        close = [each for each in (*card.shown, now) if abs(each.at_ns - now.at_ns) < WINDOW_NS]
        doors = {self._spots[each.reader].door for each in close if each.denied}
        if now.denied and len(doors) >= DOORS_MIN:
            card.searching = card.searching or self._spots[now.reader].door
            yield Searching(card.searching, len(doors))

    def _doubled(self, card: CardState, now: Shown) -> Iterator[Doubled]:
        """Both times must say so: a clock may be wrong, a message may be on its way for long."""
        here = self._spots[now.reader]
        for then in card.shown if now.live else ():
            there = self._spots[then.reader]
            if not then.live or here.at_m is None or there.at_m is None:
                continue
            metres = dist(here.at_m, there.at_m)
            apart_ns, slack_ns = _apart(then, now)
            if metres > SPEED_M_PER_S * (apart_ns + slack_ns) / SECOND_NS:
                last = here if now.at_ns >= then.at_ns else there  # its word may have come first
                card.doubled = card.doubled or last.door
                yield Doubled(card.doubled, metres, apart_ns / SECOND_NS)
                return


def _apart(then: Shown, now: Shown) -> tuple[int, int]:
    """For how long at the most, and the doubt: by the clocks, if the arrivals confirm them."""
    by_clock_ns = abs(now.at_ns - then.at_ns)
    by_arrival_ns = abs(now.received_ns - then.received_ns)
    if abs(by_clock_ns - by_arrival_ns) <= SLACK_NS:
        return by_clock_ns, AGREED_SLACK_NS
    return max(by_clock_ns, by_arrival_ns), SLACK_NS
