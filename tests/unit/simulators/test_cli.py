import subprocess
import sys
from pathlib import Path

import pytest

from simulators.cli import COMMANDS, main


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["bench"], ["bench", "dance"]])
def test_what_is_no_command_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "usage: shouwang" in capsys.readouterr().err


def test_a_replay_without_a_broker_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay"]) == 2
    assert "--broker" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (["--broker", "http://x"], "mqtt://"),
        (["--broker", "mqtt://h", "--speed", "-3"], "--speed"),
        (["--broker", "mqtt://h", "--speed", "nan"], "--speed"),
        (["--broker", "mqtt://h", "--warmup", "28"], "duration"),
        (["--broker", "mqtt://h", "--cut-use", "home-031"], "HOME@TIME"),
        (["--broker", "mqtt://h", "--cut-use", "home-777@2016-10-01"], "home-777"),
        (["--broker", "mqtt://h", "--homes", "home-777"], "home-777"),
        (["--broker", "mqtt://h", "--clock", "sundial"], "sundial"),
    ],
)
def test_a_wrong_replay_says_what_is_wrong(
    wrong: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", *wrong]) in {1, 2}
    assert named in capsys.readouterr().err


def test_the_command_line_itself_imports_neither_gateway_nor_edge() -> None:
    script = (
        "import sys, simulators.cli; simulators.cli.main(['--help']);"
        "sys.exit(any(name.split('.')[0] in {'edge', 'gateway', 'alerts'} for name in sys.modules))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
