"""The report on the rules, as API, page and command show it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.incident import Act, FalseReason, Outcome
from edge.reading import DAY_NS
from gateway.access.role import Role
from gateway.closing import cli
from tests.unit.gateway.desk_world import World, ask, make_world
from tests.unit.gateway.test_closing import do

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    for unit, outcome in (("u0301", Outcome.REAL), ("u0502", Outcome.DRILL)):
        do(world, world.raise_finding(unit), Act.CLOSE, outcome=outcome)
    for hours in (12.0, 13.0):
        false = world.raise_finding("u1201", hours=hours)
        told = {"outcome": Outcome.FALSE_ALARM, "reason": FalseReason.AWAY}
        do(world, false, Act.CLOSE, **told)
    world.raise_finding("u0001")
    yield world
    world.desk.db.dispose()


def test_the_api_tells_precision_and_rates(world: World) -> None:
    told = ask(world, "GET", "/api/v1/performance?days=30").json()
    (rule,) = told["rules"]
    assert (rule["rule"], rule["cases"], rule["labelled"], rule["true"]) == ("welfare", 4, 3, 1)
    assert rule["reasons"] == {"away": 2}
    assert (told["homes"], told["workers"], told["whole"]) == (4, 1, True)
    assert told["bad_actors"] == [
        {"rule": "welfare", "subject": "s01/b05/u1201", "cases": 2, "false": 2}
    ]


def test_what_is_older_than_asked_for_is_left_out(world: World) -> None:
    world.clock.now += 8 * DAY_NS
    assert ask(world, "GET", "/api/v1/performance?days=7").json()["rules"] == []
    assert ask(world, "GET", "/api/v1/performance?days=30").json()["bad_actors"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_the_rules_to_readers(world: World, lang: str) -> None:
    page = ask(world, "GET", f"/rules?lang={lang}", Role.VIEWER)
    assert page.status_code == 200
    assert "33%" in page.text
    assert ask(world, "GET", "/rules", Role.INSTALLER).status_code == 403


def test_the_command_prints_json_for_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in CONFIG.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "webhook.secret").write_text(f"whsec_{b64encode(b'k' * 32).decode()}")
    config = tmp_path / "gateway.toml"
    lines = config.read_text("utf-8").splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("url = ")))
    assert cli.main(["--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out)["rules"] == []
    assert cli.main(["--config", str(config)]) == 0
    assert cli.main(["--config", str(tmp_path / "none.toml")]) == 2
