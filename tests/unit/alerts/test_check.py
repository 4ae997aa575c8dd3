"""What a mass check asks, and what its answers say."""

import pytest

from alerts.check import CallState, answer, may_ask, question
from alerts.message import SMS_UNITS_MAX, Lang, units


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", CallState.SAFE),
        ("１", CallState.SAFE),
        ("一", CallState.SAFE),
        ("1 平安", CallState.SAFE),
        ("平安，谢谢", CallState.SAFE),
        ("我没事", CallState.SAFE),
        ("2", CallState.HELP),
        ("2需要帮助", CallState.HELP),
        ("需要帮助！", CallState.HELP),
        ("我摔倒了", CallState.HELP),
        ("不舒服", CallState.HELP),
        ("12", CallState.UNCLEAR),
        ("1 2", CallState.UNCLEAR),
        ("不平安", CallState.UNCLEAR),
        ("平安吗", CallState.UNCLEAR),
        ("1？", CallState.UNCLEAR),
        ("收到", CallState.UNCLEAR),
        ("你是谁", CallState.UNCLEAR),
        ("", CallState.UNCLEAR),
        ("1" * 300, CallState.UNCLEAR),
    ],
)
def test_an_answer_is_safe_or_help_or_somebody_has_to_look(text: str, said: CallState) -> None:
    assert answer(text) is said


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("text", ["", "今晨停水。", "很长" * 60, "点 http://evil.cn"])
def test_the_question_fits_one_text_message_and_says_how_to_answer(text: str, lang: Lang) -> None:
    asked = question(text, lang)
    assert units(asked) <= SMS_UNITS_MAX
    assert "1" in asked
    assert "http" not in asked


@pytest.mark.parametrize(
    ("hour", "quiet", "may"),
    [(20, (21, 8), True), (21, (21, 8), False), (3, (21, 8), False), (8, (21, 8), True),
     (12, (12, 14), False), (14, (12, 14), True), (5, (0, 0), True)],
)  # fmt: skip
def test_nobody_is_asked_in_quiet_hours(hour: int, quiet: tuple[int, int], may: bool) -> None:
    assert may_ask(hour, *quiet) is may
