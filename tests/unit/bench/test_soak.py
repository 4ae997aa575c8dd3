"""What counts as flat, and what the estate of the soak sends."""

import json
import tomllib
from pathlib import Path

import pytest

from bench.edge_process import Usage
from bench.estate_load import Estate, minutes, registry_text
from bench.soak import Figures, Sample, figures_of, journal_mb_max
from edge.entry import Admitted
from edge.pipeline import Pipeline
from edge.registry import Registry

NOW_NS = 1_790_000_000 * 1_000_000_000


def judged(rss_mb: list[float], *, journal_mb: float = 3.0, files: int = 12) -> Figures:
    samples = [
        Sample(hour, Usage(rss, journal_mb, files if hour > 22 else 12))
        for hour, rss in enumerate(rss_mb)
    ]
    return figures_of(samples, hours=24.0, flats=1, messages=1, behind_s=0.0, wall_s=1.0)


def test_memory_that_fills_and_then_stands_is_flat() -> None:
    filling = [100.0 - 50 * 0.5**hour for hour in range(25)]
    assert judged(filling).is_flat


@pytest.mark.parametrize(
    "figures",
    [
        judged([100.0 + hour for hour in range(25)]),
        judged([100.0] * 25, journal_mb=journal_mb_max(1) + 1),
        judged([100.0] * 25, files=40),
    ],
    ids=["memory", "disk", "files"],
)
def test_what_grows_is_not_flat(figures: Figures) -> None:
    assert not figures.is_flat


def test_every_reading_of_the_estate_is_admitted() -> None:
    registry = Registry.parse(tomllib.loads(registry_text(60)), Path("registry.toml"))
    pipeline, estate, kinds = Pipeline(registry), Estate(60), set[str]()
    for number, end_ns in minutes(NOW_NS, 2):
        for topic, payload in estate.minute(number, end_ns):
            admitted = pipeline.gate.admit(topic, payload, end_ns).message
            assert admitted is not None
            pipeline.step(Admitted((admitted,)))
            kinds.add(json.loads(payload)["e"][0]["n"])
    assert kinds == {"water.total", "elec.total", "door.contact"}
