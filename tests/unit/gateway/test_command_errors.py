"""Commands beside the gateway, where its file, its database or what is asked is of no use."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import app, cover_command, drill_command
from gateway.access import cli as user
from gateway.campaign import cli as campaign
from gateway.closing import cli as report
from gateway.db.engine import connect, upgrade
from gateway.export import cli as export
from gateway.occupancy import command as occupancy
from gateway.registry import cli as registry

Main = Callable[[Sequence[str]], int]
SHIPPED = Path(__file__).parents[3] / "config"
URL = 'url = "sqlite:///../var/gateway/gateway.db"'
COMMANDS: dict[str, tuple[Main, list[str]]] = {
    "user list": (user.main, ["list"]),
    "campaign show": (campaign.main, ["show"]),
    "drill": (drill_command.main, ["--report"]),
    "report": (report.main, []),
    "export": (export.main, []),
    "registry show": (registry.main, ["show"]),
    "plans check": (cover_command.main, []),
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped files, and a gateway.toml whose database is not one."""
    for name in ("gateway", "registry", "plans", "roster", "places"):
        shutil.copy(SHIPPED / f"{name}.toml", tmp_path)
    (tmp_path / "broker.password").write_text("secret", "ascii")
    (tmp_path / "webhook.secret").write_text("whsec_" + "QUJD" * 11 + "\n", "ascii")
    (tmp_path / "junk.db").write_text("this is no database " * 9, "ascii")
    file = tmp_path / "gateway.toml"
    text = file.read_text("utf-8").replace("\n#[provisioning]", "\n[provisioning]")
    text = text.replace('\n#key_file = "../var/gateway/', '\nkey_file = "')
    assert URL in text
    file.write_text(text.replace(URL, 'url = "sqlite:///junk.db"'), "utf-8")
    return file


@pytest.mark.parametrize("name", COMMANDS)
def test_a_database_that_is_none_is_named_with_what_to_check(
    name: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, asked = COMMANDS[name]
    assert main([*asked, "--config", str(config)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{config}: database.url: ")
    assert "not a database" in said
    assert "check url" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_a_file_that_is_not_there_ends_it_with_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, asked = COMMANDS[name]
    assert main([*asked, "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml: (file): No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("main", "asked", "told"),
    [
        (report.main, ["--days", "0"], "no whole number from 1 to 366"),
        (occupancy.main, ["--months", "13"], "no whole number from 2 to 12"),
        (user.main, ["add", "x", "--role", "king"], "none of admin, operator, viewer, installer"),
        (registry.main, ["label", "rope", "x"], "none of water, elec"),
        (export.main, ["--since", "yesterday"], "write 2026-01-31"),
        (export.main, ["--format", "pdf"], "none of json, csv, cap"),
    ],
)
def test_a_wrong_option_is_told_what_it_may_be(
    main: Main, asked: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(asked)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("main", "asked"),
    [
        (campaign.main, ["begin", "s09/b01"]),
        (drill_command.main, ["--category", "gas", "--area", "s09"]),
    ],
)
def test_nothing_is_begun_at_another_site(
    main: Main, asked: list[str], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text("utf-8").replace("junk.db", "gateway.db"), "utf-8")
    assert main([*asked, "--config", str(config)]) == 1
    assert "is not in site s01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("category", "plan"),
    [("gas", "the plan gas\n"), ("gaz", "the plan urgent, which holds for any category\n")],
)
def test_a_drill_names_its_plan_so_that_a_slip_in_its_category_shows(
    category: str, plan: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text("utf-8").replace("junk.db", "gateway.db"), "utf-8")
    asked = ["--category", category, "--area", "s01/b01", "--tier", "1"]
    assert drill_command.main([*asked, "--config", str(config)]) == 0
    assert capsys.readouterr().out.endswith(plan)


@pytest.mark.parametrize("main", [app.main, user.main])
def test_an_older_release_leaves_a_newer_database_alone_and_says_so(
    main: Main, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config.parent / "newer.db"
    config.write_text(config.read_text("utf-8").replace("junk.db", "newer.db"), "utf-8")
    database = connect(f"sqlite:///{file}")
    upgrade(database)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'r9999'"))
    asked = ["list"] if main is user.main else []
    assert main([*asked, "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{file}: schema: a newer release has worked on this database")
    with database.begin() as connection:
        kept = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    database.dispose()
    assert kept == "r9999"
