"""No rounding hides that something was not quite all, or not quite nothing."""

import pytest

from alerts.performance import part_of
from gateway.console.phrase import litres, percent, plain, rate


@pytest.mark.parametrize(
    ("share", "decimals", "shown"),
    [
        (None, 0, "–"),
        (0.0, 0, "0%"),
        (0.004, 0, "<1%"),
        (0.006, 0, "1%"),
        (0.5, 0, "50%"),
        (0.994, 0, "99%"),
        (0.996, 0, ">99%"),
        (1.0, 0, "100%"),
        (0.0, 1, "0.0%"),
        (0.0004, 1, "<0.1%"),
        (0.9994, 1, "99.9%"),
        (0.9996, 1, ">99.9%"),
        (1.0, 1, "100.0%"),
    ],
)
def test_a_part_is_none_or_all_only_where_it_is_so(
    share: float | None, decimals: int, shown: str
) -> None:
    assert percent(share, decimals) == shown


@pytest.mark.parametrize(
    ("count", "of", "part"),
    [
        (0, 0, None),
        (0, 7, 0.0),
        (7, 7, 1.0),
        (1, 3, 0.3333),
        (99_999, 100_000, 0.9999),
        (9, 4, 2.25),
    ],
)
def test_a_report_calls_nearly_always_not_always(count: int, of: float, part: float | None) -> None:
    assert part_of(count, of) == part


def test_a_report_calls_one_in_a_million_not_never() -> None:
    assert part_of(1, 1_000_000) == 1e-06


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0, "0"),
        (0.004, "0.004"),
        (-0.04, "-0.04"),
        (0.06, "0.1"),
        (2.0, "2"),
        (1_234.5, "1,234.5"),
    ],
)
def test_a_small_number_is_not_shown_as_none(number: float, shown: str) -> None:
    assert plain(number) == shown


@pytest.mark.parametrize(
    ("volume_l", "shown"), [(0.0, "0"), (0.04, "<0.1"), (0.06, "0.1"), (9.94, "9.9"), (12.4, "12")]
)
def test_a_drop_of_water_is_water(volume_l: float, shown: str) -> None:
    assert litres(volume_l) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(None, "–"), (0.0, "0.000"), (0.0001, "<0.001"), (0.0123, "0.012")]
)
def test_seldom_is_not_never(count: float | None, shown: str) -> None:
    assert rate(count) == shown
