"""`shouwang plans check`: exit codes, lines and JSON; and the answer that a gateway remembers."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.roster_edit import Edit
from edge.reading import HOUR_NS
from edge.registry import Registry
from gateway.cover_command import main
from gateway.covering import Asked, Covering
from gateway.db import phones, roster_edits
from gateway.db.engine import connect, upgrade, writing
from gateway.db.phones import Fault
from tests.unit.gateway.desk_world import NOW_NS, REGISTRY, make_book
from tests.unit.gateway.test_settings import CONFIG, spoil

LEAVE = [{"from": "2000-01-01", "to": "2100-01-01"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gateway", "plans", "roster", "places", "registry"):
        shutil.copy(CONFIG / f"{name}.toml", tmp_path)
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "webhook.secret").write_text("whsec_" + "QUFB" * 8)
    return tmp_path


def test_the_shipped_configuration_has_no_gap(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(folder / "gateway.toml")]) == 0
    assert "somebody and a backup everywhere" in capsys.readouterr().out


def test_gaps_are_told_in_lines_and_in_json_and_end_it_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder / "roster.toml", "#shift = ", "shift = ")
    asked = ["--config", str(folder / "gateway.toml"), "--days", "7"]
    assert main(asked) == 1
    assert "welfare tier 1: nobody on duty" in capsys.readouterr().out
    assert main([*asked, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {gap["missing"] for gap in told["gaps"]} == {"nobody"}
    assert all("无人在岗" in gap["zh"] for gap in told["gaps"])


def test_changes_by_hand_and_failing_phones_count(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder / "gateway.toml", "sqlite:///../var/gateway/gateway.db", "sqlite:///gateway.db")
    database = connect(f"sqlite:///{folder / 'gateway.db'}")
    upgrade(database)
    fault = Fault("li", "sms", "13800000002", refused=True, unheard=0, since_ns=1, reason="gone")
    with writing(database) as connection:
        phones.blame(connection, fault)
        roster_edits.put(connection, Edit("wang", "leave", LEAVE, []))
    database.dispose()
    assert main(["--config", str(folder / "gateway.toml"), "--days", "3"]) == 1
    told = capsys.readouterr().out
    assert "welfare tier 1: nobody on duty" in told


def test_a_configuration_that_cannot_be_read_ends_it_with_2(folder: Path) -> None:
    (folder / "roster.toml").unlink()
    assert main(["--config", str(folder / "gateway.toml")]) == 2


def test_an_answer_is_remembered_until_something_changes_or_an_hour_is_over(
    tmp_path: Path,
) -> None:
    book, registry = make_book(), Registry.parse(REGISTRY, tmp_path / "registry.toml")
    asked = Asked(book.plans, book, registry)
    covering = Covering()
    first = covering.now(asked, NOW_NS)
    assert covering.now(Asked(book.plans, book, registry), NOW_NS + HOUR_NS) is first
    assert covering.now(asked, NOW_NS + HOUR_NS + 1) is not first
    again = covering.now(asked, NOW_NS)
    assert covering.now(asked._replace(failing=frozenset({"p02"})), NOW_NS) is not again
    assert covering.now(asked._replace(book=replace(book)), NOW_NS).gaps == again.gaps
