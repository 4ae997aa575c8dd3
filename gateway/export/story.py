"""What is given away of an incident: all that is known of it, and no telephone number."""

from collections.abc import Iterator

import sqlalchemy as sa
from msgspec import Struct

from gateway.api.incidents import DETAIL_MAX, Detail, IncidentReader
from gateway.db.closing_tables import drill
from gateway.db.engine import reading

PAGE_MAX = 100


class Story(Struct, frozen=True):
    """One incident; `drill` says that nothing was real, `complete` that nothing is left out."""

    detail: Detail
    drill: bool

    @property
    def complete(self) -> bool:
        """Whether timeline and deliveries are whole: each is cut to its newest 500."""
        return max(len(self.detail.timeline), len(self.detail.deliveries)) < DETAIL_MAX


class Stories(Struct, frozen=True):
    """A page of stories, newest first; `next` asks for the one after, if any."""

    stories: tuple[Story, ...]
    next: str | None


def page(database: sa.Engine, cursor: str | None, limit: int) -> Stories:
    """Up to `limit` stories from `cursor` on.

    Raises:
        BadCursorError: the cursor is not one that a page gave.
    """
    found = IncidentReader(database).page(cursor=cursor, limit=min(limit, PAGE_MAX))
    stories = [one(database, each.id) for each in found.incidents]
    return Stories(tuple(story for story in stories if story is not None), found.next)


def one(database: sa.Engine, incident_id: str) -> Story | None:
    """The story of that incident; None when there is none."""
    detail = IncidentReader(database).detail(incident_id)
    if detail is None:
        return None
    with reading(database) as connection:
        query = sa.select(drill.c.incident_id).where(drill.c.incident_id == incident_id)
        return Story(detail, drill=connection.execute(query).first() is not None)


def every(database: sa.Engine, since_ns: int) -> Iterator[Story]:
    """All stories opened since then, newest first, a page of memory at a time."""
    cursor: str | None = None
    while True:
        found = page(database, cursor, PAGE_MAX)
        for story in found.stories:
            if story.detail.incident.opened_ns < since_ns:
                return
            yield story
        if (cursor := found.next) is None:
            return
