"""The dispatcher in virtual time: clocks run, lanes stay free, broken channels stop nobody."""

import asyncio
from collections.abc import Callable

import pytest

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Unavailable, Verdict
from alerts.incident import State
from edge.clock import Clock
from edge.outbox import Envelope
from edge.reading import SECOND_NS, Tier
from gateway.db import tables
from gateway.dispatcher import LANES, URGENT_LANES, Dispatcher
from gateway.engine import Engine
from simulators.clock import VirtualLoop
from tests.unit.gateway.test_engine import (
    NOW,
    a_finding,
    code_of,
    engine,
    only_incident,
    raise_one,
    rows_of,
)

__all__ = ["engine"]

SECOND = "13800000002"
"""Whom the plan tells at its second step, after a minute."""


class LoopClock:
    """A clock that reads the running loop."""

    speed = 1.0

    def now_ns(self) -> int:
        return NOW + round(asyncio.get_running_loop().time() * SECOND_NS)

    def monotonic_ns(self) -> int:
        return self.now_ns()


class Recorder:
    """A channel that remembers what it was given and answers as told."""

    def __init__(self, name: str, clock: Clock, answer: Callable[[Outgoing], Verdict]) -> None:
        self.name = name
        self.sent: list[tuple[float, str]] = []
        self.news: list[Receipt | Inbound] = []
        self.settled: list[str] = []
        self.polls_failing = 0
        self.hangs = 0.0
        self._clock = clock
        self._answer = answer

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        self.sent.append(((now_ns - NOW) / SECOND_NS, out.address))
        if self.hangs:
            await asyncio.sleep(self.hangs)
        return self._answer(out)

    async def poll(self, now_ns: int) -> list[Receipt | Inbound]:
        if self.polls_failing:
            self.polls_failing -= 1
            raise Unavailable(f"at {now_ns}")
        return [item for item in self.news if item.key not in self.settled]

    async def done(self, keys: list[str]) -> None:
        self.settled += keys

    async def aclose(self) -> None:
        self.news.clear()


def accept(_: Outgoing) -> Verdict:
    return Verdict(Outcome.ACCEPTED)


def live(engine: Engine, channels: list[Recorder], clock: Clock, seconds: float) -> None:
    async def for_a_while() -> None:
        dispatcher = Dispatcher(engine, {c.name: c for c in channels}, clock)
        task = asyncio.create_task(dispatcher.run())
        await asyncio.sleep(seconds)
        assert dispatcher.beat_ns is not None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(for_a_while())


def test_steps_are_sent_on_their_second_without_anybody_calling(engine: Engine) -> None:
    clock = LoopClock()
    sms = Recorder("sms", clock, accept)
    raise_one(engine)
    live(engine, [sms], clock, 400)
    times = [(round(at), to) for at, to in sms.sent]
    assert times == [(0, "13800000001"), (60, "13800000002"), (300, "13800000003")]


def test_a_reply_is_taken_settled_and_ends_the_escalation(engine: Engine) -> None:
    clock = LoopClock()
    sms = Recorder("sms", clock, accept)
    raise_one(engine)
    sms.news = [Inbound("in-1", "13800000001", f"{code_of(engine)}1", NOW)]
    sms.polls_failing = 3
    live(engine, [sms], clock, 400)
    assert only_incident(engine).state is State.ACKNOWLEDGED
    assert sms.settled == ["in-1"]
    assert [to for _, to in sms.sent] == ["13800000001"]
    assert engine.counts["listen", "sms_unavailable"] == 3


