"""A webhook channel without sockets, for worlds in virtual time: chance is its network.

It keeps what the far side would know: how often each id arrived and who was told what. An
UNKNOWN answer may hide a message that did arrive, as on a real network.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from alerts.channels.base import Outcome, Outgoing, Verdict
from edge.clock import Clock, sleep

KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class HookFaults:
    """Chances, 0 to 1, for a call to be refused for now and for its answer to be lost.

    Half of the calls whose answer is lost did arrive. `answer_s` bounds how long one takes.
    """

    refused: float = 0.0
    lost: float = 0.0
    answer_s: tuple[float, float] = (0.05, 0.5)


class MemoryHook:
    """A `Channel` to receivers that keep the last 10,000 messages in `arrived`.

    `times` counts arrivals by idempotency id; each of `watchers` is told of every arrival.
    """

    name = "webhook"

    def __init__(self, clock: Clock, rng: Random, faults: HookFaults | None = None) -> None:
        self.arrived: deque[Outgoing] = deque(maxlen=KEPT_MAX)
        self.times: Counter[str] = Counter()
        self.watchers: list[Callable[[Outgoing], None]] = []
        self._clock = clock
        self._rng = rng
        self.faults = faults or HookFaults()

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:  # noqa: ARG002  (the protocol's)
        """Call once; a repeat of an id is counted, as an idempotent receiver would."""
        await sleep(self._clock, self._rng.uniform(*self.faults.answer_s))
        fate = self._rng.random()
        if fate < self.faults.refused:
            return Verdict(Outcome.TEMPORARY, "HTTP 503")
        if fate < self.faults.refused + self.faults.lost:
            if self._rng.random() < 1 / 2:
                self._arrive(out)
            return Verdict(Outcome.UNKNOWN, "the answer never came")
        self._arrive(out)
        return Verdict(Outcome.ACCEPTED, "HTTP 200")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _arrive(self, out: Outgoing) -> None:
        self.times[out.idempotency_id] += 1
        self.arrived.append(out)
        for watcher in self.watchers:
            watcher(out)
