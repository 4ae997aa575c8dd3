"""News of a channel brought into the engine: what breaks us on the way is put aside.

Left where it is, such news would break us each time that it comes, and hide what is behind it.
"""

import logging

import sqlalchemy as sa

from alerts.channels.base import Inbound, Receipt
from gateway.db.edges import Letter
from gateway.engine import Engine

log = logging.getLogger(__name__)


def take_news(engine: Engine, channel: str, item: Inbound | Receipt, now_ns: int) -> None:
    """The news is committed, or lies among the dead letters; repeats change nothing.

    Raises:
        sqlalchemy.exc.OperationalError: the database refuses now; nothing was committed.
    """
    try:
        if isinstance(item, Inbound):
            engine.reply(channel, item, now_ns)
        else:
            engine.receipt(item, now_ns)
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        # This supervises news: one that breaks us must not hold up the others.
        log.exception("news from %s broke the gateway", channel)
        detail = f"{type(error).__name__}: {error}"
        engine.refuse(Letter(f"channel/{channel}", item.key.encode(), "broke", detail), now_ns)
