"""What the gateway does for itself: keeps its time and its standing among other gateways."""

import random
from collections.abc import Coroutine
from typing import Any, Self

from gateway.engine import Engine
from gateway.guarded_clock import ClockWatch, GuardedClock
from gateway.member import Standing, stand


class Upkeep:
    """The parts that no message passes through; made by `begin`."""

    def __init__(self, standing: Standing, clock_watch: ClockWatch) -> None:
        self._standing = standing
        self._clock_watch = clock_watch

    @classmethod
    async def begin(cls, engine: Engine, clock: GuardedClock, rng: random.Random) -> Self:
        """Our time holds and messages may be claimed.

        Raises:
            NameTakenError: another gateway beats under the engine's name.
        """
        clock_watch = ClockWatch(engine, clock)
        clock_watch.start()
        return cls(await stand(engine, clock, f"{rng.getrandbits(64):016x}"), clock_watch)

    def leads(self) -> bool:
        """Whether this gateway does what only one may do."""
        return self._standing.leads

    def parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What has to run, by name."""
        return {"standing": self._standing.run(), "clock": self._clock_watch.run()}
