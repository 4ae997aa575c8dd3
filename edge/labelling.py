"""Takes labels from the gateway into the journal, and says how far they are held.

Only once the edge is open: until then nothing is acked, and the gateway sends again.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from edge import topic
from edge.clock import Clock
from edge.disk_room import when_room
from edge.entry import Labelled
from edge.fold import Fold
from edge.health import Health
from edge.labels import LabelAck, LabelPage, is_sound
from edge.session import NotPublished, Session

log = logging.getLogger(__name__)

_PAGE_BYTES_MAX = 64 * 1024


class Labelling:
    """The labels of one edge on their way from its session into its fold."""

    def __init__(
        self, place: tuple[str, str], fold: Fold, session: Session, *, clock: Clock, health: Health
    ) -> None:
        self._site, self._edge = place
        self._fold = fold
        self._session = session
        self._clock = clock
        self._health = health

    async def take(self, payloads: Sequence[bytes], is_open: Callable[[], bool]) -> None:
        """Journal what is new in these pages, and tell the gateway what is held."""
        if not is_open():
            return
        for payload in payloads:
            page = _page(payload)
            if page is None:
                self._health.count("labels_refused")
                log.warning("labels were refused: %r", payload[:200])
                continue
            if fresh := self._fold.labels.fresh(page):
                act = partial(self._fold.learn, Labelled(page.epoch, fresh))
                await when_room(self._clock, self._health, act)
                self._health.count("labels_taken", len(fresh))
        await self._acknowledge()

    async def _acknowledge(self) -> None:
        epoch, upto = self._fold.labels.upto
        if not epoch:
            return
        ack = msgspec.json.encode(LabelAck(1, self._edge, epoch, upto))
        try:
            await self._session.publish(topic.label_ack_topic(self._site, self._edge), ack)
        except NotPublished as error:
            # The gateway sends again what is not acked, and is told then.
            self._health.count("publishes_failed")
            log.info("the gateway is not told of labels up to %d yet: %s", upto, error)


def _page(payload: bytes) -> LabelPage | None:
    if len(payload) > _PAGE_BYTES_MAX:
        return None
    try:
        page = msgspec.json.decode(payload, type=LabelPage)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return page if is_sound(page) else None
