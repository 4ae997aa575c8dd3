"""`shouwang rules`: what it tells of a journal, and what its acts come to."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge import rules_command, wire
from edge.entry import Entry, Labelled
from edge.health import Health
from edge.journal import JournalSettings, open_journal
from edge.labels import Label
from edge.mode import Mode
from edge.pipeline import Pipeline
from edge.reading import FindingState
from edge.registry import Registry
from edge.rule_acts import acts_file, read_acts
from edge.rules_command import main
from edge.settings import read_table
from tests.property.edge_world import entries, message

REGISTRY = """
version = 1
site = "s01"
unit = [{code = "u01", building = "b01", care = ["alone"], welfare = [
    {window = "12 h", threshold_l = 10.0}, {window = "24 h", threshold_l = 10.0}]}]
device = [{id = "wm-1", kind = "water", unit = "u01", interval = "1 h"}]
"""
EDGE = """
edge = "e01"
site = "s01"
registry = "registry.toml"
[journal]
path = "journal.db"
[rules.welfare-2]
mode = "shadow"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "registry.toml").write_text(REGISTRY, "utf-8")
    (tmp_path / "edge.toml").write_text(EDGE, "utf-8")
    return tmp_path / "edge.toml"


def lived(config: Path) -> None:
    """Days of use, 14 quiet hours, use again, 40 quiet hours, use; the first alarm was false."""
    registry = Registry.parse(read_table(config.parent / "registry.toml"), config)
    litres, sent = 1_000, list[wire.Message]()
    for hours, used_l in ((36, 20), (14, 0), (24, 20), (40, 0), (6, 20)):
        for _ in range(hours):
            litres += used_l
            sent.append(message(len(sent), [(3_600.0 * len(sent), litres)]))
    story: list[Entry] = list(entries(Pipeline(registry), sent))
    probe = Pipeline(registry)
    found = [each for entry in story for each in probe.step(entry)]
    first = next(each for each in found if each.state is FindingState.RAISED)
    story.append(
        Labelled("one", (Label(1, first.id, first.rule, first.subject, "false_alarm", "", 1),))
    )
    settings = JournalSettings(path=config.parent / "journal.db")
    journal = open_journal(settings, fresh_epoch="one", now_ns=1, health=Health())
    journal.append(story)
    journal.close()


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_live_and_shadow_are_compared_on_the_sites_own_journal(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lived(config)
    assert main(["compare", "--config", str(config), "--json"]) == 0
    answer = told(capsys)
    assert answer["days"] == pytest.approx(5.0, abs=0.1)
    rules = {each["rule"]: each for each in answer["rules"]}
    assert rules["welfare"]["alarms"] == 2
    assert rules["welfare"]["false_alarms"] == 1
    assert rules["welfare-2"]["alarms"] == 1
    assert rules["welfare-2"]["mode"] == "shadow"
    (pair,) = answer["pairs"]
    assert (pair["shadow"], pair["live"]) == ("welfare-2", "welfare")
    assert (pair["both"], pair["only_live"], pair["only_shadow"]) == (1, 1, 0)
    assert (pair["false_of_live"], pair["false_told_too"]) == (1, 0)
    assert pair["delay_change_h"] == pytest.approx(12, abs=1)


def test_terms_that_never_ran_are_compared_as_well(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lived(config)
    other = config.parent / "candidate.toml"
    other.write_text(REGISTRY.replace("24 h", "36 h"), "utf-8")
    assert main(["compare", "--config", str(config), "--registry", str(other)]) == 0
    text = capsys.readouterr().out
    assert "welfare-2 beside welfare: 1 alarms of both, +24 h later at the median" in text


def signed_in(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    monkeypatch.setattr(rules_command, "_who", lambda: account)


def test_a_promotion_takes_two_people_and_its_roll_back_one(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = acts_file(config.parent / "journal.db")
    where = ["--config", str(config)]
    signed_in(monkeypatch, "an")
    assert main(["promote", "welfare-2", "--instead-of", "welfare", *where]) == 0
    assert read_acts(file).modes() == {}
    assert main(["approve", "welfare-2", *where]) == 1
    assert "proposed by an; somebody else" in capsys.readouterr().err
    signed_in(monkeypatch, "bo")
    assert main(["approve", "welfare-2", *where]) == 0
    assert capsys.readouterr().out == "welfare: shadow\nwelfare-2: live\n"
    (act,) = read_acts(file).acts
    assert (act.by, act.approved_by) == ("an", "bo")
    assert read_acts(file).modes() == {"welfare-2": Mode.LIVE, "welfare": Mode.SHADOW}
    assert main(["roll-back", "welfare-2", *where]) == 0
    assert capsys.readouterr().out == "welfare: live\nwelfare-2: shadow\n"
    assert read_acts(file).modes() == {}


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (["promote", "welfare"], "is live already"),
        (["shadow", "smoke_alarm"], "can only be live"),
        (["promote", "no_such"], "no such rule"),
        (["roll-back", "welfare"], "nothing was done"),
        (["approve", "welfare"], "nothing about it waits"),
        (["withdraw", "welfare"], "nothing about it waits"),
        (["reset", "gas_alarm"], "is never moved"),
        (["compare"], "unable to open"),
        (["compare", "no_such"], "no such rule"),
    ],
)
def test_what_cannot_be_done_is_said(
    config: Path, capsys: pytest.CaptureFixture[str], act: list[str], why: str
) -> None:
    assert main([*act, "--config", str(config)]) == 1
    assert why in capsys.readouterr().err


def test_the_list_says_who_did_what_last_and_what_waits(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--config", str(config)]
    signed_in(monkeypatch, "an")
    main(["shadow", "leak_slow", *where])
    main(["shadow", "toilet_runs", *where])
    signed_in(monkeypatch, "bo")
    main(["approve", "leak_slow", *where])
    capsys.readouterr()
    assert main(["list", *where]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "shadow by an and bo" in lines["leak_slow"]
    assert "was proposed by an" in lines["toilet_runs:"]
    assert lines["welfare"].split() == ["welfare", "live"]


def test_what_was_proposed_can_be_taken_back(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--config", str(config)]
    assert main(["shadow", "leak_slow", *where]) == 0
    assert main(["withdraw", "leak_slow", *where]) == 0
    assert main(["approve", "leak_slow", *where]) == 1
    assert "nothing about it waits" in capsys.readouterr().err


def test_a_reset_is_one_persons_and_counts(config: Path) -> None:
    for _ in range(2):
        assert main(["reset", "leak_slow@u01", "--config", str(config)]) == 0
    acts = read_acts(acts_file(config.parent / "journal.db"))
    assert acts.agreed == {"leak_slow@u01": 2}
    assert [each.act for each in acts.acts] == ["reset", "reset"]


def test_an_edge_that_is_pushed_to_leaves_the_decision_to_its_gateway(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(EDGE + '[provisioning]\npublic_key_file = "gateway.pem"\n', "utf-8")
    assert main(["promote", "welfare-2", "--config", str(config)]) == 1
    assert "the gateway decides here" in capsys.readouterr().err
    assert main(["list", "--config", str(config)]) == 0
    assert "gateway has decided goes before" in capsys.readouterr().out


def test_settings_that_would_silence_an_emergency_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(EDGE.replace("welfare-2", "smoke_alarm"), "utf-8")
    assert main(["list", "--config", str(config)]) == 2
    assert "smoke_alarm: passes on an emergency" in capsys.readouterr().err
