"""What befalls a register in a story, and that the edge counts it as what it is."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from edge import wire
from edge.meter import Meter
from edge.reading import HOUR_NS, Kind, Quality, Reading
from edge.registry import Registry
from edge.remembered import Counts
from simulators.edits import mistake_unit, replace_meter, reset_meter, roll_over
from simulators.estate import home
from simulators.households import Sample, Series
from simulators.meters import hourly

START_NS = 1_767_225_600_000_000_000
HOURLY: Series = tuple(Sample(START_NS + h * HOUR_NS, 300_000 + 7 * h) for h in range(60))
MOMENT_NS = START_NS + 30 * HOUR_NS
HOME = home("home-031")
Edit = Callable[[Iterable[Sample], int], Iterator[Sample]]


def judged(samples: Iterable[Sample]) -> Meter:
    """The edge's meter, which heard the samples as the simulated one sends them."""
    registry = Registry.parse({
        "version": 1, "site": "s01",
        "unit": [{"code": "home-031", "building": "b01"}],
        "device": [{"id": "wm-031", "kind": "water", "unit": "home-031"}],
    }, Path("registry.toml"))  # fmt: skip
    meter = Meter(registry.bindings("wm-031")[0])
    for message in HOME.meter.messages(hourly(samples)):
        meter.observe(_read(message.payload))
    return meter


def _read(payload: bytes) -> Reading:
    said = msgspec.json.decode(payload, type=wire.Message)
    at_ns, boot = round(said.t * 1e9), said.boot
    assert isinstance(said.e[0].v, float)
    assert isinstance(boot, int)
    assert said.tsrc is not msgspec.UNSET
    return Reading(
        "wm-031", "home-031", Kind.WATER, "water.total", said.e[0].v, at_ns, at_ns, said.tsrc,
        Quality.GOOD, historical=False, seq=said.seq, boot=boot, resolution=0.001,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "counts", "kind"),
    [
        (replace_meter, Counts(breaks=1), "replaced"),
        (reset_meter, Counts(resets=1), "reset"),
        (roll_over, Counts(rollovers=1), "rollover"),
        (mistake_unit, Counts(unit_mistakes=6), None),
    ],
)
def test_the_edge_counts_what_befell_the_register_as_what_it_is(
    edit: Edit, counts: Counts, kind: str | None
) -> None:
    meter = judged(edit(HOURLY, MOMENT_NS))
    change = meter.change()
    assert meter.counts == counts
    assert (change.kind.value if change and change.kind else None) == kind


def test_a_reset_meter_says_that_it_restarted() -> None:
    restarts = [sample.restarts for sample in reset_meter(HOURLY, MOMENT_NS)]
    assert restarts == [0] * 30 + [1] * 30


@pytest.mark.parametrize("edit", [replace_meter, reset_meter, roll_over])
def test_the_use_within_a_register_stays_what_it_was(edit: Edit) -> None:
    litres = [sample.litres for sample in edit(HOURLY, MOMENT_NS)]
    steps = [after - before for before, after in pairwise(litres)]
    assert [step for step in steps if step >= 0] == [7] * 58


def test_a_register_that_rolls_over_is_full_just_before() -> None:
    litres = [sample.litres for sample in roll_over(HOURLY, MOMENT_NS)]
    assert litres[28:32] == [9_999_992, 9_999_999, 6, 13]
    assert [s.litres for s in roll_over(HOURLY[:1], MOMENT_NS)] == [9_999_999]
    assert list(roll_over((), MOMENT_NS)) == []


def test_a_unit_is_mistaken_for_six_hours() -> None:
    mistaken = [h for h, s in enumerate(mistake_unit(HOURLY, MOMENT_NS)) if s.litres > 1_000_000]
    assert mistaken == list(range(30, 36))
