"""The plans by version: the one in force, and those that running incidents began with.

What is stored never changes, so a version once read is kept in memory; which one is in force
is asked of the database each time, since another gateway may have put the next one in force.
"""

import sqlalchemy as sa

from alerts.plan import Plans
from gateway.db import plans as rows

_KEPT_MAX = 16


class Shelf:
    """Plans as the database has them; `given` are those of a gateway that has stored none."""

    def __init__(self, given: Plans) -> None:
        self._given = given
        self._kept: dict[int, Plans] = {}

    def in_force(self, connection: sa.Connection) -> Plans:
        """The plans that a new incident takes."""
        newest = rows.newest(connection)
        return self._given if newest is None else self._at(connection, newest) or self._given

    def at(self, connection: sa.Connection, version: int) -> Plans:
        """The plans of `version`; those in force where it was never stored."""
        return self._at(connection, version) or self.in_force(connection)

    def _at(self, connection: sa.Connection, version: int) -> Plans | None:
        if version not in self._kept:
            table = rows.document(connection, version)
            if table is None:
                return None
            while len(self._kept) >= _KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[version] = Plans.model_validate(table)
        return self._kept[version]
