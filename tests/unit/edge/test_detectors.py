"""The contract that every detector in the folder keeps, found unasked."""

from typing import Any

import pytest

from edge.completeness import Home
from edge.detectors.base import (
    Condition,
    Status,
    WarmingUp,
    device_detectors,
    hhmm,
    home_detectors,
)
from edge.presence import Presence
from edge.reading import Tier
from tests.unit.edge.worlds import at, litres, registry

HOMES = [d for kind in home_detectors() for d in kind.install(registry().unit("u01"))]
DEVICES = [
    d for kind in device_detectors() for d in kind.install(registry().bindings("wm-1")[0].device)
]
EVERY: list[Any] = [*HOMES, *DEVICES]


def fresh(detector: Any) -> Any:
    return Home(registry().bindings()) if detector.watches is Home else Presence()


def test_the_folder_is_searched() -> None:
    assert {detector.rule for detector in EVERY} >= {"welfare", "device_silent"}


@pytest.mark.parametrize("detector", EVERY, ids=lambda detector: detector.rule)
class TestEveryDetector:
    def test_it_names_itself(self, detector: Any) -> None:
        assert detector.rule
        assert detector.category
        assert detector.version >= 1
        assert detector.tier in Tier

    def test_it_warms_up_and_says_nothing_before_it_has_seen_anything(self, detector: Any) -> None:
        answer = detector.evaluate(fresh(detector), at(0))
        assert isinstance(answer, WarmingUp)
        assert answer.seen < answer.needed

    def test_it_is_not_due_before_it_has_seen_anything(self, detector: Any) -> None:
        assert detector.next_due(fresh(detector)) is None

    def test_asking_twice_gives_the_same_answer(self, detector: Any) -> None:
        state = fresh(detector)
        for hour in range(30):
            state = detector.observe(state, litres(hour, 100))
        assert detector.evaluate(state, at(30)) == detector.evaluate(state, at(30))

    def test_its_evidence_speaks_both_languages(self, detector: Any) -> None:
        state = fresh(detector)
        for hour in range(30):
            state = detector.observe(state, litres(hour, 100))
        for condition in (Condition.HOLDS, Condition.GONE):
            status = Status(condition, at(10), at(29), 0)
            evidence = detector.evidence(state, status, 8.0)
            assert evidence.sentence_zh
            assert evidence.sentence_en.isascii()
            assert "{" not in evidence.sentence_zh + evidence.sentence_en


def test_sentences_tell_local_time() -> None:
    assert hhmm(at(0.75), 8.0) == "08:45"
    assert hhmm(at(20), 8.0) == "04:00"
    assert hhmm(at(0), -3.5) == "20:30"
