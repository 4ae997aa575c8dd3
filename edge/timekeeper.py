"""The edge's time: steady from within, and true as soon as a witness is heard.

The kernel is asked once a minute, the gateway on every new link and every ten minutes after;
both more often while the time is not known. The judgement is `edge.timekeeping`'s.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Literal

import msgspec
from pydantic import Field

from edge import timekeeping, topic
from edge.clock import Clock, deadline
from edge.health import Health
from edge.machine import Machine, SteadyClock
from edge.reading import SECOND_NS
from edge.session import Delivery, NotPublished, Session
from edge.settings import Settings
from edge.timekeeping import ASSUMED, Answer, GatewayWord, KernelWord, Question, Trust, Verdict

log = logging.getLogger(__name__)

LOOK_S = 60.0
ASK_S = 600.0
_LOOK_S_UNTRUSTED = 5.0
_ASK_S_MIN, _ASK_S_MAX = 5.0, 60.0
_ANSWER_BYTES_MAX = 256


class ClockSettings(Settings):
    """Whose word the time rests on, and how much is kept until it is known.

    `kernel-or-gateway` believes a kernel that NTP keeps in time, else the gateway; `gateway`
    only that; `assume` believes the machine's clock unasked, for a site with a good hardware
    clock and nothing else. At `held_bytes` the rest is left with the broker.
    """

    trust: Literal["kernel-or-gateway", "gateway", "assume"] = "kernel-or-gateway"
    held_bytes: int = Field(default=64 * 2**20, ge=2**20)


class Timekeeper:
    """A `Clock` that reads true time, once `trusted`; until then it reads steady time.

    `stamping` is the clock that stamps deliveries. A `SteadyClock` counts until a witness is heard;
    what any other reads is taken for true.
    """

    def __init__(
        self,
        settings: ClockSettings,
        session: Session,
        address: tuple[str, str],
        stamping: Clock,
        health: Health,
    ) -> None:
        self._machine = stamping.machine if isinstance(stamping, SteadyClock) else None
        self.trust = Trust() if self._machine else ASSUMED
        self.speed = stamping.speed
        self.stamping = stamping
        self.boot = self._machine.boot if self._machine else ""
        self._settings = settings
        self._session = session
        self._topic = topic.question_topic(*address)
        self._health = health
        self._trusted = asyncio.Event()
        if self.trust.trusted:
            self._trusted.set()
        self._wake = asyncio.Event()
        self._moved = False
        self._asked_ns: int | None = None
        self._ask_ns = 0
        self._asks = 0

    @property
    def trusted(self) -> bool:
        """Whether the time is known; it stays so."""
        return self.trust.trusted

    def now_ns(self) -> int:
        """True time once it is known, before that nanoseconds since the computer started."""
        return self.stamping.now_ns() + self.trust.shift_ns

    def monotonic_ns(self) -> int:
        """The computer's count, which no correction moves."""
        return self.stamping.monotonic_ns()

    def start_ns(self) -> int:
        """When the computer's count began, by what is known now."""
        return self.now_ns() - self.monotonic_ns()

    def stamped(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        """`deliveries`, as `stamping` has stamped them, in true time."""
        shift_ns = self.trust.shift_ns
        if not shift_ns:
            return deliveries
        return [
            Delivery(of, payload, retain, received_ns + shift_ns, mid, link)
            for of, payload, retain, received_ns, mid, link in deliveries
        ]

    def take_moved(self) -> bool:
        """Whether the time jumped since this was last asked."""
        moved, self._moved = self._moved, False
        return moved

    async def until_trusted(self) -> None:
        """Return once the time is known."""
        await self._trusted.wait()

    async def run(self) -> None:
        """Ask the witnesses, for ever; return at once where the time is assumed."""
        while self._machine is not None:
            self._wake.clear()
            self._look(self._machine)
            wait_s = LOOK_S if self.trusted else _LOOK_S_UNTRUSTED
            if self._session.connected and self.stamping.monotonic_ns() >= self._ask_ns:
                await self._ask()
            try:
                async with deadline(self, wait_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def link_up(self) -> None:
        """There is a new link: ask the gateway at once."""
        self._asks, self._ask_ns = 0, 0
        self._wake.set()

    def hear(self, delivery: Delivery) -> None:
        """Take the gateway's answer; one that cannot be used is counted and changes nothing."""
        answer = _answer(delivery)
        if answer is None or answer.asked != self._asked_ns:
            self._refuse("unasked" if answer else "malformed")
            return
        asked_ns, self._asked_ns = self._asked_ns, None
        if not self._judge(GatewayWord(asked_ns, delivery.received_ns, answer.at_ns)):
            self._refuse("implausible")

    def measure(self) -> None:
        """Put what is known of the time among the gauges."""
        trust, gauge = self.trust, self._health.gauge
        gauge("clock_trusted", float(trust.trusted))
        gauge("clocks_disagree", float(trust.clocks_disagree))
        if self._machine is not None and trust.trusted:
            gauge("clock_uncertainty_s", trust.error_ns(self.stamping.now_ns()) / SECOND_NS)
            gauge("clock_offset_s", (self.now_ns() - self._machine.wall_ns()) / SECOND_NS)

    def _look(self, machine: Machine) -> None:
        if self._settings.trust != "gateway":
            steady_ns = self.stamping.now_ns()
            self._judge(KernelWord(steady_ns, machine.wall_ns(), machine.error_ns()))

    def _judge(self, word: KernelWord | GatewayWord) -> bool:
        """Take `word` in; False when it cannot be true."""
        before_ns, disagreed = self.now_ns(), self.trust.clocks_disagree
        self.trust, verdict = timekeeping.step(self.trust, word)
        after_s = (self.now_ns() - before_ns) / SECOND_NS
        if verdict is Verdict.TRUSTED:
            log.info("the time is known by the %s", self.trust.source.value)
            self._trusted.set()
        elif verdict is Verdict.MOVED:
            log.warning("by the %s the time is %+.1f s off", self.trust.source.value, after_s)
            self._moved = True
        if self.trust.clocks_disagree and not disagreed:
            log.error("the kernel's clock and the gateway's disagree: check NTP on both machines")
        return verdict is not Verdict.REFUSED

    async def _ask(self) -> None:
        self._asks += 1
        wait_s = ASK_S if self.trusted else min(_ASK_S_MAX, _ASK_S_MIN * 2 ** min(self._asks, 6))
        self._asked_ns = self.stamping.now_ns()
        self._ask_ns = self.stamping.monotonic_ns() + int(wait_s * SECOND_NS)
        try:
            await self._session.publish(
                self._topic, msgspec.json.encode(Question(1, self._asked_ns))
            )
        except NotPublished as error:
            self._health.count("publishes_failed")
            log.info("the gateway is not asked for the time: %s", error)

    def _refuse(self, reason: str) -> None:
        self._health.count("time_answers_refused", reason=reason)
        log.info("an answer about the time was refused: %s", reason)


def _answer(delivery: Delivery) -> Answer | None:
    """What the gateway says now; None of a message that was kept, or is no answer."""
    if delivery.retain or len(delivery.payload) > _ANSWER_BYTES_MAX:
        return None
    try:
        return msgspec.json.decode(delivery.payload, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
