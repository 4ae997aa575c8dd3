"""What a resident's text says of being away: just that, or nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.absence import DAYS_MAX, Away, Back, read
from alerts.reply_words import TOKENS

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("外出3天", date(2026, 11, 25)),
        ("我外出３天。", date(2026, 11, 25)),
        ("外出 两天", date(2026, 11, 24)),
        ("出门十五天", date(2026, 12, 7)),
        ("我要离家一周", date(2026, 11, 29)),
        ("外出两个星期", date(2026, 12, 6)),
        ("回老家30天", date(2026, 12, 22)),
        ("外出到12月5日", date(2026, 12, 5)),
        ("外出至12月5号", date(2026, 12, 5)),
        ("外出到1-3", date(2027, 1, 3)),
        ("外出到11月22日", date(2026, 11, 22)),
        ("away 3 days", date(2026, 11, 25)),
        ("Away until 12/5", date(2026, 12, 5)),
    ],
)
def test_an_absence_has_a_last_day(text: str, last: date) -> None:
    assert read(text, TODAY) == Away(last)


@pytest.mark.parametrize("text", ["回来了", "我回来了！", "已回家", "我已经到家了", "back"])
def test_a_return_is_understood(text: str) -> None:
    assert read(text, TODAY) == Back()


@pytest.mark.parametrize(
    "text",
    [
        "", "外出", "外出几天", "外出0天", "外出61天", "外出99天", "不外出3天", "外出3天吗",
        "外出3天?", "外出3天 1", "他外出3天", "外出到2月30日", "外出到3月5日", "外出到11月21日",
        "没回来", "还没回来", "回来了吗", "不回来了", "快回来了", "外出3年", "外出三十百天",
        "外出" * 60,
    ],
)  # fmt: skip
def test_what_is_not_just_that_is_nothing(text: str) -> None:
    assert read(text, TODAY) is None


def test_no_word_of_the_staff_is_an_absence() -> None:
    assert [token for token in TOKENS if read(token, TODAY) is not None] == []


@given(st.text(max_size=120))
def test_any_text_is_read_or_is_nothing(text: str) -> None:
    said = read(text, TODAY)
    assert not isinstance(said, Away) or 0 <= (said.last - TODAY).days <= DAYS_MAX


@given(st.integers(1, 60))
def test_every_number_of_days_is_read(days: int) -> None:
    assert read(f"外出{days}天", TODAY) == Away(TODAY + timedelta(days=days))
