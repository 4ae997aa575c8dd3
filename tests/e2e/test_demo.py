import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.nats import program

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "simulators.cli", "demo", "--json"]
pytestmark = pytest.mark.skipif(program() is None, reason="nats-server is not installed")


def _summary(stdout: str) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(stdout.splitlines()[-1])
    return summary


@pytest.mark.slow
def test_the_demo_alerts_for_the_home_that_stops_and_never_for_the_silent_meter() -> None:
    done = subprocess.run(
        [*COMMAND, "--for", "45"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = _summary(done.stdout)
    assert summary["incidents"] >= 1
    assert "welfare" in summary["findings"][summary["stopped_home"]]
    assert summary["findings"][summary["silent_home"]] == ["device_silent"]
    assert summary["delivered"]["sms"] >= 1
    assert summary["delivered"]["webhook"] >= 1
    assert summary["acknowledged"] >= 1
    assert "031室" in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_an_interrupt_ends_the_demo_in_good_order_and_leaves_no_broker(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo = subprocess.Popen(
        [*COMMAND, "--dir", folder], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert demo.stdout is not None
    greeting = [demo.stdout.readline() for _ in range(5)]
    assert "Ctrl-C" in greeting[-1]
    demo.send_signal(signal.SIGINT)
    stdout, stderr = demo.communicate(timeout=60)
    assert (demo.returncode, stderr) == (0, "")
    assert _summary(stdout)["stopped_home"] == "home-031"
    assert (folder / "gateway.sqlite").exists()
    assert all((path.stat().st_mode & 0o077) == 0 for path in folder.glob("*.toml"))
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = subprocess.run(
        [*COMMAND, "--dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "not empty" in done.stderr