def test_the_log_tells_once_that_a_channel_went_away_and_once_that_it_is_back(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    clock = LoopClock()
    sms = Recorder("sms", clock, accept)
    sms.polls_failing = 30
    with caplog.at_level("INFO", "gateway.dispatcher"):
        live(engine, [sms], clock, 400)
    assert engine.counts["listen", "sms_unavailable"] == 30
    told = [record.getMessage() for record in caplog.records if "news" in record.getMessage()]
    assert [text.partition(":")[0] for text in told] == [
        "no news from sms, asked again until there is",
        "news from sms again",
    ]


def test_a_channel_that_breaks_is_unknown_and_does_not_stop_the_other(engine: Engine) -> None:
    def break_down(_: Outgoing) -> Verdict:
        raise ZeroDivisionError

    clock = LoopClock()
    broken, good = Recorder("sms", clock, break_down), Recorder("webhook", clock, accept)
    raise_one(engine)
    live(engine, [broken, good], clock, 12)
    assert [round(at) for at, _ in broken.sent] == [0, 5]
    assert len(good.sent) == 1
    assert engine.counts["verdict", "unknown"] == 2


def test_a_message_for_a_channel_that_is_not_there_moves_on(engine: Engine) -> None:
    clock = LoopClock()
    webhook = Recorder("webhook", clock, accept)
    engine.take_finding(
        Envelope(1, "e01", "epoch", 1, a_finding(tier=Tier.IMPORTANT, category="other")), NOW
    )
    live(engine, [webhook], clock, 5)
    assert len(webhook.sent) == 1


def test_an_urgent_message_overtakes_a_hanging_provider_full_of_lesser_ones(engine: Engine) -> None:
    clock = LoopClock()
    sms, webhook = Recorder("sms", clock, accept), Recorder("webhook", clock, accept)
    webhook.hangs = 50.0
    for number in range(LANES * 2):
        lesser = a_finding(id=f"{number:016x}", tier=Tier.GENERAL, category="device")
        engine.take_finding(Envelope(1, "e01", "epoch", number + 1, lesser), NOW)

    async def urgent_comes() -> None:
        dispatcher = Dispatcher(engine, {"sms": sms, "webhook": webhook}, clock)
        task = asyncio.create_task(dispatcher.run())
        await asyncio.sleep(10)
        assert dispatcher.in_flight == LANES
        engine.take_finding(Envelope(1, "e01", "epoch", 99, a_finding()), clock.now_ns())
        await asyncio.sleep(1)
        assert [round(at) for at, _ in sms.sent] == [10]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(urgent_comes())


def test_messages_go_out_between_the_batches_of_many_due_steps(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.engine._ADVANCE_BATCH", 2)
    for number in range(1, 7):
        found = a_finding(id=f"{number:016x}")
        engine.take_finding(Envelope(1, "e01", "epoch", number, found), NOW)
    waiting: list[int] = []

    def accept_and_look(out: Outgoing) -> Verdict:
        if out.address == SECOND:
            waiting.append(sum(row["step"] == 1 for row in rows_of(engine, tables.incident)))
        return Verdict(Outcome.ACCEPTED)

    clock = LoopClock()
    sms = Recorder("sms", clock, accept_and_look)
    live(engine, [sms], clock, 61)
    assert waiting == [4, 4, 2, 2, 0, 0]


def test_a_channel_that_never_answers_keeps_no_lane_for_ever(engine: Engine) -> None:
    clock = LoopClock()
    stuck, good = Recorder("sms", clock, accept), Recorder("webhook", clock, accept)
    stuck.hangs = 1e9
    for number in range(LANES + URGENT_LANES):
        finding = a_finding(id=f"{number:016x}", subject=f"s01/b01/u{number}")
        engine.take_finding(Envelope(1, "e01", "epoch", number + 1, finding, after=number), NOW)
    live(engine, [stuck, good], clock, 300)
    told = {row["incident_id"] for row in rows_of(engine, tables.outbox)
            if row["channel"] == "webhook" and row["attempt"]}  # fmt: skip
    assert len(told) == LANES + URGENT_LANES
    assert engine.counts["verdict", "unknown"] > 0


def test_news_that_never_come_are_asked_for_again(engine: Engine) -> None:
    class Silent(Recorder):
        asked = 0

        async def poll(self, now_ns: int) -> list[Receipt | Inbound]:
            self.asked += 1
            if self.asked == 1:
                await asyncio.sleep(1e9)
            return await super().poll(now_ns)

    clock = LoopClock()
    sms = Silent("sms", clock, accept)
    raise_one(engine)
    sms.news = [Inbound("in-1", "13800000001", f"{code_of(engine)}1", NOW)]
    live(engine, [sms], clock, 200)
    assert only_incident(engine).state is State.ACKNOWLEDGED
