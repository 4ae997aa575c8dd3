"""How the journal stays within its bounds: by age, then by size, oldest first.

Nothing goes that the detectors would need again: entries since the older of the two
checkpoints stay, whatever their size. Entries that InfluxDB still waits for stay too, until
the journal is twice as large as it should be; then disk space for new readings wins over
old ones, and every entry lost that way is counted.
"""

from typing import NamedTuple

from edge.health import Health
from edge.journal import INFLUX, PIPELINE, Journal, JournalSettings
from edge.reading import SECOND_NS

_SHED_AT_ONCE = 5_000


class Floors(NamedTuple):
    """Positions up to which entries may go: in good order, and in need."""

    passed: int
    needed: int


def prune(
    journal: Journal, settings: JournalSettings, health: Health, *, now_ns: int, forwarded: bool
) -> None:
    """Shed what is too old or too much, at most 5,000 entries of each kind a call."""
    floors = _floors(journal, forwarded=forwarded)
    oldest_ns = now_ns - int(settings.max_age * SECOND_NS)
    _delete(journal, health, "journal_entries_aged", "id <= ? AND last_ns < ?",
            (floors.passed, oldest_ns))  # fmt: skip
    if used_bytes(journal) > settings.max_bytes:
        _delete(journal, health, "journal_entries_shed", "id <= ?", (floors.passed,))
    if used_bytes(journal) > 2 * settings.max_bytes:
        _delete(journal, health, "journal_entries_lost", "id <= ?", (floors.needed,))


def used_bytes(journal: Journal) -> int:
    """Bytes of the journal that hold something; the file itself keeps its largest size."""
    ((pages, free, page_bytes),) = journal.read(
        "SELECT page_count, freelist_count, page_size"
        " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        (),
    )
    return int((pages - free) * page_bytes)


def _floors(journal: Journal, *, forwarded: bool) -> Floors:
    ((replayable,),) = journal.read("SELECT coalesce(min(entry_id), 0) FROM checkpoint", ())
    needed = min(replayable, journal.position(PIPELINE))
    passed = min(needed, journal.position(INFLUX)) if forwarded else needed
    return Floors(passed=passed, needed=needed)


def _delete(
    journal: Journal, health: Health, counter: str, condition: str, values: tuple[int, ...]
) -> None:
    with journal.transaction() as connection:
        shed = connection.execute(
            f"DELETE FROM entry WHERE id IN"  # noqa: S608  (the conditions stand in this file)
            f" (SELECT id FROM entry WHERE {condition} ORDER BY id LIMIT {_SHED_AT_ONCE})",
            values,
        ).rowcount
    health.count(counter, shed)
