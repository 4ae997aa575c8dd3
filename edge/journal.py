"""The edge's durable log: what came in, what was found, and how far everybody has read.

Append only, one compressed blob a commit, `synchronous=FULL`. The detectors' state is never
stored but as a checkpoint: it is what the entries since then make of it, read in order.
Cursors that only move forward over entries without findings are written once in 64 commits:
losing them costs a little reading again, and saves one fsync a batch and a page a commit.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import msgspec
import zstandard
from pydantic import Field

from edge import entry as logged
from edge import journal_file, journal_swap
from edge.dead_letter import DeadLetter, bury
from edge.entry import Entry, Tick
from edge.entry_readings import span
from edge.health import Health
from edge.journal_fault import JournalDamaged, JournalFull, translated
from edge.journal_rows import bury_unreadable, sound_cursors
from edge.reading import Finding
from edge.settings import DurationS, Settings
from edge.shadow_log import keep

__all__ = ["DeadLetter", "Journal", "JournalDamaged", "JournalFull", "JournalSettings"]

log = logging.getLogger(__name__)

PIPELINE = "pipeline"
INFLUX = "influx"
INFLUX_SEAM = "influx_seam"
INFLUX_LIVE = "influx_live"
INFLUX_FINDINGS = "influx_findings"
INFLUX_SHADOW = "influx_shadow"
ACKED = "acked"
_OF_FINDINGS = {ACKED: "finding", INFLUX_FINDINGS: "finding", INFLUX_SHADOW: "shadow"}

_CHECKPOINTS_KEPT = 2
_PAGE = 256
_CURSOR_LAG_MAX = 64
_BLOB_BYTES_MAX = 512 * 2**20

BLOB_ERRORS = (zstandard.ZstdError, msgspec.MsgspecError)


class JournalSettings(Settings):
    """Where the journal is, how much of the past it keeps, and what to do with a broken file.

    `max_bytes` is the size at which readings that everybody has passed make room for new
    ones; at twice that size readings that InfluxDB has not got yet go too, and are counted.
    `linger` is how long a lone reading may wait, unacked at the broker, for others to share
    its commit; alarms never wait.
    """

    path: Path
    max_age: DurationS = Field(default=35 * 86_400.0, gt=0)
    max_bytes: int = Field(default=512 * 2**20, ge=2**20)
    linger: DurationS = Field(default=30.0, ge=0, le=60)
    on_damage: Literal["quarantine", "stop"] = "quarantine"


class Stored(NamedTuple):
    """One entry and its place in the log."""

    position: int
    entry: Entry


class Made(NamedTuple):
    """What was found in entries up to `position`; `shadowed` is for the record alone."""

    position: int
    findings: Sequence[Finding]
    shadowed: Sequence[Finding] = ()


class Journal:
    """The log of one edge on one file, written by one process.

    Every writing call is one transaction and is on the disk when it returns. `epoch` names
    this file's numbering of findings and `boot` counts its openings; `open_journal` makes one.

    Raises:
        JournalFull: from any writing call: no room; nothing was written, try again.
        JournalDamaged: from any call: the file cannot be trusted, end the process.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, lock: IO[str], health: Health
    ) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock
        self._health = health
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        self.epoch = str(meta["epoch"])
        self.boot = int(meta["boot"])
        self._inode = path.stat().st_ino
        self._packer = _compressor()
        self._positions = sound_cursors(connection, _OF_FINDINGS)
        self._unwritten: set[str] = set()
        self._cursors_at = 0
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()
        self._last: int = max(last, self._positions.get(PIPELINE, 0))

    @property
    def last(self) -> int:
        """Position of the newest entry, 0 before the first."""
        return self._last

    def position(self, cursor: str) -> int:
        """How far the reader `cursor` has come: 0 before its first `advance`."""
        return self._positions.get(cursor, 0)

    def append(
        self,
        entries: Sequence[Entry],
        letters: Sequence[DeadLetter] = (),
        *,
        released: int = 0,
        made: Made | None = None,
    ) -> int:
        """Commit `entries` in order, and `letters` with them; return the last position.

        With this the entries are ours: their messages may be acked. They stand in the place of
        the held rows up to `released`, which are gone. What was `made` of entries before them
        shares the commit, as `settle` would record it.
        """
        due = made is not None or self._last - self._cursors_at >= _CURSOR_LAG_MAX
        with self.transaction(cursors=due) as connection:
            if made is not None:
                self._record(made)
            self._insert(entries)
            self._bury(letters)
            if released:
                connection.execute("DELETE FROM held WHERE id <= ?", (released,))
        self._last += len(entries)
        return self._last

    def settle(
        self,
        position: int,
        findings: Sequence[Finding],
        tick: Tick | None = None,
        shadowed: Sequence[Finding] = (),
    ) -> int:
        """Record that the pipeline made `findings` of the entries up to `position`.

        Those that are for the record alone, `shadowed`, are kept apart.

        A `tick` that made findings becomes an entry of its own, in the same transaction;
        the position of the last entry settled is returned.
        """
        if tick is None and not findings and not shadowed:
            self.advance(PIPELINE, position)
            return position
        entries = [] if tick is None else [tick]
        settled = position if tick is None else self._last + 1
        with self.transaction():
            self._insert(entries)
            self._record(Made(settled, findings, shadowed))
        self._last += len(entries)
        return settled

    def advance(self, cursor: str, position: int) -> None:
        """Move `cursor` on; it is on the disk some 64 entries later, or at `close`."""
        if position > self._positions.get(cursor, 0):
            self._positions[cursor] = position
            self._unwritten.add(cursor)

    def park(self, letters: Sequence[DeadLetter]) -> None:
        """Commit dead letters that came up outside an `append`."""
        with self.transaction():
            self._bury(letters)

    def checkpoint(self, position: int, state: bytes | bytearray) -> None:
        """Commit `state` as what the entries up to `position` have made; older ones go."""
        with self.transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO checkpoint (entry_id, blob) VALUES (?, ?)",
                (position, self._packer.compress(state)),
            )
            self._connection.execute(
                "DELETE FROM checkpoint WHERE entry_id NOT IN"
                " (SELECT entry_id FROM checkpoint ORDER BY entry_id DESC LIMIT ?)",
                (_CHECKPOINTS_KEPT,),
            )
        self._health.count("checkpoints")

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """Yield `(position, state)`, newest first; a checkpoint that cannot be read is left out."""
        rows = self._connection.execute(
            "SELECT entry_id, CAST(blob AS BLOB) FROM checkpoint ORDER BY entry_id DESC"
        ).fetchall()
        for position, blob in rows:
            try:
                yield position, unpack(blob)
            except zstandard.ZstdError:
                log.exception(
                    "%s: checkpoint %d is damaged; an older one serves", self.path, position
                )

    def replay_from(self, position: int, limit: int | None = None) -> Iterator[Stored]:
        """Yield up to `limit` entries after `position`; damaged ones are skipped and counted."""
        end = self._last if limit is None else position + limit
        for start in range(position, end, _PAGE):
            rows = self.read(
                "SELECT id, CAST(blob AS BLOB) FROM entry WHERE id > ? AND id <= ? ORDER BY id",
                (start, min(start + _PAGE, end)),
            )
            for entry_id, blob in rows:
                try:
                    yield Stored(entry_id, decode(blob))
                except BLOB_ERRORS:
                    self._health.count("journal_entries_damaged")
                    log.exception("%s: entry %d is damaged and skipped", self.path, entry_id)

    def read(self, query: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
        """The rows of a reading query, for the parts of the journal with their own file."""
        with translated(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self, *, cursors: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, with the `cursors` that wait: all of the block, or nothing."""
        self._same_file()
        with translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                if cursors:
                    self._write_cursors()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        if cursors:
            self._unwritten.clear()
            self._cursors_at = self._last

    def close(self) -> None:
        """Write what is pending, if there is room, and give the file up."""
        try:
            if self._unwritten:
                with suppress(JournalFull), self.transaction():
                    pass
        finally:
            self._connection.close()
            self._lock.close()

    def _same_file(self) -> None:
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            inode = -1
        if inode != self._inode:
            raise JournalDamaged(f"{self.path}: removed or replaced while in use; put it back")

    def _insert(self, entries: Sequence[Entry]) -> None:
        rows = []
        for number, entry in enumerate(entries, self._last + 1):
            first_ns, last_ns, count = span(entry)
            blob = self._packer.compress(logged.encode(entry))
            rows.append((number, type(entry).__struct_config__.tag, first_ns, last_ns, count, blob))
        self._connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _record(self, made: Made) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO finding (id, revision, body) VALUES (?, ?, ?)",
            [(f.id, f.revision, msgspec.json.encode(f)) for f in made.findings],
        )
        self._health.count("shadow_findings_shed", keep(self._connection, made.shadowed))
        self.advance(PIPELINE, made.position)

    def _bury(self, letters: Sequence[DeadLetter]) -> None:
        self._health.count("dead_letters_shed", bury(self._connection, letters))

    def _write_cursors(self) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO cursor VALUES (?, ?)",
            [(name, self._positions[name]) for name in sorted(self._unwritten)],
        )


def open_journal(
    settings: JournalSettings, *, fresh_epoch: str, now_ns: int, health: Health
) -> Journal:
    """The journal at `settings.path`, counted one boot further.

    A journal that is made anew is known by `fresh_epoch`. A damaged one is put aside, with an
    error in the log and in `health`, and its readable findings are carried over; so is the
    break noted when a journal that was here before has vanished.

    Raises:
        JournalDamaged: the file is broken and the settings say to stop.
        JournalError: another process holds the journal, or the file is something else.
    """
    path = settings.path
    held = journal_file.lock(path)
    try:
        with translated(path):
            connection, replaced = _sound_connection(settings, now_ns, health)
            bury_unreadable(connection, health, now_ns)
            if _begin_boot(connection, held, fresh_epoch) and not replaced:
                health.count("journal_vanished")
                log.error("%s: the journal that was here is gone; a fresh one starts", path)
        return Journal(path, connection, held, health)
    except BaseException:
        held.close()
        raise


def _sound_connection(
    settings: JournalSettings, now_ns: int, health: Health
) -> tuple[sqlite3.Connection, bool]:
    """A sound connection, and whether a damaged file was put aside for it."""
    path = settings.path
    journal_swap.finish(path, now_ns)
    try:
        return journal_file.connect(path), False
    except JournalDamaged:
        if settings.on_damage == "stop":
            raise
    journal_swap.replace(path, now_ns, journal_file.connect)
    health.count("journal_quarantined")
    return journal_file.connect(path), True


def _begin_boot(connection: sqlite3.Connection, held: IO[str], fresh_epoch: str) -> bool:
    """Count the boot; tell whether a journal that the lock file remembers is missing."""
    held.seek(0)
    known = held.read()
    connection.execute("BEGIN IMMEDIATE")
    made = connection.execute(
        "INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (fresh_epoch,)
    ).rowcount
    connection.execute("INSERT OR IGNORE INTO meta VALUES ('boot', 0)")
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'boot'")
    connection.execute("COMMIT")
    if made:
        held.truncate(0)
        held.write(fresh_epoch)
        held.flush()
    return bool(made and known)


def pack(blob: bytes) -> bytes:
    """`blob` compressed, with a checksum."""
    return _compressor().compress(blob)


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=3, write_checksum=True)


def unpack(blob: bytes) -> bytes:
    """The bytes a blob was made of; raises ZstdError when its checksum fails."""
    if zstandard.frame_content_size(blob) > _BLOB_BYTES_MAX:
        raise zstandard.ZstdError("a length that nobody wrote")
    return zstandard.ZstdDecompressor().decompress(blob)


def decode(blob: bytes) -> Entry:
    """The entry that a row holds; raises one of `BLOB_ERRORS` when it is damaged."""
    return logged.decode(unpack(blob))
