"""A disk that is full or cannot be written costs no journal that is sound, and no finding."""

import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.clock import sleep
from edge.health import Health
from edge.history import JournalHistory
from edge.journal import Journal, JournalSettings, open_journal
from edge.journal_fault import JournalError, JournalFull
from edge.outbox import Outbox
from tests.contract.readings import NOW_NS, admitted, finding, reading
from tests.contract.test_agent import Site, play, raised
from tests.servers.small_disk import fill, on_small_disk

EPOCH = "0b5b1c52-0000-4000-8000-000000000001"


def opened(folder: Path, health: Health | None = None) -> Journal:
    settings = JournalSettings(path=folder / "journal.db")
    return open_journal(settings, fresh_epoch=EPOCH, now_ns=NOW_NS, health=health or Health())


def lived(folder: Path) -> None:
    """A journal with one entry and one finding that the gateway has not acked."""
    journal = opened(folder)
    journal.append([admitted(reading(1))])
    journal.settle(1, [finding(1)])
    journal.close()


def held(folder: Path) -> list[int]:
    """How many entries and findings are in the journal, and how many files were put aside."""
    journal = opened(folder)
    entries, owed = journal.last, len(Outbox(journal, forwarded=False).unacked(10))
    journal.close()
    return [entries, owed, len(list(folder.glob("*.damaged-*[0-9]")))]


def refusal(act: Callable[[], object]) -> list[str]:
    """The kind and the words of the journal's refusal."""
    with pytest.raises(JournalError) as caught:
        act()
    return [type(caught.value).__name__, str(caught.value)]


def restart_on_a_full_disk(folder: Path) -> list[object]:
    lived(folder)
    ballast = fill(folder)
    said = refusal(lambda: opened(folder))
    ballast.unlink()
    return [said, held(folder)]


def first_start_on_a_full_disk(folder: Path) -> list[object]:
    ballast = fill(folder)
    said = refusal(lambda: opened(folder))
    ballast.unlink()
    return [said, held(folder)]


def a_checkpoint_without_room(folder: Path) -> list[object]:
    journal = opened(folder)
    journal.append([admitted(reading(1))])
    journal.settle(1, [finding(1)])
    journal.checkpoint(1, b"before")
    ballast = fill(folder)
    said = refusal(lambda: journal.checkpoint(1, bytes(range(256)) * 4_000))
    kept = [state.decode() for _, state in journal.checkpoints()]
    ballast.unlink()
    journal.append([admitted(reading(2))])
    journal.close()
    return [said, kept, held(folder)]


def a_damaged_journal_on_a_full_disk(folder: Path) -> list[object]:
    lived(folder)
    with (folder / "journal.db").open("r+b") as file:
        file.seek(4_096)  # the first table's page, which no finding needs
        file.write(b"\xff" * 64)
    ballast = fill(folder)
    said = refusal(lambda: opened(folder))
    ballast.unlink()
    return [said, held(folder)]


def a_disk_that_was_remounted_to_be_read_only(folder: Path) -> list[object]:
    lived(folder)
    for name in ("journal.db-wal", "journal.db-shm"):
        (folder / name).unlink(missing_ok=True)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    try:
        opened(folder)
    except (JournalError, OSError) as error:
        said = str(error)
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    return [said, held(folder)]


def an_edge_whose_disk_is_full_for_hours(folder: Path) -> list[object]:
    refused: list[object] = []

    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            ballast = fill(folder)
            await site.live(10, litres_an_hour=0)
            refused.append(len(raised(site)))
            ballast.unlink()
            await site.live(4, litres_an_hour=0)
            await sleep(site.clock, 90)

    site = play(folder, scenario)
    history = JournalHistory(folder / "journal.db")
    told = [each.seq for each in history.readings(["wm-0101"], 0, 2**62, 1_000)]
    full = site.health[-1]["journal_full"]
    return [*refused, len(raised(site)), told == list(range(1, 38 * 4 + 1)), full]


def test_an_edge_whose_disk_is_full_for_hours_takes_and_tells_everything_once_there_is_room(
    tmp_path: Path,
) -> None:
    before, after, whole, waited = on_small_disk(tmp_path, an_edge_whose_disk_is_full_for_hours, 24)
    assert (before, after, whole) == (0, 1, True)
    assert waited > 0


def test_a_restart_on_a_full_disk_leaves_the_sound_journal_where_it_is(tmp_path: Path) -> None:
    (kind, words), kept = on_small_disk(tmp_path, restart_on_a_full_disk)
    assert kind == JournalFull.__name__
    assert "free some" in words
    assert kept == [1, 1, 0]


def test_a_first_start_on_a_full_disk_leaves_nothing_that_a_later_one_stumbles_over(
    tmp_path: Path,
) -> None:
    (kind, _), kept = on_small_disk(tmp_path, first_start_on_a_full_disk)
    assert (kind, kept) == (JournalFull.__name__, [0, 0, 0])


def test_a_checkpoint_without_room_leaves_the_one_before_and_all_entries(tmp_path: Path) -> None:
    (kind, _), states, kept = on_small_disk(tmp_path, a_checkpoint_without_room)
    assert (kind, states, kept) == (JournalFull.__name__, ["before"], [2, 1, 0])


def test_a_damaged_journal_waits_for_room_before_it_makes_way_and_its_finding_is_kept(
    tmp_path: Path,
) -> None:
    (kind, _), kept = on_small_disk(tmp_path, a_damaged_journal_on_a_full_disk)
    assert (kind, kept) == (JournalFull.__name__, [0, 1, 1])


def test_a_read_only_disk_is_named_and_costs_nothing(tmp_path: Path) -> None:
    words, kept = on_small_disk(tmp_path, a_disk_that_was_remounted_to_be_read_only)
    assert "ead-only file system" in words
    assert kept == [1, 1, 0]


def test_a_journal_that_cannot_be_opened_says_so_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    kind, words = refusal(lambda: opened(tmp_path))
    assert kind == JournalError.__name__
    assert "mend owner and rights" in words
    assert (tmp_path / "journal.db").is_dir()


def test_another_program_s_lock_is_waited_for_like_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patiently = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *call, **named: patiently(*call, **{"timeout": 0.01} | named)
    )
    journal = opened(tmp_path)
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalFull, match="another program is writing"):
        journal.append([admitted(reading(1))])
    other.execute("ROLLBACK")
    other.close()
    assert journal.append([admitted(reading(1))]) == 1
    journal.close()


class PowerCutError(Exception):
    """The machine is dark."""


@pytest.mark.parametrize("steps", range(6))
def test_a_power_cut_while_a_damaged_journal_makes_way_loses_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    lived(tmp_path)
    with (tmp_path / "journal.db").open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * 64)
    left = steps

    def rename(self: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise PowerCutError
        left -= 1
        return self.replace(target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        try:
            opened(tmp_path).close()
        except PowerCutError:
            assert left == 0
    assert held(tmp_path)[1] == 1
