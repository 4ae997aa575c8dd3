"""Deaths of a gateway that shares its process with the world around it.

A kill is an exception that nothing in the gateway catches, raised where a power cut may fall:
at a failpoint, or before any statement to the database, in whatever transaction it stands. From
then on the database takes nothing more from that life, so that what it still runs is no use.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

import sqlalchemy as sa

from edge import failpoint
from simulators.trial.script import By, Death


class Killed(BaseException):
    """The gateway is gone; not an error, so that no supervisor takes it for one."""


class Mortality:
    """Stands between a gateway and its `database`.

    While `is_busy` says so, the database takes nothing from anybody.
    """

    def __init__(self, database: sa.Engine) -> None:
        self.dead = asyncio.Event()
        self.is_busy: Callable[[], bool] = bool
        self._database = database
        self._left = 0

    @contextmanager
    def watching(self) -> Iterator[Self]:
        """Everything that the database is asked passes here while the block runs."""
        sa.event.listen(self._database, "begin", self._begin, insert=True)
        sa.event.listen(self._database, "before_cursor_execute", self._statement)
        try:
            yield self
        finally:
            sa.event.remove(self._database, "begin", self._begin)
            sa.event.remove(self._database, "before_cursor_execute", self._statement)

    @contextmanager
    def life(self, death: Death | None) -> Iterator[None]:
        """While the block runs, the gateway lives until `death`; times are the caller's to keep."""
        self.dead = asyncio.Event()
        self._left = death.nth if death and death.by is By.STATEMENT else 0
        if death and death.by is By.POINT:
            failpoint.arm(f"gateway.{death.point}:{death.nth}", self.die)
        try:
            yield
        finally:
            failpoint.arm("")
            self._left = 0

    def die(self) -> None:
        """End this life.

        Raises:
            Killed: always.
        """
        self.dead.set()
        raise Killed

    def _begin(self, _: sa.Connection) -> None:
        if self.dead.is_set():
            raise Killed
        if self.is_busy():
            busy = sqlite3.OperationalError("database is locked")
            raise sa.exc.OperationalError("BEGIN", {}, busy)

    def _statement(self, *_: object) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                self.die()
