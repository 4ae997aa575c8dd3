"""People who answer as people do: at once, late, twice, about an older text, wrongly, or never.

What each of them means by an answer is written down before it is sent, so that the oracle can
tell an answer that was taken for another one.
"""

import asyncio
from collections.abc import Callable
from random import Random

from alerts.channels.base import Outgoing
from alerts.incident import Act
from edge.clock import Clock
from edge.reading import SECOND_NS
from simulators.trial.cast import NUMBERS
from simulators.trial.truth import Meant, Text, Truth, about

_SOON_S = (5.0, 240.0)
_LATE_S = (600.0, 3_600.0)
_AGAIN_S = (1.0, 60.0)
_CLICKS = 0.12
_ANSWERED = frozenset({"alert", "support"})

_RIGHT: tuple[tuple[str, Act], ...] = (
    ("{code}1", Act.ACKNOWLEDGE),
    ("收到 {code}", Act.ACKNOWLEDGE),
    ("{code}，我去看", Act.ACKNOWLEDGE),
    ("{code}2", Act.ARRIVE),
    ("已到 {code}", Act.ARRIVE),
    ("{code} 误报", Act.RESOLVE),
    ("{code}5", Act.SUPPORT),
)
"""What people write who follow the text, and what they mean."""
_BARE: tuple[tuple[str, Act], ...] = (("收到", Act.ACKNOWLEDGE), ("1", Act.ACKNOWLEDGE))
_WRONG: tuple[str, ...] = ("{typo}1", "收到 {typo}", "{swap} 1", "不去 {code}", "{code} {older} 1")
"""Texts that must change nothing: a wrong digit, two that changed places, a denial, two codes."""

Say = Callable[[str, str], str]
"""Sends a text from a number to the gateway; returns the name by which it is settled."""


class People:
    """Everybody who is told; `say` takes their texts, `open_link` their links.

    `open_link` returns False when the page could not be reached: they try again.
    """

    def __init__(self, clock: Clock, rng: Random, truth: Truth) -> None:
        self.say: Say = _nowhere
        self.open_link: Callable[[str], bool] = _unreachable
        self._clock = clock
        self._rng = rng
        self._truth = truth
        self._shown: dict[str, list[tuple[str, str]]] = {who: [] for who in NUMBERS}
        self._waiting: dict[str, Meant] = {}

    def read(self, out: Outgoing) -> None:
        """A text is on somebody's phone; perhaps they answer it."""
        told = about(out)
        if told.purpose not in _ANSWERED:
            return
        self._shown[told.person].append((told.incident, told.code))
        habit = self._rng.choices(
            (self._never, self._right, self._late, self._twice, self._old, self._bare, self._wrong),
            weights=(30, 25, 8, 8, 8, 8, 13),
        )[0]
        habit(told.person, told.incident, told.code)

    def open(self, out: Outgoing) -> None:
        """A webhook has come; perhaps its link is tapped, and perhaps twice."""
        told = about(out)
        if told.purpose not in _ANSWERED or self._rng.random() >= _CLICKS:
            return
        token = told.link.rpartition("/")[2]
        for _ in range(self._rng.choice((1, 1, 2))):
            self._after(_SOON_S, lambda: self._tap(told.person, told.incident, token))

    def settled(self, key: str) -> None:
        """The gateway says that it has the text of that name."""
        meant = self._waiting.pop(key, None)
        if meant is not None:
            meant.done_s = self._at_s()

    def _never(self, person: str, incident: str, code: str) -> None:
        """Saw it, or not."""

    def _right(self, person: str, incident: str, code: str) -> None:
        text, act = self._rng.choice(_RIGHT)
        self._answer(_SOON_S, person, text.format(code=code), (incident, act))

    def _late(self, person: str, incident: str, code: str) -> None:
        self._answer(_LATE_S, person, f"{code}1", (incident, Act.ACKNOWLEDGE))

    def _twice(self, person: str, incident: str, code: str) -> None:
        for within_s in (_SOON_S, _LATE_S):
            self._answer(within_s, person, f"{code}1", (incident, Act.ACKNOWLEDGE))

    def _old(self, person: str, incident: str, code: str) -> None:
        incident, code = self._rng.choice(self._shown[person])
        self._answer(_SOON_S, person, f"{code}1", (incident, Act.ACKNOWLEDGE))

    def _bare(self, person: str, incident: str, code: str) -> None:
        """No code: they mean what they read last, and count on being understood."""
        del code
        text, act = self._rng.choice(_BARE)
        self._answer(_SOON_S, person, text, (incident, act), clear=False)

    def _wrong(self, person: str, incident: str, code: str) -> None:
        del incident
        older = [known for _, known in self._shown[person] if known != code] or ["收到收条"]
        at = self._rng.randrange(len(code) - 1)
        digit = str((int(code[at]) + self._rng.randint(1, 9)) % 10)
        typo = code[:at] + digit + code[at + 1 :]
        swap = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        text = self._rng.choice(_WRONG).format(
            code=code, typo=typo, swap=swap if swap != code else typo, older=self._rng.choice(older)
        )
        self._answer(_SOON_S, person, text, None)

    def _answer(
        self,
        within_s: tuple[float, float],
        person: str,
        text: str,
        what: tuple[str, Act] | None,
        *,
        clear: bool = True,
    ) -> None:
        def send() -> None:
            key = self.say(NUMBERS[person], text)
            self._truth.texts.append(Text(person, text, self._at_s()))
            if what is not None:
                self._waiting[key] = self._mean(person, *what, clear=clear)

        self._after(within_s, send)

    def _tap(self, person: str, incident: str, token: str) -> None:
        meant = self._mean(person, incident, Act.ACKNOWLEDGE, clear=True)
        if self.open_link(token):
            meant.done_s = self._at_s()
        else:
            self._after(_AGAIN_S, lambda: self._tap(person, incident, token))

    def _mean(self, person: str, incident: str, act: Act, *, clear: bool) -> Meant:
        meant = Meant(person, incident, act, clear, self._at_s())
        self._truth.meant.append(meant)
        return meant

    def _after(self, within_s: tuple[float, float], do: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self._rng.uniform(*within_s), do)

    def _at_s(self) -> float:
        return self._clock.monotonic_ns() / SECOND_NS


def _nowhere(_number: str, _text: str) -> str:
    return ""


def _unreachable(_token: str) -> bool:
    return False
