"""Two hours of a small estate: the soak runs whole and prints what it promises."""

import json

import pytest

from bench import soak

GROWTH_OF_AN_HOUR_MAX = 0.25
PROMISED = {
    "hours", "flats", "messages", "rss_mb", "rss_slope_mb_per_h", "rss_growth", "journal_mb",
    "open_files_first", "open_files_last", "behind_s", "is_flat",
}  # fmt: skip


@pytest.mark.slow
def test_two_hours_of_a_hundred_flats_leave_memory_files_and_disk_bounded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    short = ["--hours", "2", "--flats", "100", "--speed", "600", "--fill-hours", "6"]
    soak.main(["--json", *short])  # its verdict is for whole days: an hour's slope is noise
    figures = json.loads(capsys.readouterr().out)
    assert figures.keys() >= PROMISED
    assert figures["messages"] > 2 * 100 * 5 * 0.9
    assert figures["journal_mb"] < soak.journal_mb_max(100)
    assert figures["rss_growth"] < GROWTH_OF_AN_HOUR_MAX
    assert figures["open_files_last"] <= figures["open_files_first"] + 2
