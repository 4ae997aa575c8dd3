"""A thousand fuzzed Chinese replies: none acts on another incident, and few are asked back.

The corpus is made by a grammar of our own: a code in five writings, a word or digit for the
act, polite padding and further sentences, in any order and punctuation. It shows that the
parts combine; how free speech fares, the hand-written lists of the unit tests say.
"""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.code import issue
from alerts.incident import Act, Outcome
from alerts.reply import Understood, understand

_ACTS: dict[tuple[Act, Outcome | None], tuple[str, ...]] = {
    (Act.ACKNOWLEDGE, None): (
        "1", "１", "一", "收到", "已收到", "收倒", "知道了", "我去", "马上过去", "十分钟后到",
        "5分钟到", "在路上了", "立即前往", "明白", "OK", "ｏｋ", "己收到", "这就去",
    ),
    (Act.ARRIVE, None): ("2", "２", "二", "已到", "到了", "已经到了", "已到现场", "以到"),
    (Act.RESOLVE, Outcome.FALSE_ALARM): ("3", "３", "三", "误报", "是误报", "误抱", "虚惊一场"),
    (Act.RESOLVE, None): ("4", "４", "四", "平安", "老人没事", "一切正常", "处理完了", "平按"),
    (Act.SUPPORT, None): ("5", "５", "五", "需要支援", "请派人来", "叫救护车", "求助", "支缘"),
}  # fmt: skip
_BEFORE = ("", "", "您好，", "主任好，", "好的，", "报告：", "收到。", "嗯嗯，")
_AFTER = ("", "", "。", "！", "，谢谢", "，请放心", "。辛苦了", "。有情况再报。", "🙏", "~")
_BETWEEN = ("", " ", "，", "+", "　", "：", "\n")
_DIGITS = {
    "half": "0123456789",
    "full": "０１２３４５６７８９",
    "han": "〇一二三四五六七八九",
    "spoken": "零幺两三四五六七八九",
    "formal": "零壹贰叁肆伍陆柒捌玖",
}

_codes = st.integers(0, 2**31).map(lambda seed: issue(set(), random.Random(seed)))
_doings = st.sampled_from(list(_ACTS))


def _glued(code: str, word: str, gap: str) -> str:
    """Two numbers in one kind of numeral need a gap, or they are one number."""
    if not gap and (word.isdigit() or word[0].isdigit() or word[0] in "一二三四五十"):
        gap = " "
    return gap.join((code, word))


@st.composite
def _replies(draw: st.DrawFn) -> tuple[str, str, tuple[Act, Outcome | None]]:
    """A meaningful reply, the code in it, and what it means."""
    code, doing = draw(_codes), draw(_doings)
    digits = _DIGITS[draw(st.sampled_from(sorted(_DIGITS)))]
    written = code.translate(str.maketrans(_DIGITS["half"], digits))
    word, gap = draw(st.sampled_from(_ACTS[doing])), draw(st.sampled_from(_BETWEEN))
    first, second = (written, word) if draw(st.booleans()) else (word, written)
    joined = _glued(first, second, gap or (" " if second == written and word[-1].isdigit() else ""))
    if second == written and word in "一二三四五１２３４５":
        joined = f"{word} {written}"
    before, after = draw(st.sampled_from(_BEFORE)), draw(st.sampled_from(_AFTER))
    return f"{before}{joined}{after}", code, doing


tally: Counter[str] = Counter()


@settings(max_examples=1_000)
@given(_replies())
def test_no_fuzzed_reply_acts_on_another_incident_or_in_another_way(
    reply: tuple[str, str, tuple[Act, Outcome | None]],
) -> None:
    text, code, doing = reply
    meaning = understand(text)
    tally["all"] += 1
    if isinstance(meaning, Understood):
        tally["understood"] += 1
        assert meaning.code == code
        assert (meaning.said.act, meaning.said.outcome) == doing


def test_of_the_fuzzed_replies_at_least_98_in_100_were_understood() -> None:
    test_no_fuzzed_reply_acts_on_another_incident_or_in_another_way()
    assert tally["understood"] >= 0.98 * tally["all"] > 0


@settings(max_examples=500)
@given(_replies(), st.integers(0, 3), st.sampled_from("0123456789"), _codes)
def test_a_reply_with_a_mistyped_or_a_second_code_acts_on_neither(
    reply: tuple[str, str, tuple[Act, Outcome | None]], place: int, digit: str, other: str
) -> None:
    text, code, _ = reply
    half = text.translate(str.maketrans("".join(_DIGITS.values()), _DIGITS["half"] * len(_DIGITS)))
    if half[half.find(code) + place] != digit and half.count(code) == 1:
        mistyped = half.replace(code, code[:place] + digit + code[place + 1 :])
        assert not isinstance(understand(mistyped), Understood)
    if other != code:
        assert not isinstance(understand(f"{text} {other}"), Understood)
