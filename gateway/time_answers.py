"""The time, for edges that cannot know it by themselves.

Nothing waits for these answers and nothing is written: an answer that is late is worthless,
and an edge that hears none asks again.
"""

import asyncio
import logging

import msgspec

from edge.clock import Clock
from edge.session import NotPublished, Session
from edge.timekeeping import ROUND_TRIP_NS_MAX, Answer, Question
from edge.topic import answer_topic

log = logging.getLogger(__name__)

ANSWERS_MAX = 64
"""Answers on their way at once; who asks meanwhile asks again."""


class TimeAnswers:
    """Answers the edges of `site` on `session`; `dropped` counts those who must ask again."""

    def __init__(self, session: Session, *, site: str, clock: Clock) -> None:
        self.dropped = 0
        self._session = session
        self._site = site
        self._clock = clock
        self._answering: set[asyncio.Task[None]] = set()

    def answer(self, edge: str, question: Question, received_ns: int) -> None:
        """Answer soon, unless the question has waited for too long or too many wait with it."""
        waited_ns = self._clock.now_ns() - received_ns
        if not 0 <= waited_ns <= ROUND_TRIP_NS_MAX or len(self._answering) >= ANSWERS_MAX:
            self.dropped += 1
            return
        task = asyncio.create_task(self._publish(edge, question))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def close(self) -> None:
        """Give up what is on its way."""
        for task in tuple(self._answering):
            task.cancel()

    async def _publish(self, edge: str, question: Question) -> None:
        answer = Answer(1, question.asked, self._clock.now_ns())
        try:
            await self._session.publish(answer_topic(self._site, edge), msgspec.json.encode(answer))
        except NotPublished as error:
            log.info("edge %s is not told the time: %s", edge, error)
