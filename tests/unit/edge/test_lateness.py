"""Devices whose messages come too late for what is promised of their homes."""

from typing import Any
from unittest.mock import patch

import pytest

from edge.entry import AdapterStatus
from edge.latenesses import Latenesses
from edge.reading import FindingState, Kind, Quality, Reading, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "device_late"
MIDNIGHT = 16
"""Local midnight, in hours after the start."""
SOS = {"id": "sos-1", "kind": "sos", "unit": "u01"}


def home(*, adapter: bool = False) -> Site:
    through: dict[str, str] = {"adapter": "gw-1"} if adapter else {}
    devices = (METER | through, SOS)
    return Site(registry((UNIT,), devices, ({"id": "gw-1"},) if adapter else ()))


def hourly(site: Site, days: range, late_h: dict[int, float], **changes: Any) -> None:
    """A register each hour; on some days those of the afternoon come up to so many late."""
    said: list[Reading] = []
    for hour in range(24 * days.start, 24 * days.stop):
        day, of_day = divmod(hour, 24)
        afternoon = 4 <= of_day < MIDNIGHT
        delay_h = late_h.get(day, 0.0) * (1 + of_day % 3) / 3 if afternoon else 0.0
        received_ns = at(hour + delay_h)
        own = {"received_ns": received_ns, **(changes if delay_h else {})}
        said.append(reading(hour, "water.total", 10 + hour / 100, **own))
    for each in sorted(said, key=lambda each: each.received_ns):
        site.hear(each)


def test_late_on_three_days_of_a_week_is_told_once() -> None:
    site = home()
    hourly(site, range(12), {4: 5.0, 6: 6.0, 8: 9.0})
    (found,) = [each for each in site.said if each.rule == RULE]
    assert (found.tier, found.category, found.state) == (Tier.GENERAL, "device", RAISED)
    assert found.subject == "s01/b01/u01/wm-1"
    assert found.evidence.seen["days"] == 3.0
    assert found.evidence.usual["allowed_min"] == 135.0
    assert 24 * 8 < (found.at_ns - at(0)) / 3.6e12 < 24 * 9


@pytest.mark.parametrize(
    "late_h",
    [
        pytest.param({4: 9.0, 5: 9.0}, id="two days are a bad week"),
        pytest.param({3: 9.0, 8: 9.0, 13: 9.0}, id="now and then"),
        pytest.param(dict.fromkeys(range(3, 14), 2.0), id="within two intervals"),
    ],
)
def test_less_is_not_told(late_h: dict[int, float]) -> None:
    site = home()
    hourly(site, range(16), late_h)
    assert site.story(RULE) == []


def test_a_backlog_from_before_the_edge_listened_is_not_looked_into() -> None:
    site = home()
    with patch.object(Latenesses, "hear", return_value=iter(())) as heard:
        for hour in range(-48, 0):
            site.hear(reading(hour, "water.total", 10 + hour / 100, received_ns=at(1)))
    assert not heard.called


@pytest.mark.parametrize("changes", [{"historical": True}, {"quality": Quality.SUSPECT}])
def test_history_and_doubted_times_are_not_late(changes: dict[str, Any]) -> None:
    site = home()
    hourly(site, range(12), dict.fromkeys(range(4, 10), 6.0), **changes)
    assert site.story(RULE) == []


def test_it_is_over_after_three_days_on_time_and_then_forgotten() -> None:
    site = home()
    hourly(site, range(30), dict.fromkeys(range(4, 8), 6.0))
    assert site.story(RULE) == [RAISED, CLEARED]
    assert site.pipeline.late_s(at(24 * 30)) == {}
    assert not site.pipeline._subjects.latenesses.by_name


def test_the_week_is_held_against_the_one_before() -> None:
    site = home()
    hourly(site, range(16), {5: 3.0, 13: 9.0})
    ((name, (late_s, before_s)),) = site.pipeline.late_s(at(24 * 15)).items()
    assert (name, late_s, before_s) == ("wm-1", 9 * 3_600.0, 3 * 3_600.0)


def test_what_an_adapter_kept_while_it_was_down_is_excused() -> None:
    site = home(adapter=True)
    site.said += site.pipeline.step(AdapterStatus("gw-1", up=True, boot=1, at_ns=at(0)))
    for day in range(2, 9):
        for hour in range(24 * day - 24, 24 * day - 8):
            site.hear(reading(hour, "water.total", 10 + hour / 100))
        down = AdapterStatus("gw-1", up=False, boot=day, at_ns=at(24 * day - 8))
        site.said += site.pipeline.step(down)
        back = 24 * day - 0.5
        site.said += site.pipeline.step(
            AdapterStatus("gw-1", up=True, boot=day + 1, at_ns=at(back))
        )
        for hour in range(24 * day - 8, 24 * day):
            kept = {"received_ns": at(max(hour, back))}
            site.hear(reading(hour, "water.total", 10 + hour / 100, **kept))
    assert site.story(RULE) == []


def test_a_call_for_help_is_late_after_a_quarter_of_an_hour() -> None:
    site = home()
    for day in range(3):
        pressed = {"device": "sos-1", "kind": Kind.SOS, "received_ns": at(24 * day + 0.3)}
        site.hear(reading(24 * day, "sos", "pressed", **pressed))
    (found,) = [each for each in site.said if each.rule == RULE]
    assert found.subject == "s01/b01/u01/sos-1"
    assert found.evidence.usual["allowed_min"] == 15.0


def test_a_restart_changes_nothing() -> None:
    site = home()
    hourly(site, range(8), {4: 5.0, 6: 6.0})
    blob = site.pipeline.dump()
    site.pipeline = home().pipeline
    site.pipeline.restore(blob)
    assert site.pipeline.dump() == blob
    hourly(site, range(8, 12), {8: 9.0})
    assert site.story(RULE) == [RAISED]
