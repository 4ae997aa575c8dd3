from pathlib import Path

import pytest

from edge.agent import EdgeSettings, read_registry
from edge.clock import parse
from gateway.settings import load_gateway
from simulators import people, walkthrough
from simulators.walkthrough import HOMES, prepare
from tests.servers.process import program

GUIDE = Path(__file__).parents[3] / "docs/walkthrough.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    program("mosquitto_passwd")
    return tmp_path / "walk"


def test_the_files_are_what_the_edge_and_the_gateway_read(folder: Path) -> None:
    prepare(folder, speed=60, any_ports=True)
    edge = EdgeSettings.read(folder / "edge.toml")
    gateway = load_gateway(folder / "gateway.toml")
    assert edge.influx == gateway.settings.history.influx is not None
    assert [unit.code for unit in gateway.registry.units()] == list(HOMES)
    assert read_registry(edge).site == gateway.settings.site
    assert parse((folder / "clock").read_text("ascii")).speed == 60


def test_no_password_is_readable_by_others_or_left_unhashed(folder: Path) -> None:
    prepare(folder, speed=60, any_ports=True)
    password = (folder / "broker.password").read_text("utf-8")
    holders = [path for path in folder.iterdir() if password in path.read_text("utf-8")]
    assert sorted(path.name for path in holders) == ["broker.password", "edge.toml", "gateway.toml"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in holders)


def test_the_guide_has_every_command_with_all_its_options(folder: Path) -> None:
    said = GUIDE.read_text("utf-8")
    commands = prepare(folder, speed=60, any_ports=True)
    options = {"--retry", "--retry-connrefused", "--retry-delay"}  # where nobody is waiting
    for name, (command, *rest) in commands.items():
        assert f"{Path(command).name} " in said, name
        written = {part for part in rest if part.startswith("--") or "home-" in part} - options
        assert {part for part in written if part not in said} == set(), name


def test_a_folder_in_use_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    assert walkthrough.main([str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_people_without_a_walkthrough_say_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert people.main([str(tmp_path)]) == 2
    assert "clock" in capsys.readouterr().err
