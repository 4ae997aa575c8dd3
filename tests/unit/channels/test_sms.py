import asyncio
import configparser
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alerts.channels.base import Outcome, Outgoing, Unavailable, Verdict
from alerts.channels.sms import SmsChannel, SmsSettings, national


def _send(database: Path, text: str = "回1234", address: str = "13800000001") -> Verdict:
    out = Outgoing("id", address, text, {}, 0)
    return asyncio.run(SmsChannel(SmsSettings(database=database)).send(out, 0))


@pytest.mark.parametrize("text", ["", "守" * 71, "😀" * 36])
def test_a_text_that_is_not_one_sms_is_refused_for_good(tmp_path: Path, text: str) -> None:
    verdict = _send(tmp_path / "smsd.db", text)
    assert verdict.outcome is Outcome.PERMANENT
    assert "70" in verdict.reason


@pytest.mark.parametrize(
    "number", ["", "12", "138-0000", "+", "1380000000a", "１３８０００００００１"]
)
def test_an_address_that_is_no_number_is_refused_for_good(tmp_path: Path, number: str) -> None:
    assert _send(tmp_path / "smsd.db", address=number).outcome is Outcome.PERMANENT


def test_a_missing_database_is_a_refusal_for_now_and_is_not_made(tmp_path: Path) -> None:
    verdict = _send(tmp_path / "smsd.db", "守" * 70)
    assert verdict.outcome is Outcome.TEMPORARY
    assert "smsd.db" in verdict.reason
    assert not (tmp_path / "smsd.db").exists()


def test_a_file_that_is_no_database_is_a_refusal_for_now(tmp_path: Path) -> None:
    (tmp_path / "smsd.db").write_bytes(b"not a database, whatever its name says" * 50)
    assert _send(tmp_path / "smsd.db").outcome is Outcome.TEMPORARY


def test_a_database_without_the_daemons_tables_is_a_refusal_for_now(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "smsd.db").close()
    verdict = _send(tmp_path / "smsd.db")
    assert verdict.outcome is Outcome.TEMPORARY
    assert "phones" in verdict.reason


def test_a_locked_database_is_a_refusal_for_now_and_polling_says_so(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "smsd.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked" in _send(tmp_path / "smsd.db").reason
        channel = SmsChannel(SmsSettings(database=tmp_path / "smsd.db"))
        with pytest.raises(Unavailable, match="locked"):
            asyncio.run(channel.poll(0))
        assert not channel.alive(0)


@pytest.mark.parametrize(
    ("number", "inside_china"),
    [
        ("+8613800000001", "13800000001"),
        ("008613800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("138 0000-0001", "13800000001"),
        ("13800000001", "13800000001"),
        ("+8602088888888", "02088888888"),
        ("8612345", "8612345"),
        ("+4915112345678", "+4915112345678"),
        ("10690001", "10690001"),
    ],
)
def test_a_number_is_compared_as_written_inside_china(number: str, inside_china: str) -> None:
    assert national(number) == inside_china
    assert national(inside_china) == inside_china


@pytest.mark.parametrize("text", ["", "with space", "x" * 101, "编号", "a\nb"])
def test_an_id_that_some_channel_could_not_carry_is_our_own_mistake(text: str) -> None:
    with pytest.raises(ValueError, match="idempotency id"):
        Outgoing(text, "13800000001", "text", {}, 0)


def test_the_example_for_the_daemon_keeps_it_alive_in_our_eyes() -> None:
    example = configparser.ConfigParser()
    example.read(Path(__file__).parents[3] / "config" / "gammu-smsd.conf", "utf-8")
    smsd = example["smsd"]
    assert (smsd["service"], smsd["driver"]) == ("sql", "sqlite3")
    assert smsd["deliveryreport"] == "sms"
    silent_after_s = SmsSettings(database=Path("smsd.db")).silent_after
    assert 0 < 4 * int(smsd["statusfrequency"]) < silent_after_s
