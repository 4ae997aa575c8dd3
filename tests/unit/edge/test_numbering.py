"""Two devices behind one name, seen by the numbers of their messages."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.entry import Admitted, Link, Message
from edge.pipeline import Pipeline
from edge.reading import Finding, FindingState, Tier
from tests.unit.edge.worlds import at, litres, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "device_cloned"


def said(numbers: Iterable[tuple[int, int]], hour: float = 0, **how: Any) -> list[Finding]:
    """What a device says whose messages have these boots and numbers, one every six minutes."""
    pipeline = Pipeline(registry())
    found = list(pipeline.step(Link(up=True, at_ns=at(hour))))
    for place, (boot, seq) in enumerate(numbers):
        found += pipeline.step(Admitted((message(hour + place / 10, boot, seq, **how),)))
    assert pipeline.take_failures() == ()
    return [each for each in found if each.rule == RULE]


def message(hour: float, boot: int, seq: int, **how: Any) -> Message:
    each = litres(hour, 100 + hour, boot=boot, seq=seq, **how)
    return Message("wm-1", boot, seq, (boot + seq % 2**60).to_bytes(8, "big"), (each,))


def two(first: tuple[int, int], second: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Two devices that speak in turn."""
    return [(boot, seq + turn) for turn in range(count) for boot, seq in (first, second)]


@pytest.mark.parametrize("second", [(1, 10), (2, 900), (7, 5_000)])
def test_two_that_speak_in_turn_under_one_name_are_told(second: tuple[int, int]) -> None:
    (found,) = said(two((1, 5_000), second, 6))
    assert (found.tier, found.category) == (Tier.IMPORTANT, "security")
    assert (found.subject, found.state) == ("s01/b01/u01/wm-1", RAISED)


def test_when_one_of_them_is_gone_for_a_day_it_is_over() -> None:
    alone = [(1, 5_006 + turn) for turn in range(250)]
    found = said([*two((1, 5_000), (1, 10), 6), *alone])
    assert [each.state for each in found] == [RAISED, CLEARED]


@pytest.mark.parametrize(
    "numbers",
    [
        [(1, n) for n in range(100)],
        [(1, n) for n in range(0, 6_000, 60)],
        [(boot, n) for boot in range(20) for n in range(5)],
        [(1, 5_000 + n) for n in range(9)] + [(1, n) for n in range(9)],
        [(0, (n * 7_919_000_003) % 2**61) for n in range(200)],
    ],
    ids=["counts on", "leaves out", "starts anew", "forgets its number", "has no number"],
)
def test_one_device_is_not_two(numbers: list[tuple[int, int]]) -> None:
    assert said(numbers) == []


def test_a_backlog_between_what_is_new_is_no_other_device() -> None:
    pipeline = Pipeline(registry())
    found: list[Finding] = []
    for turn in range(20):
        old = message(1 + turn / 10, 1, 10 + turn, received_ns=at(30 + turn / 10))
        history = message(30 + turn / 10, 1, 2_000 + turn, historical=True)
        for each in (message(30 + turn / 10, 1, 5_000 + turn), old, history):
            found += pipeline.step(Admitted((each,)))
    assert [each for each in found if each.rule == RULE] == []


@given(st.lists(st.integers(0, 2**62), max_size=60, unique=True))
def test_names_without_order_are_never_two(numbers: list[int]) -> None:
    spread = [number * 65 % 2**63 for number in numbers]
    assert said([(0, number) for number in spread]) == []


def test_a_restart_in_between_changes_nothing() -> None:
    numbers = two((1, 5_000), (1, 10), 8)
    whole, first, second = Pipeline(registry()), Pipeline(registry()), Pipeline(registry())
    entries = [Admitted((message(n / 10, *each),)) for n, each in enumerate(numbers)]
    told = [found for entry in entries for found in whole.step(entry)]
    before = [found for entry in entries[:7] for found in first.step(entry)]
    second.restore(first.dump())
    assert before + [found for entry in entries[7:] for found in second.step(entry)] == told
    assert RULE in {each.rule for each in told}
