"""Which messages share a commit: a burst commits at once, a trickle waits for company.

A commit costs the disk some 8 KB whatever is in it, so lone messages wait for each other, at
the broker, unacked. Whatever a person may be waiting for is committed at once, and takes the
waiting ones along.
"""

import asyncio
from collections.abc import Callable

from edge import topic
from edge.clock import Clock
from edge.reading import Kind
from edge.session import Delivery, Session
from edge.topic import TopicError, Verb

FULL = 4_000
"""So many are given out as soon as they are there: a commit of twice as many costs little more."""
SHARE_S = 0.05
"""How long, in real seconds, even an urgent message waits for what comes with it."""
ENOUGH = 128
"""So many messages share a commit well enough."""
BURST = 4
"""So many within `SHARE_S` are no trickle; a broker that allows few unacked messages sends no
more until these are acked."""

_PATIENT_KINDS = {Kind.WATER, Kind.ELEC, Kind.HEAT, Kind.CAM, Kind.PLUG, Kind.ENV}
_PATIENT_VERBS = {Verb.OBS, Verb.HIST}


Awaited = Callable[[str], bool]
"""Whether somebody may be waiting to see that a device is heard."""


def is_urgent(delivery: Delivery, awaited: Awaited) -> bool:
    """Whether the message may not wait: all but the regular readings of patient kinds.

    So events, alarms, doors, the gateway's acks, what vendors say on topics of their own, and
    whatever comes from a device that is `awaited`.
    """
    try:
        place = topic.parse(delivery.topic)
    except TopicError:
        return True
    patient = place.verb in _PATIENT_VERBS and place.kind in _PATIENT_KINDS
    return not patient or awaited(place.dev)


def _nobody(_: str) -> bool:
    return False


class Gathering:
    """The messages of one session that wait for their commit, at most 4,000.

    Nothing here is acked: what is lost with the process comes again from the broker.
    """

    def __init__(
        self, session: Session, linger_s: float, clock: Clock, awaited: Awaited = _nobody
    ) -> None:
        self._session = session
        self._awaited = awaited
        self._linger_s = max(0.0, linger_s / clock.speed - SHARE_S)
        self._held: list[Delivery] = []

    async def batch(self) -> list[Delivery]:
        """The next messages to commit, in the order in which they came.

        They are given out 50 ms after the first when that is urgent or came in a burst, else
        once an urgent one or a burst has joined, once 128 are there, or when the first has
        waited for the linger. Empty when they were released meanwhile.
        """
        came = await self._receive()
        try:
            async with asyncio.timeout(self._linger_s):
                while self._may_wait(came):
                    came = await self._receive()
        except TimeoutError:
            pass
        return self.release()

    def more(self) -> bool:
        """Whether the next batch is there already, so that `batch` will not wait for it."""
        return self._session.queued >= FULL

    def release(self) -> list[Delivery]:
        """What waits, at once; `batch` goes on with what comes after it."""
        held, self._held = self._held, []
        return held

    async def _receive(self) -> list[Delivery]:
        came = await self._session.receive(FULL - len(self._held), SHARE_S)
        self._held += came
        return came

    def _may_wait(self, came: list[Delivery]) -> bool:
        few = len(came) < BURST and len(self._held) < ENOUGH
        return few and not any(is_urgent(each, self._awaited) for each in came)
