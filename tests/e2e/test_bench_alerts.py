"""A small alert benchmark beside a real Alertmanager: it runs whole and nothing of ours is lost."""

import json

import pytest

from bench import alerts
from tests.servers.process import program


@pytest.mark.slow
def test_findings_are_told_whatever_is_killed_and_alertmanager_is_measured_beside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program("prometheus-alertmanager")
    assert alerts.main(["--json", "--findings", "20", "--storm", "60"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["storm_accounted"] == figures["am_storm_accounted"] == 60
    assert figures["waiting_lost"] == 0
    assert figures["am_waiting_lost"] > 0, "the peer keeps what waits in memory only"
    assert figures["am_p50_ms"] > 0
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert figures["rss_mb"] > 0
