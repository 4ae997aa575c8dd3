import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import journal_file
from edge.dead_letter import DEAD_LETTERS_MAX
from edge.entry import Admitted, Entry, Link, Message, Tick
from edge.health import Health
from edge.history import JournalHistory
from edge.journal import (
    ACKED,
    INFLUX,
    PIPELINE,
    DeadLetter,
    Journal,
    JournalSettings,
    Made,
    open_journal,
)
from edge.journal_fault import JournalDamaged, JournalError, JournalFull
from edge.outbox import Outbox
from edge.reading import (
    HOUR_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Kind,
    Quality,
    Reading,
    Tier,
    Timeliness,
    TimeSource,
)
from edge.ring import prune, used_bytes

NOW_NS = 1_780_000_000 * SECOND_NS
EPOCH = "0b5b1c52-0000-4000-8000-000000000001"
OTHER_EPOCH = "0b5b1c52-0000-4000-8000-000000000002"


def settings(folder: Path, **changes: object) -> JournalSettings:
    return JournalSettings.model_validate({"path": folder / "journal.db"} | changes)


def opened(
    folder: Path, health: Health | None = None, epoch: str = EPOCH, **changes: object
) -> Journal:
    return open_journal(
        settings(folder, **changes),
        fresh_epoch=epoch,
        now_ns=NOW_NS,
        health=health or Health(),
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = opened(tmp_path)
    yield journal
    journal.close()


def reading(seq: int, at_ns: int = NOW_NS, device: str = "wm-1") -> Reading:
    return Reading(
        device=device, unit="u1", kind=Kind.WATER, channel="water.total", value=1.0 + seq / 1_000,
        at_ns=at_ns, received_ns=at_ns + SECOND_NS, clock=TimeSource.METER, quality=Quality.GOOD,
        historical=False, seq=seq, boot=1, resolution=0.001,
    )  # fmt: skip


def admitted(*seqs: int, at_ns: int = NOW_NS) -> Admitted:
    return Admitted(
        tuple(Message("wm-1", 1, seq, seq.to_bytes(8), (reading(seq, at_ns),)) for seq in seqs)
    )


def finding(number: int) -> Finding:
    return Finding(
        f"{number:016x}", 0, "welfare", 1, "s01/b01/u1", "welfare", Tier.URGENT,
        FindingState.RAISED, NOW_NS, NOW_NS, Timeliness.LIVE,
        Evidence({"volume_l": 0.0}, {}, NOW_NS, 900.0, "未用水", "no water used"),
    )  # fmt: skip


def letter(number: int) -> DeadLetter:
    return DeadLetter(NOW_NS + number, "not_json", "sw/1/x", b"?" * 5_000, "no JSON")


def entries(journal: Journal, position: int = 0) -> list[Entry]:
    return [stored.entry for stored in journal.replay_from(position)]


def test_what_was_appended_is_read_again_in_order_after_opening_anew(tmp_path: Path) -> None:
    log: list[Entry] = [Link(up=True, at_ns=NOW_NS), admitted(1, 2), Tick(NOW_NS), admitted(3)]
    journal = opened(tmp_path)
    positions = [journal.append([entry]) for entry in log]
    journal.close()
    journal = opened(tmp_path)
    assert positions == [1, 2, 3, 4]
    assert entries(journal) == log
    assert entries(journal, 3) == log[3:]
    assert journal.append([admitted(4)]) == 5
    journal.close()


def test_each_opening_counts_a_boot_and_keeps_the_epoch(tmp_path: Path) -> None:
    seen = []
    for epoch in (EPOCH, OTHER_EPOCH):
        journal = opened(tmp_path, epoch=epoch)
        seen.append((journal.epoch, journal.boot))
        journal.close()
    assert seen == [(EPOCH, 1), (EPOCH, 2)]


def test_a_commit_is_on_the_disk_in_full_synchronous_wal_mode(journal: Journal) -> None:
    assert journal.read("PRAGMA journal_mode", ()) == [("wal",)]
    assert journal.read("PRAGMA synchronous", ()) == [(2,)]


def test_a_finding_is_recorded_once_however_often_it_is_settled(journal: Journal) -> None:
    outbox = Outbox(journal, forwarded=False)
    journal.append([admitted(1)])
    for _ in range(2):
        journal.settle(1, [finding(1)])
    assert [owed.finding for owed in outbox.unacked(10)] == [finding(1)]
    assert journal.position(PIPELINE) == 1


def test_what_was_found_may_share_the_commit_of_later_entries(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([admitted(1)])
    assert journal.append([admitted(2)], made=Made(1, [finding(1)])) == 2
    assert [owed.finding for owed in Outbox(journal, forwarded=False).unacked(10)] == [finding(1)]
    other = sqlite3.connect(tmp_path / "journal.db")
    assert other.execute("SELECT name, position FROM cursor").fetchall() == [(PIPELINE, 1)]
    other.close()
    journal.close()


def test_a_tick_that_led_to_a_finding_is_an_entry_of_its_own(journal: Journal) -> None:
    journal.append([admitted(1)])
    assert journal.settle(1, [finding(1)], Tick(NOW_NS)) == 2
    assert entries(journal) == [admitted(1), Tick(NOW_NS)]
    assert journal.position(PIPELINE) == 2


def test_a_cursor_over_entries_without_findings_is_written_within_64_entries(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    other = sqlite3.connect(tmp_path / "journal.db")
    written = []
    for number in range(1, 70):
        journal.append([admitted(number)])
        journal.settle(number, [])
        written.append(other.execute("SELECT position FROM cursor").fetchall())
    other.close()
    journal.close()
    assert written[:64] == [[]] * 64
    assert written[64:] == [[(64,)]] * 5


def test_the_cursor_behind_a_finding_is_written_with_it(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([admitted(1)])
    journal.settle(1, [finding(1)])
    other = sqlite3.connect(tmp_path / "journal.db")
    assert other.execute("SELECT name, position FROM cursor").fetchall() == [(PIPELINE, 1)]
    other.close()
    journal.close()


def test_findings_go_when_the_gateway_has_acked_them_and_their_numbers_never_return(
    journal: Journal,
) -> None:
    outbox = Outbox(journal, forwarded=False)
    journal.settle(0, [finding(1), finding(2)])
    outbox.mark_sent([1, 2], NOW_NS)
    outbox.forget(2)
    assert outbox.unacked(10) == []
    journal.settle(0, [finding(3)])
    assert [owed.seq for owed in outbox.unacked(10)] == [3]
    assert journal.position(ACKED) == 2


def test_an_ack_ahead_of_what_was_published_is_refused(journal: Journal) -> None:
    outbox = Outbox(journal, forwarded=False)
    journal.settle(0, [finding(1), finding(2)])
    outbox.mark_sent([1], NOW_NS)
    assert outbox.gave_out(1)
    assert not outbox.gave_out(2)
    assert Outbox(journal, forwarded=False).gave_out(1)


def test_an_ack_may_overtake_the_brokers_own_confirmation(journal: Journal) -> None:
    outbox = Outbox(journal, forwarded=False)
    journal.settle(0, [finding(1)])
    (owed,) = outbox.unacked(10)
    assert not outbox.gave_out(owed.seq)
    outbox.offer(owed.seq)
    assert outbox.gave_out(owed.seq)
    outbox.forget(owed.seq)
    assert outbox.unacked(10) == []


def test_an_acked_finding_stays_until_influxdb_has_it_too(journal: Journal) -> None:
    outbox = Outbox(journal, forwarded=True)
    journal.settle(0, [finding(1)])
    outbox.mark_sent([1], NOW_NS)
    outbox.forget(1)
    assert outbox.unacked(10) == []
    assert [owed.seq for owed in outbox.after(0, 10)] == [1]


def test_checkpoints_come_newest_first_and_only_two_are_kept(journal: Journal) -> None:
    for position in (1, 2, 3):
        journal.checkpoint(position, b"state %d" % position)
    assert list(journal.checkpoints()) == [(3, b"state 3"), (2, b"state 2")]


def test_a_damaged_checkpoint_is_passed_over_for_the_older_one(journal: Journal) -> None:
    journal.checkpoint(1, b"old")
    journal.checkpoint(2, b"new")
    with journal.transaction() as connection:
        connection.execute("UPDATE checkpoint SET blob = x'00ff' WHERE entry_id = 2")
    assert list(journal.checkpoints()) == [(1, b"old")]


def test_a_damaged_entry_is_skipped_and_counted(tmp_path: Path) -> None:
    health = Health()
    journal = opened(tmp_path, health)
    for seq in (1, 2, 3):
        journal.append([admitted(seq)])
    with journal.transaction() as connection:
        connection.execute("UPDATE entry SET blob = substr(blob, 1, 20) WHERE id = 2")
    assert entries(journal) == [admitted(1), admitted(3)]
    assert health.counted("journal_entries_damaged") == 1
    journal.close()


def test_dead_letters_keep_the_newest_ten_thousand_and_four_kib_of_each(tmp_path: Path) -> None:
    health = Health()
    journal = opened(tmp_path, health)
    journal.append([], [letter(number) for number in range(DEAD_LETTERS_MAX)])
    journal.park([letter(DEAD_LETTERS_MAX + 4)] * 5)
    ((count, oldest_ns, longest),) = journal.read(
        "SELECT count(*), min(received_ns), max(length(payload)) FROM dead_letter", ()
    )
    journal.close()
    assert (count, oldest_ns, longest) == (DEAD_LETTERS_MAX, NOW_NS + 5, 4_096)
    assert health.counted("dead_letters_shed") == 5


def test_a_second_process_on_the_same_journal_is_turned_away(journal: Journal) -> None:
    with pytest.raises(JournalError, match="another edge is using this journal"):
        opened(journal.path.parent)


def test_a_damaged_file_is_put_aside_and_its_readable_findings_are_carried_over(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    journal.settle(0, [finding(1)])
    for seq in range(400):
        journal.append([admitted(*range(seq * 100, seq * 100 + 100))])
    journal.close()
    path = tmp_path / "journal.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(64 * 1024))
    health = Health()
    journal = opened(tmp_path, health, OTHER_EPOCH)
    owed = Outbox(journal, forwarded=False).unacked(10)
    journal.close()
    assert journal.epoch == OTHER_EPOCH
    assert [o.finding for o in owed] == [finding(1)]
    assert health.counted("journal_quarantined") == 1
    assert [p.name for p in tmp_path.glob("*.damaged-*[0-9]")] == [f"journal.db.damaged-{NOW_NS}"]


def test_a_file_that_is_no_database_is_put_aside_unless_the_settings_say_stop(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"this is not a journal" * 1_000)
    with pytest.raises(JournalDamaged, match="put aside"):
        opened(tmp_path, on_damage="stop")
    assert path.exists()
    opened(tmp_path).close()
    assert (tmp_path / f"journal.db.damaged-{NOW_NS}").exists()


def test_a_journal_that_vanished_is_reported_and_never_silently_replaced(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "journal.db").unlink()
    health = Health()
    journal = opened(tmp_path, health, OTHER_EPOCH)
    journal.close()
    assert health.counted("journal_vanished") == 1
    assert journal.epoch == OTHER_EPOCH


def test_a_file_replaced_while_in_use_is_noticed_before_the_next_commit(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    (tmp_path / "journal.db").rename(tmp_path / "elsewhere.db")
    with pytest.raises(JournalDamaged, match="removed or replaced"):
        journal.append([admitted(1)])
    with pytest.raises(JournalDamaged):
        journal.settle(0, [finding(1)])
    journal.close()


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(JournalError, match="not a journal of format"):
        opened(tmp_path)
    assert not list(tmp_path.glob("*.damaged-*"))


def test_a_journal_of_the_format_before_opens_with_all_that_it_held(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([admitted(1, 2)])
    journal.close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.executescript(
        "DROP TABLE held; DROP TABLE placed; DROP TABLE shadow; PRAGMA user_version = 1;"
    )
    connection.close()
    journal = opened(tmp_path)
    assert [stored.entry for stored in journal.replay_from(0)] == [admitted(1, 2)]
    assert journal.read("SELECT count(*) FROM held", ()) == [(0,)]
    assert journal.read("PRAGMA user_version", ()) == [(journal_file.FORMAT,)]
    journal.close()


def test_a_journal_of_a_format_to_come_is_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute(f"PRAGMA user_version = {journal_file.FORMAT + 1}")
    connection.close()
    with pytest.raises(JournalError, match="use the release that wrote it"):
        opened(tmp_path)


def test_a_commit_without_room_changes_nothing_and_succeeds_once_there_is_room(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    journal.append([admitted(1)])
    ((pages,),) = journal.read("PRAGMA page_count", ())
    journal.read(f"PRAGMA max_page_count = {pages}", ())
    with pytest.raises(JournalFull, match="no room"):
        journal.append([admitted(*range(2, 1_000))])
    assert journal.last == 1
    journal.read("PRAGMA max_page_count = 1000000", ())
    assert journal.append([admitted(*range(2, 1_000))]) == 2
    assert entries(journal) == [admitted(1), admitted(*range(2, 1_000))]
    journal.close()


def test_the_ring_sheds_by_age_only_what_every_cursor_and_checkpoint_has_passed(
    tmp_path: Path,
) -> None:
    health = Health()
    journal = opened(tmp_path, health)
    bounds = settings(tmp_path, max_age="1 h")
    for seq in range(1, 5):
        journal.append([admitted(seq, at_ns=NOW_NS - 2 * HOUR_NS)])
    journal.settle(4, [])
    journal.advance(INFLUX, 2)
    journal.checkpoint(3, b"state")
    prune(journal, bounds, health, now_ns=NOW_NS, forwarded=True)
    assert entries(journal) == [admitted(s, at_ns=NOW_NS - 2 * HOUR_NS) for s in (3, 4)]
    prune(journal, bounds, health, now_ns=NOW_NS, forwarded=False)
    assert entries(journal) == [admitted(4, at_ns=NOW_NS - 2 * HOUR_NS)]
    assert health.counted("journal_entries_aged") == 3
    journal.close()


def test_at_twice_its_size_the_journal_gives_up_what_influxdb_still_waits_for(
    tmp_path: Path,
) -> None:
    health = Health()
    journal = opened(tmp_path, health)
    bounds = settings(tmp_path, max_bytes=2**20)
    noise = os.urandom(3_000)
    for seq in range(900):
        message = Message("wm-1", 1, seq, seq.to_bytes(8) + noise, (reading(seq),))
        journal.append([Admitted((message,))])
        if seq == 400:
            journal.settle(400, [])
            journal.checkpoint(400, b"state")
            prune(journal, bounds, health, now_ns=NOW_NS, forwarded=True)
            assert health.counted("journal_entries_lost") == 0
            assert health.counted("journal_entries_shed") == 0
    assert used_bytes(journal) > 2 * 2**20
    prune(journal, bounds, health, now_ns=NOW_NS, forwarded=True)
    assert health.counted("journal_entries_lost") == 400
    assert next(journal.replay_from(0)).position == 401
    journal.close()


def test_the_history_in_a_journal_is_read_while_it_is_being_written(journal: Journal) -> None:
    history = JournalHistory(journal.path)
    journal.append([admitted(3, at_ns=NOW_NS + 3), admitted(1, at_ns=NOW_NS + 1)])
    journal.append([admitted(2, at_ns=NOW_NS + 2)])
    found = history.readings(["wm-1"], NOW_NS, NOW_NS + 3, 10)
    assert [r.seq for r in found] == [1, 2]
    assert [r.seq for r in history.readings(["wm-1"], NOW_NS, NOW_NS + 9, 2)] == [1, 2]
    assert history.readings(["wm-9"], NOW_NS, NOW_NS + 9, 10) == []


def test_a_burst_of_readings_costs_at_most_a_kilobyte_on_the_disk_each(journal: Journal) -> None:
    for batch in range(10):
        journal.append([admitted(*range(batch * 100, batch * 100 + 100))])
    wal = journal.path.with_name("journal.db-wal").stat().st_size
    # Every byte of the WAL is written once more, into the file itself, at most.
    assert 2 * wal / 1_000 <= 1_024
