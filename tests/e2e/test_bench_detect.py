"""The benchmark of watching homes runs from beginning to end and prints what it promises."""

import json

import pytest

from bench import detect
from bench.half_space import half_space

PROMISED = {
    "homes", "sweep_s", "sweep_worst_s", "sweep_all_silent_s", "findings_all_silent",
    "readings_per_core_s", "judged_per_core_s", "bytes_per_home_registry",
    "bytes_per_home_fresh", "bytes_per_home_settled", "checkpoint_bytes_per_home",
}  # fmt: skip


@pytest.mark.slow
def test_a_short_run_prints_one_json_object_with_every_figure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert detect.main(["--json", "--homes", "600", "--settled-homes", "100"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert all(figures[name] > 0 for name in PROMISED)
    assert figures["findings_all_silent"] == 600


def test_a_comparator_that_is_not_installed_is_named_and_not_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bench.half_space.find_spec", lambda _: None)
    assert half_space(0) is None
    assert "not installed" in detect._told(None)


def test_a_site_without_homes_is_no_benchmark() -> None:
    with pytest.raises(SystemExit) as ended:
        detect.main(["--homes", "0"])
    assert ended.value.code == 2
