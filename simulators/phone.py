"""Phones of grid workers: they show what arrives and answer as their owners would."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.clock import Clock

SHOWN_MAX = 1_000
_ASKED = re.compile(r"(?:回|Reply )(\d{4,6})(?!\d)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One text on one phone's screen."""

    number: str
    text: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How an owner answers: with `word` and the code, so long after the text came.

    `reply_after_s` None: never. A text that asks for no answer gets none.
    """

    reply_after_s: float | None = None
    word: str = "收到"


Reply = Callable[[str, str], None]
"""Told (number, text) when a phone sends a text to us."""


class Phones:
    """The phones of a community; a number without a habit is shown and never answered.

    The last 1,000 texts are kept in `shown`; each of `watchers` is told every text.
    """

    def __init__(self, clock: Clock, habits: Mapping[str, Habit]) -> None:
        self.shown: deque[Shown] = deque(maxlen=SHOWN_MAX)
        self.watchers: list[Callable[[Shown], None]] = []
        self._clock = clock
        self._habits = habits
        self._reply: Reply = _nowhere

    def connect(self, reply: Reply) -> None:
        """From now on answers go to `reply`; before, they go nowhere."""
        self._reply = reply

    def ring(self, number: str, text: str) -> None:
        """The text is on that phone's screen, and its owner will answer by habit.

        Needs a running loop.
        """
        shown = Shown(number, text, self._clock.now_ns())
        self.shown.append(shown)
        for watcher in self.watchers:
            watcher(shown)
        habit = self._habits.get(number, Habit())
        code = code_in(text)
        if habit.reply_after_s is not None and code is not None:
            wait_s = habit.reply_after_s / self._clock.speed
            answer = f"{habit.word} {code}"
            asyncio.get_running_loop().call_later(wait_s, self.answer, number, answer)

    def answer(self, number: str, text: str) -> None:
        """The owner of `number` has sent us `text`."""
        self._reply(number, text)


def code_in(text: str) -> str | None:
    """The code that `text` asks to be answered with; None if it asks for no answer."""
    asked = _ASKED.search(text)
    return asked[1] if asked else None


def _nowhere(_number: str, _text: str) -> None:
    """No network."""
