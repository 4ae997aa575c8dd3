"""A journal with any bit turned, or cut anywhere: what is lost is counted, and the edge starts."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import Entry
from edge.health import Health
from edge.held import Held
from edge.journal import Journal, JournalSettings, open_journal
from edge.journal_fault import JournalDamaged, JournalError
from edge.outbox import Outbox
from edge.session import Delivery
from edge.shadow_log import shadowed
from tests.contract.readings import NOW_NS, admitted, finding, reading

EPOCHS = ("0b5b1c52-0000-4000-8000-000000000001", "0b5b1c52-0000-4000-8000-000000000002")
ENTRIES = [admitted(reading(10 * n), reading(10 * n + 1)) for n in range(120)]
FINDINGS = 20
places = st.integers(0, 2**31)
"""Of a byte, from the beginning and round again."""


_SCHEMA_FORMAT_AT = 47


class Found(NamedTuple):
    """What an edge finds in its journal, and what it says is missing there."""

    entries: list[Entry]
    findings: int
    put_aside: bool
    entries_damaged: int
    findings_damaged: int


def opened(folder: Path, health: Health, epoch: str) -> Journal:
    place = JournalSettings(path=folder / "journal.db")
    return open_journal(place, fresh_epoch=epoch, now_ns=NOW_NS, health=health)


def lived(folder: Path) -> Journal:
    """A journal with something in every table."""
    journal = opened(folder, Health(), EPOCHS[0])
    for number, entry in enumerate(ENTRIES, 1):
        journal.append([entry])
        if number % (len(ENTRIES) // FINDINGS) == 0:
            journal.settle(number, [finding(number)], shadowed=[finding(1_000 + number)])
    journal.checkpoint(60, b"half way")
    Held(journal, "boot-1").keep([Delivery("sw/1/x", b"{}", False, NOW_NS, 1, 1)])  # noqa: FBT003  (not retained)
    return journal


def found(folder: Path) -> Found:
    """Start as an edge does, read everything, and go on writing."""
    health = Health()
    journal = opened(folder, health, EPOCHS[1])
    entries = [stored.entry for stored in journal.replay_from(0)]
    owed = Outbox(journal, forwarded=False).unacked(1_000)
    shadowed(journal.read, 0, 1_000)
    held = Held(journal, "boot-2")
    held.place(NOW_NS, NOW_NS)
    held.page(10)
    list(journal.checkpoints())
    journal.append([ENTRIES[0]])
    journal.settle(journal.last, [finding(7_777)], shadowed=[finding(8_888)])
    journal.close()
    return Found(
        entries, len(owed), health.counted("journal_quarantined") == 1,
        health.counted("journal_entries_damaged"), health.counted("findings_damaged"),
    )  # fmt: skip


def is_part_of(some: Sequence[Entry], whole: Sequence[Entry]) -> bool:
    """Whether `some` are of `whole`, in its order, none of them twice."""
    rest = iter(whole)
    return all(each in rest for each in some)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    lived(folder).close()
    return (folder / "journal.db").read_bytes()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a journal whose process was killed: all that it has stands in the log."""
    folder = tmp_path_factory.mktemp("killed")
    journal = lived(folder)
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    journal.close()
    return files


def after_damage(files: dict[str, bytes]) -> Found:
    with TemporaryDirectory() as name:
        for file, content in files.items():
            (Path(name) / file).write_bytes(content)
        return found(Path(name))


@settings(max_examples=80)
@given(places, st.integers(0, 7))
def test_a_turned_bit_costs_one_record_or_the_file_and_both_are_counted(
    sound: bytes, place: int, bit: int
) -> None:
    damaged = bytearray(sound)
    damaged[place % len(sound)] ^= 1 << bit
    try:
        seen = after_damage({"journal.db": bytes(damaged)})
    except JournalDamaged:
        raise
    except JournalError:  # a header of another release, or of a file that may only be read
        return
    if seen.put_aside:
        assert seen.entries == []
        return
    assert is_part_of(seen.entries, ENTRIES)
    assert len(seen.entries) + seen.entries_damaged == len(ENTRIES)
    assert seen.findings + seen.findings_damaged >= FINDINGS


@pytest.mark.parametrize(
    ("written", "damaged"),
    [
        (b"entry (\n    id INTEGER PRIMARY KEY", b"entry (\n    id INTEGER QRIMARY KEY"),
        (b"tablesqlite_sequence", b"tablesqlite_Sequence"),
        (b"sequencesqlite_sequence", b"sequencesqlite_Sequence"),
        (b"TABLE sqlite_sequence", b"TABLE Sqlite_sequence"),
        (b"\0\0\0\3", b"\0\0\0\2"),  # the format, among others
    ],
)
def test_a_schema_that_is_not_ours_condemns_the_file(
    sound: bytes, written: bytes, damaged: bytes
) -> None:
    assert written in sound
    assert after_damage({"journal.db": sound.replace(written, damaged, 1)}).put_aside


def test_a_header_of_another_file_format_condemns_the_file(sound: bytes) -> None:
    damaged = bytearray(sound)
    damaged[_SCHEMA_FORMAT_AT] ^= 1
    assert after_damage({"journal.db": bytes(damaged)}).put_aside


@settings(max_examples=15)
@given(places)
def test_of_a_file_that_was_cut_nothing_is_believed(sound: bytes, place: int) -> None:
    seen = after_damage({"journal.db": sound[: place % len(sound)]})
    assert (seen.entries, seen.entries_damaged) == ([], 0)


@settings(max_examples=30)
@given(places, st.integers(-1, 7))
def test_a_log_that_is_torn_or_damaged_gives_what_was_committed_before_that_place(
    killed: dict[str, bytes], place: int, bit: int
) -> None:
    log = bytearray(killed["journal.db-wal"])
    at = place % len(log)
    if bit < 0:
        del log[at:]
    else:
        log[at] ^= 1 << bit
    seen = after_damage(killed | {"journal.db-wal": bytes(log)})
    assert seen.entries == ENTRIES[: len(seen.entries)]


@pytest.mark.parametrize("left", [b"", bytes(32_768), bytes(range(256)) * 128])
def test_what_another_boot_left_in_the_log_s_index_is_not_believed(
    killed: dict[str, bytes], left: bytes
) -> None:
    seen = after_damage(killed | {"journal.db-shm": left})
    assert (seen.entries, seen.findings) == (ENTRIES, FINDINGS)
