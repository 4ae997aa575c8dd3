"""A visit list from the water of months: empty and overcrowded homes, and nobody else."""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.history import HistoryUnavailable
from edge.reading import DAY_NS, HOUR_NS, Kind, Quality, Reading, TimeSource
from edge.registry import Registry
from gateway.occupancy import command
from gateway.occupancy.plausible import Reason, visits
from gateway.occupancy.totals import away, totals

NOW_NS = 1_767_225_600_000_000_000
CONFIG = Path(__file__).parents[3] / "config"
USUAL: dict[str, list[float | None]] = {f"u{n}": [4_000.0 + n, 4_200.0] for n in range(6)}


def listed(changes: dict[str, list[float | None]], **how: Any) -> dict[str, Reason]:
    told = visits(USUAL | changes, how.get("away", frozenset()), how.get("limit", 20))
    return {each.unit: each.reason for each in told.visits}


class TestTheList:
    def test_usual_homes_are_on_no_list(self) -> None:
        assert listed({}) == {}

    def test_nearly_no_water_for_months_is_an_empty_home(self) -> None:
        assert listed({"u9": [0.0, 299.0]}) == {"u9": Reason.VACANT}

    def test_one_month_away_is_a_holiday(self) -> None:
        assert listed({"u9": [0.0, 3_000.0]}) == {}

    def test_whoever_said_so_is_not_visited(self) -> None:
        assert listed({"u9": [0.0, 0.0]}, away=frozenset({"u9"})) == {}

    def test_far_more_than_the_others_in_every_month_is_a_crowd(self) -> None:
        assert listed({"u9": [26_000.0, 40_000.0]}) == {"u9": Reason.CROWDED}
        assert listed({"u9": [26_000.0, 9_000.0]}) == {}
        assert listed({"u9": [24_000.0, 24_000.0]}) == {}

    def test_among_fewer_than_five_homes_nobody_is_compared(self) -> None:
        told = visits({"a": [90_000.0, 90_000.0], "b": [4_000.0, 4_000.0]}, frozenset(), 20)
        assert told.visits == ()

    def test_what_is_not_known_is_counted_and_not_listed(self) -> None:
        told = visits(USUAL | {"u9": [0.0, None]}, frozenset(), 20)
        assert (told.visits, told.known, told.unknown) == ((), 6, 1)

    def test_the_list_is_no_longer_than_asked_for(self) -> None:
        empty: dict[str, list[float | None]] = {f"e{n}": [0.0, 0.0] for n in range(9)}
        assert len(listed(empty, limit=3)) == 3


def book(**device: Any) -> Registry:
    units = [{"code": "u01", "building": "b01"}]
    meter = {"id": "wm-1", "kind": "water", "unit": "u01"} | device
    table = {"version": 1, "site": "s01", "unit": units, "device": [meter]}
    return Registry.parse(table, Path("registry.toml"))


class Stored:
    """A history of one register, by the day before now."""

    def __init__(self, registers_l: dict[float, float]) -> None:
        self._at = {NOW_NS - int(ago * DAY_NS): each for ago, each in registers_l.items()}

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        assert devices == ["wm-1"]
        assert limit <= 100_000
        return [
            Reading(
                "wm-1", "u01", Kind.WATER, "water.total", litres / 1_000, at_ns, at_ns,
                TimeSource.METER, Quality.GOOD, historical=False, seq=0, boot=0, resolution=0.001,
            )
            for at_ns, litres in sorted(self._at.items())
            if start_ns <= at_ns < end_ns
        ]  # fmt: skip

    def missing(self) -> list[Any]:
        return []


def daily(*registers_l: float) -> Stored:
    """A register of every hour of the two days before 60, 30 and 0 days ago."""
    ends = zip((60.0, 30.0, 0.0), registers_l, strict=False)
    return Stored({end + hour / 24: each for end, each in ends for hour in range(1, 49)})


class TestTotals:
    def test_the_register_at_both_ends_tells_what_was_drawn(self) -> None:
        assert totals(book(), daily(1_000, 5_000, 9_500), NOW_NS, 2) == {"u01": [4_500, 4_000]}

    def test_without_an_end_nobody_knows(self) -> None:
        stored = Stored({each / 24: 9_500.0 for each in range(1, 40)})
        assert totals(book(), stored, NOW_NS, 2) == {"u01": [None, None]}

    def test_a_meter_that_was_hung_meanwhile_says_nothing_of_the_home(self) -> None:
        hung = datetime.fromtimestamp((NOW_NS - 40 * DAY_NS) / 1e9, UTC)
        assert totals(book(**{"from": hung}), daily(0, 0, 9), NOW_NS, 2) == {"u01": [None, None]}

    def test_a_register_that_went_back_is_unknown(self) -> None:
        assert totals(book(), daily(9_000, 100, 200), NOW_NS, 2)["u01"][1] is None

    def test_those_who_are_away_said_so_for_some_of_that_time(self) -> None:
        units = [
            {"code": code, "building": "b01", "away": [{"from": _day(start), "to": _day(end)}]}
            for code, start, end in (("u01", 50, 10), ("u02", 90, 80))
        ]
        table = {"version": 1, "site": "s01", "unit": units}
        registry = Registry.parse(table, Path("registry.toml"))
        assert away(registry, NOW_NS, 2) == {"u01"}


def _day(ago: float) -> datetime:
    return datetime.fromtimestamp((NOW_NS - int(ago * 24 * HOUR_NS)) / 1e9, UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for file in CONFIG.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "broker.password").write_text("secret")
    (tmp_path / "webhook.secret").write_text(f"whsec_{b64encode(b'k' * 32).decode()}")
    path = tmp_path / "gateway.toml"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("url = ")))
    return path


def run(monkeypatch: pytest.MonkeyPatch, config: Path, stored: Any, *words: str) -> int:
    monkeypatch.setattr(command, "make_history", lambda _: stored)
    return command.main([*words, "--config", str(config)])


def test_the_command_prints_json_for_a_program_and_text_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    assert run(monkeypatch, config, _Empty(), "--json") == 0
    assert json.loads(capsys.readouterr().out)["visits"] == []
    assert run(monkeypatch, config, _Empty()) == 0
    assert "overcrowding is not looked for" in capsys.readouterr().out


def test_a_store_that_does_not_answer_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    assert run(monkeypatch, config, _Gone()) == 1
    assert "cannot be read" in capsys.readouterr().err


class _Empty:
    def readings(self, *_: Any) -> list[Reading]:
        return []


class _Gone:
    def readings(self, *_: Any) -> list[Reading]:
        raise HistoryUnavailable("no answer")
