import os
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


def test_a_slip_of_the_pen_is_told_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gatway"]) == 2
    assert "did you mean 'gateway'?" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["bench", "--help"], ["bench"]])
def test_a_group_shows_its_own_commands_alone(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked) == (0 if "--help" in asked else 2)
    shown = "".join(capsys.readouterr())
    assert "bench soak" in shown
    assert "gateway" not in shown


def test_whoever_stops_reading_our_output_gets_no_trace_back() -> None:
    script = "import sys, simulators.cli; sys.exit(simulators.cli.main(['--help']))"
    reader, writer = os.pipe()
    os.close(reader)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, stdout=writer, stderr=subprocess.PIPE,
        text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    "wrong",
    [
        ["demo", "--for", "-1"],
        ["demo", "--dir", "FILE"],
        ["demo", "--dir", "FILE/below"],
        ["decode", "--payload-file", "FILE/below"],
        ["decode", "--payload-file", "FILE", "--hex"],
        ["evaluate", "--readings", "FILE/below"],
        ["people", "FILE"],
        ["replay", "--report", "--cut-use", "home-031@2016-10-01T02:00"],
        ["replay", "--broker", "mqtt://h", "--registry-out", "FILE/below"],
        ["walkthrough", "FILE"],
    ],
    ids=" ".join,
)
def test_a_command_that_cannot_be_done_says_why_and_what_to_do(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("no reading", "utf-8")
    try:
        assert main([word.replace("FILE", str(file)) for word in wrong]) in {1, 2}
    except SystemExit as ended:  # argparse's own way out
        assert ended.code == 2  # noqa: PT017  (either way will do)
    said = capsys.readouterr().err
    assert "Errno" not in said
    assert ";" in said or "must be" in said, said


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
