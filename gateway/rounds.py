"""Looking after something once in a while, for as long as the gateway runs."""

import logging
from collections.abc import Callable

import sqlalchemy as sa

from edge.clock import Clock, sleep
from gateway.db.incidents import Conflict

log = logging.getLogger(__name__)

LOOK_S = 60.0


async def look_around(look: Callable[[int], object], what: str, clock: Clock) -> None:
    """Give `look` the time once a minute, until cancelled.

    One that the database refuses, or that another gateway was faster with, is made again after
    a minute; the log then names `what`.
    """
    while True:
        try:
            look(clock.now_ns())
        except (sa.exc.OperationalError, sa.exc.IntegrityError, Conflict) as error:
            log.warning("%s: looked at again in %.0f s: %s", what, LOOK_S, error)
        await sleep(clock, LOOK_S)
