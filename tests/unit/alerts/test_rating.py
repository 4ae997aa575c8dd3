"""Ratings by text message, and the three rates."""

from typing import Any

import pytest
from msgspec import structs

from alerts.check import CallState, answer
from alerts.incident import State
from alerts.message import SMS_UNITS_MAX, Lang, units
from alerts.rates import Handled, rates
from alerts.rating import Grade, Rating, question, rating
from alerts.reply import NotUnderstood, understand

CODE = "1376"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("13767", Rating(CODE, Grade.SATISFIED)),
        ("１３７６ ８", Rating(CODE, Grade.FAIR)),
        ("1376不满意", Rating(CODE, Grade.UNSATISFIED)),
        ("基本满意 1376", Rating(CODE, Grade.FAIR)),
        ("非常满意，谢谢！", Rating(None, Grade.SATISFIED)),
        ("9", Rating(None, Grade.UNSATISFIED)),
        ("很不满意", Rating(None, Grade.UNSATISFIED)),
    ],
)
def test_a_rating_is_read(text: str, said: Rating) -> None:
    assert rating(text) == said


@pytest.mark.parametrize(
    "text", ["", "1", "13761", "1377满意", "满意吗", "满意不满意", "不", "7 8", "收到", "满" * 300]
)
def test_what_is_no_rating_is_left_alone(text: str) -> None:
    assert rating(text) is None


@pytest.mark.parametrize("text", ["7", "8", "9", f"{CODE}7", "满意", "不满意"])
def test_a_rating_is_neither_a_reply_to_an_alarm_nor_an_answer_to_a_check(text: str) -> None:
    assert isinstance(understand(text), NotUnderstood)
    assert answer(text) is CallState.UNCLEAR


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_question_fits_one_text_message_and_tells_nothing(lang: Lang) -> None:
    asked = question("123456", lang)
    assert units(asked) <= SMS_UNITS_MAX
    assert not any(word in asked for word in ("水", "老人", "栋", "water"))


def a_case(**changes: Any) -> Handled:
    case = Handled("s01/b01/u0101", "2026-01", State.CLOSED, 50, 100, (Grade.SATISFIED,))
    return structs.replace(case, **changes)


def test_the_rates_are_told_with_what_they_are_counted_from() -> None:
    late = a_case(acked_ns=101, grades=(Grade.UNSATISFIED, Grade.FAIR))
    waiting = a_case(state=State.DISPATCHED, acked_ns=None, grades=())
    (told,) = rates([a_case(), late, waiting])
    assert (told.area, told.month, told.cases) == ("s01/b01", "2026-01", 3)
    assert (told.response, told.resolution) == (0.3333, 0.6667)
    assert (told.satisfied, told.rated, told.satisfaction) == (2, 3, 0.6667)


def test_months_and_areas_are_apart_and_the_latest_month_comes_first() -> None:
    other = a_case(subject="s01/b02/u0201")
    february = a_case(month="2026-02")
    told = [(each.month, each.area) for each in rates([other, a_case(), february])]
    assert told == [("2026-02", "s01/b01"), ("2026-01", "s01/b01"), ("2026-01", "s01/b02")]


def test_what_nobody_was_told_of_counts_nowhere_and_no_rating_is_no_rate() -> None:
    (told,) = rates([a_case(grades=()), a_case(state=State.WITHDRAWN), a_case(state=State.MERGED)])
    assert (told.cases, told.satisfaction) == (1, None)
