"""A channel whose provider fails by the script, and which knows what really became of each call.

A request that has left arrives or not whatever becomes of the caller, as on a real network: so
a gateway that dies in the middle of a call may have been heard.
"""

import asyncio
from collections.abc import Callable
from random import Random

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Verdict
from edge.clock import Clock, deadline, sleep
from edge.reading import SECOND_NS
from simulators.trial.script import HEAL_S, Ills, Script
from simulators.trial.truth import Call, Ring, Truth, about

_TRAVEL_S = (0.01, 0.3)
_PATIENCE_S = 15.0
_HANG_S = 45.0
_RING_S = (1.0, 20.0)
_REPORT_S = (0.5, 300.0)
_STRAGGLE_S = 30.0
_WELL = Ills(0, 0, 0, 0, 0, 0, 0)

Heard = Callable[[Outgoing], None]
"""Told of every message on somebody's device."""


class Line:
    """One channel with its provider: `Channel`, and `Receipts` where `reports`.

    A line that `reports` keeps ids, as the queue of an SMS daemon does: a repeat of an id that
    it has adds nothing. One that does not is a plain HTTP endpoint.
    """

    def __init__(
        self, name: str, clock: Clock, rng: Random, play: tuple[Script, Truth], heard: Heard
    ) -> None:
        self.name = name
        self._clock = clock
        self._rng = rng
        self._script, self._truth = play
        self._heard = heard

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:  # noqa: ARG002  (the protocol's)
        """Try once; the truth notes what the caller learned, if it lived to."""
        told = about(out)
        call = Call(out.idempotency_id, self.name, told.incident, told.purpose, self.at_s())
        self._truth.calls.append(call)
        outcome, wait_s = self._fate(out, told.person)
        await sleep(self._clock, wait_s)
        call.ended_s = self.at_s()
        if outcome is None:
            raise ConnectionError("the line broke in the middle")
        call.answer = outcome
        return Verdict(outcome, f"by the script: {outcome}")

    async def aclose(self) -> None:
        """Nothing is held."""

    def at_s(self) -> float:
        """Seconds since the trial began."""
        return self._clock.monotonic_ns() / SECOND_NS

    @property
    def ills(self) -> Ills:
        """What may go wrong just now."""
        return self._script.ills if self.at_s() < HEAL_S else _WELL

    def take(self, out: Outgoing) -> None:
        """The provider has the message, and the device with it."""
        self._truth.taken[out.idempotency_id] += 1
        self.ring(out)

    def ring(self, out: Outgoing) -> None:
        """The message is on the person's device."""
        told = about(out)
        self._truth.rings.append(
            Ring(out.idempotency_id, told.incident, told.purpose, told.person, self.at_s())
        )
        self._heard(out)

    def _fate(self, out: Outgoing, person: str) -> tuple[Outcome | None, float]:
        """What the caller will learn, and after how long; None: its call breaks."""
        travel_s, ills, chance = self._rng.uniform(*_TRAVEL_S), self.ills, self._rng.random()
        if self._script.is_out(self.name, self.at_s()):
            return Outcome.TEMPORARY, travel_s
        if (person, self.name) in self._script.dead:
            return Outcome.PERMANENT, travel_s
        for share, outcome, wait_s in (
            (ills.refused, Outcome.TEMPORARY, travel_s),
            (ills.lost, Outcome.UNKNOWN, _PATIENCE_S),
            (ills.hung, Outcome.UNKNOWN, _HANG_S),
            (ills.broken, None, travel_s),
        ):
            if chance < share:
                if outcome is not Outcome.TEMPORARY and self._rng.random() < 1 / 2:
                    self._arrive(self._rng.uniform(0, _STRAGGLE_S), out)
                return outcome, wait_s
            chance -= share
        self._arrive(travel_s / 2, out)
        return Outcome.ACCEPTED, travel_s

    def _arrive(self, after_s: float, out: Outgoing) -> None:
        asyncio.get_running_loop().call_later(after_s, self.take, out)


class TextLine(Line):
    """A line with receipts and answers: texts to phones, through a queue that keeps ids."""

    def __init__(
        self, name: str, clock: Clock, rng: Random, play: tuple[Script, Truth], heard: Heard
    ) -> None:
        super().__init__(name, clock, rng, play, heard)
        self.settled: list[Callable[[str], None]] = []
        self._news: dict[str, Receipt | Inbound] = {}
        self._arrived = asyncio.Event()
        self._refused: set[str] = set()
        self._texts = 0

    async def poll(self, now_ns: int) -> list[Receipt | Inbound]:  # noqa: ARG002  (the protocol's)
        """What is not settled yet, in any order and some of it twice; waits a while for news."""
        if not self._news:
            self._arrived.clear()
            try:
                async with deadline(self._clock, 60.0):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        news = list(self._news.values())
        if self._rng.random() < self.ills.repeated:
            news += self._rng.sample(news, 1)
        self._rng.shuffle(news)
        return news

    async def done(self, keys: list[str]) -> None:
        """Settle the news of these keys."""
        for key in keys:
            if self._news.pop(key, None) is not None:
                for tell in self.settled:
                    tell(key)

    def receive(self, number: str, text: str) -> str:
        """A person's text waits for the gateway; returns its key."""
        self._texts += 1
        key = f"text/{self._texts}"
        self._tell(Inbound(key, number, text, self._clock.now_ns()))
        return key

    def take(self, out: Outgoing) -> None:
        """Queue the text once; it reaches the phone or not, and a report says so or not."""
        known = out.idempotency_id
        if self._truth.taken[known] and known not in self._refused:
            return
        self._refused.discard(known)
        self._truth.taken[known] += 1
        chance, loop = self._rng.random(), asyncio.get_running_loop()
        if chance >= self.ills.undelivered:
            wait_s = self._rng.uniform(*_RING_S)
            loop.call_later(wait_s, self.ring, out)
            self._report(out, Outcome.DELIVERED, wait_s)
        elif chance < self.ills.undelivered / 2:
            self._refused.add(known)
            self._report(out, Outcome.TEMPORARY, 0.0)
        else:
            self._report(out, Outcome.PERMANENT, 0.0)

    def _report(self, out: Outgoing, outcome: Outcome, after_s: float) -> None:
        """Reports come late, more than once, behind each other's back, or never."""
        if self._rng.random() < self.ills.unreported:
            if outcome is not Outcome.DELIVERED:
                self._truth.silent.add(out.idempotency_id)
                self._refused.discard(out.idempotency_id)
            return
        words = [outcome]
        if self._rng.random() < self.ills.repeated:
            words += [Outcome.ACCEPTED, outcome]
        known, take = out.idempotency_id, self._truth.taken[out.idempotency_id]
        for word in words:
            wait_s = after_s + self._rng.uniform(*_REPORT_S)
            key = f"report/{known}/{take}/{word}"
            asyncio.get_running_loop().call_later(wait_s, self._say, known, word, key)

    def _say(self, idempotency_id: str, outcome: Outcome, key: str) -> None:
        self._tell(Receipt(idempotency_id, outcome, "", self._clock.now_ns(), key))

    def _tell(self, news: Receipt | Inbound) -> None:
        self._news[news.key] = news
        self._arrived.set()
