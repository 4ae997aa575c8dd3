"""The benchmark runs from beginning to end and prints what it promises."""

import json

import pytest

from bench import ingest

PROMISED = {
    "messages_per_s", "readings_per_s", "batch_readings_per_s", "reference_messages_per_s",
    "ratio", "rss_mb", "bytes_written_per_reading", "bytes_written_per_reading_trickle",
    "p50_ms", "p99_ms", "mixed_p50_ms", "mixed_p99_ms",
}  # fmt: skip


@pytest.mark.slow
def test_a_short_run_prints_one_json_object_with_every_figure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ingest.main(["--json", "--messages", "3000", "--trickle-s", "3"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures.keys() >= PROMISED
    assert figures.pop("compiled") in {0.0, 1.0}
    assert all(value > 0 for value in figures.values())
