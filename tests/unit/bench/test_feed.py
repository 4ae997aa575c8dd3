"""The benchmark's feed is one that the edge takes whole, and that looks like an estate."""

import json
import tomllib
from itertools import pairwise
from pathlib import Path

from bench.feed import METERS, feed, mixed_feed, registry_text, still_feed
from edge.entry import Admitted
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, Finding
from edge.registry import Registry

NOW_NS = 1_790_000_000 * 1_000_000_000


def pipeline() -> Pipeline:
    return Pipeline(Registry.parse(tomllib.loads(registry_text()), Path("registry.toml")))


def test_every_reading_of_the_feed_is_admitted() -> None:
    edge = pipeline()
    admissions = [edge.gate.admit(*message, NOW_NS) for message in feed(3, 24, NOW_NS)]
    assert {admission.rejections for admission in admissions} == {()}
    assert sum(len(admission.readings) for admission in admissions) == 3 * 24 * METERS


def test_no_meter_of_the_feed_runs_backwards_or_jumps() -> None:
    edge = pipeline()
    for message in feed(3, 24, NOW_NS):
        admitted = edge.gate.admit(*message, NOW_NS).message
        assert admitted is not None
        edge.step(Admitted((admitted,)))
    counts = edge.counters()
    assert (counts["glitches"], counts["suspects"], counts["breaks"]) == (0, 0, 0)


def test_use_is_uneven_over_hours_and_homes() -> None:
    bodies = [json.loads(payload) for _, payload in feed(1, 24, NOW_NS)]
    days = [[record["v"] for record in body["e"]] for body in bodies]
    steps = [[b - a for a, b in pairwise(day)] for day in days]
    assert len({day[-1] - day[0] for day in days}) > METERS // 10
    assert all(len({round(step, 3) for step in day}) > 3 for day in steps)


def test_each_home_of_the_still_feed_completes_twelve_quiet_hours_with_its_last_message() -> None:
    edge = pipeline()
    found: list[Finding] = []
    for hour in still_feed(NOW_NS, 13):
        assert not found
        for message in hour[:5]:
            admitted = edge.gate.admit(*message, NOW_NS + HOUR_NS).message
            assert admitted is not None
            found += edge.step(Admitted((admitted,)))
    assert [finding.rule for finding in found] == ["welfare"] * 5


def test_the_mixed_feed_ends_the_quiet_hours_of_some_homes_among_the_messages_of_others() -> None:
    edge = pipeline()
    before, mixed = mixed_feed(NOW_NS, still=20, rounds=2)
    quiet = {topic for topic, _ in before}
    found: list[Finding] = []
    for message in before + mixed:
        admitted = edge.gate.admit(*message, NOW_NS).message
        assert admitted is not None
        found += edge.step(Admitted((admitted,)))
    assert len(mixed) == 2 * (METERS - 20) + 20
    assert {finding.subject.split("/")[2] for finding in found} == {
        topic.split("/")[4] for topic in quiet
    }
