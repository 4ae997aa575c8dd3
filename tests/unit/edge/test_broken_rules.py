"""A rule that breaks is counted and passed over; its neighbours, and the edge, go on."""

import pytest

from edge import compiled
from edge.detectors.device_silent import DeviceSilent
from edge.detectors.welfare import Welfare
from edge.entry import Admitted, Link, Message, Tick
from edge.meter import Meter
from edge.pipeline import Pipeline
from edge.reading import Finding, FindingState
from tests.unit.edge.worlds import at, litres, registry


def feed(pipeline: Pipeline, hours: range) -> list[Finding]:
    """The same register every hour; what was found."""
    found: list[Finding] = []
    for hour in hours:
        digest = hour.to_bytes(8, "big")
        message = Message("wm-1", 0, hour, digest, (litres(hour, 100),))
        found += pipeline.step(Admitted((message,)))
    return found


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline(registry())
    pipeline.step(Link(up=True, at_ns=at(0)))
    return pipeline


def test_a_rule_that_breaks_on_readings_leaves_the_rule_about_silence_at_work(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Welfare, "evaluate", lambda *_: 1 // 0)
    assert feed(pipeline, range(20)) == []
    assert [found.rule for found in pipeline.step(Tick(at(40)))] == ["device_silent"]
    asked_from_h = 12  # before a whole window was seen, the rule rests
    assert pipeline.counters()["rules_broken"] == 20 - asked_from_h
    failure = pipeline.take_failures()[0]
    assert (failure.rule, failure.subject) == ("welfare", "u01")
    assert "ZeroDivisionError" in failure.trace
    assert pipeline.take_failures() == ()


def test_a_moment_without_memory_is_no_fault_of_a_rule_and_ends_the_edge(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Welfare, "rest", without_memory)
    with pytest.raises(MemoryError):
        feed(pipeline, range(1))
    assert pipeline.take_failures() == ()


@pytest.mark.skipif(compiled.check(), reason="a compiled meter cannot be replaced by a broken one")
def test_a_meter_that_breaks_the_edge_is_counted_and_its_device_still_heard(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Meter, "take", lambda *_: 1 // 0)
    assert feed(pipeline, range(5)) == []
    assert {failure.rule for failure in pipeline.take_failures()} == {"meter"}
    assert pipeline.step(Tick(at(4.5))) == ()


def test_a_rule_that_breaks_by_the_clock_leaves_the_rule_about_readings_at_work(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeviceSilent, "evaluate", lambda *_: 1 // 0)
    monkeypatch.setattr(DeviceSilent, "next_due", lambda *_: 1 // 0)
    assert [found.rule for found in feed(pipeline, range(14))] == ["welfare"]
    assert pipeline.step(Tick(at(40))) == ()
    assert pipeline.due_ns() is None


def test_an_alert_whose_words_break_is_raised_by_the_next_reading_once_they_are_mended(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Welfare, "evidence", lambda *_: 1 // 0)
        assert feed(pipeline, range(14)) == []
    (found,) = feed(pipeline, range(14, 15))
    assert (found.rule, found.state, found.revision) == ("welfare", FindingState.RAISED, 0)


def test_a_clock_that_was_put_back_does_not_hide_the_silence_that_follows(
    pipeline: Pipeline,
) -> None:
    feed(pipeline, range(100, 105))
    pipeline.step(Link(up=True, at_ns=at(20)))
    (found,) = pipeline.step(Tick(at(24)))
    assert (found.rule, found.since_ns) == ("device_silent", at(20))
