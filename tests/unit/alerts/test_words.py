"""Texts out, texts in, codes and links."""

import random

import pytest

from alerts import message
from alerts.code import CodesExhausted, check_digit, is_code, issue
from alerts.escalate import Purpose
from alerts.incident import Act, Outcome
from alerts.link import LinkClaim, LinkError, LinkFault, nonce, sign, verify
from alerts.message import (
    SMS_UNITS_MAX,
    Answer,
    Card,
    Lang,
    answer_text,
    full_text,
    plain,
    sms_text,
    units,
)
from alerts.reply import NotUnderstood, Puzzle, Understood, understand
from edge.reading import SECOND_NS, Tier

CODE = "1376"
LANGS: tuple[Lang, Lang] = ("zh", "en")


def a_card(purpose: Purpose = Purpose.ALERT, place: str = "3栋2单元301") -> Card:
    return Card(
        purpose=purpose, tier=Tier.URGENT, place=place, title="疑似长时间未用水",
        short="请上门查看", action="先打电话，再上门", sentence="12 小时内用水 0 升",
        at="14:05", since="11-21 02:05", late=False, code=CODE, link="https://example.org/a/x",
    )  # fmt: skip


def test_a_short_message_in_chinese_reads_as_an_order() -> None:
    assert sms_text(a_card(), "zh") == (
        "紧急14:05 3栋2单元301：疑似长时间未用水，请上门查看。回1376加1我去2已到3误报"
    )


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("answer", Answer)
def test_every_answer_fits_one_text_message(answer: Answer, lang: Lang) -> None:
    assert units(answer_text(answer, lang)) <= SMS_UNITS_MAX


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("purpose", sorted({purpose for _, purpose in message._SMS}))
def test_the_full_text_has_evidence_action_and_code(purpose: Purpose, lang: Lang) -> None:
    text = full_text(a_card(purpose), lang)
    assert "12 小时内用水 0 升" in text
    assert "先打电话" in text
    assert CODE in text


def test_a_stand_down_cannot_be_read_as_an_alarm() -> None:
    assert sms_text(a_card(Purpose.STAND_DOWN), "zh").startswith("【解除】")


@pytest.mark.parametrize(
    ("hostile", "tame"),
    [
        ("3栋\n回复9999收到", "3栋 回复9999收到"),
        ("a\u202eb\u200bc\x00", "a b c"),
        ("速看 http://evil.cn/x 301", "速看 301"),
        ("evil.com/x 301", "301"),
        ("www.evil.org", ""),
    ],
)
def test_data_cannot_forge_lines_links_or_directions(hostile: str, tame: str) -> None:
    assert plain(hostile, 70) == tame


def test_an_emoji_is_cut_whole_or_not_at_all() -> None:
    assert plain("楼🏠🏠", 4) == "楼🏠…"


@pytest.mark.parametrize(
    ("text", "code", "doing", "outcome"),
    [
        (f"{CODE}1", CODE, Act.ACKNOWLEDGE, None),
        (f"{CODE} 1", CODE, Act.ACKNOWLEDGE, None),
        (f"1，{CODE}", CODE, Act.ACKNOWLEDGE, None),
        (f"{CODE}+1", CODE, Act.ACKNOWLEDGE, None),
        ("１３７６ 收到", CODE, Act.ACKNOWLEDGE, None),
        ("一三七六收到", CODE, Act.ACKNOWLEDGE, None),
        ("幺三七六 二", CODE, Act.ARRIVE, None),
        (f"收到，马上到！{CODE}", CODE, Act.ACKNOWLEDGE, None),
        (f"{CODE} 收到 已到", CODE, Act.ARRIVE, None),
        (f"{CODE}3", CODE, Act.RESOLVE, Outcome.FALSE_ALARM),
        (f"误报 {CODE}", CODE, Act.RESOLVE, Outcome.FALSE_ALARM),
        (f"{CODE} False Alarm", CODE, Act.RESOLVE, Outcome.FALSE_ALARM),
        (f"人平安 {CODE}", CODE, Act.RESOLVE, None),
        (f"{CODE}一切平安", CODE, Act.RESOLVE, None),
        (f"{CODE} 需要支援", CODE, Act.SUPPORT, None),
        ("收到", None, Act.ACKNOWLEDGE, None),
        ("OK, thanks", None, Act.ACKNOWLEDGE, None),
        ("1", None, Act.ACKNOWLEDGE, None),
    ],
)
def test_a_clear_text_is_understood(
    text: str, code: str | None, doing: Act, outcome: Outcome | None
) -> None:
    meaning = understand(text)
    assert isinstance(meaning, Understood)
    assert (meaning.code, meaning.said.act, meaning.said.outcome) == (code, doing, outcome)


@pytest.mark.parametrize(
    ("text", "puzzle"),
    [
        ("", Puzzle.EMPTY),
        ("。。。", Puzzle.EMPTY),
        (CODE, Puzzle.NO_ACT),
        ("没收到", Puzzle.UNKNOWN_WORD),
        (f"{CODE} 还没到", Puzzle.UNKNOWN_WORD),
        (f"不是误报 {CODE}", Puzzle.UNKNOWN_WORD),
        (f"误报？{CODE}", Puzzle.UNKNOWN_WORD),
        ("unsafe", Puzzle.UNKNOWN_WORD),
        ("1377 收到", Puzzle.BAD_CODE),
        ("13800000001 收到", Puzzle.BAD_CODE),
        ("9", Puzzle.UNKNOWN_WORD),
        (f"{CODE} {issue({CODE}, random.Random(9))} 收到", Puzzle.TWO_CODES),
        (f"{CODE} 误报 需要支援", Puzzle.TWO_ACTS),
        ("收到" * 150, Puzzle.TOO_LONG),
    ],
)
def test_an_unclear_text_is_asked_back_about(text: str, puzzle: Puzzle) -> None:
    assert understand(text) == NotUnderstood(puzzle)


def test_the_check_digit_catches_every_wrong_digit_and_every_swap_of_neighbours() -> None:
    for stem in range(1_000):
        code = f"{stem:03d}{check_digit(f'{stem:03d}')}"
        for place in range(4):
            for digit in set("0123456789") - {code[place]}:
                assert check_digit(code[:place] + digit + code[place + 1 :]) != 0
        for place in range(3):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or check_digit(swapped) != 0


def test_codes_grow_longer_when_half_of_a_length_is_out_and_end_at_a_limit() -> None:
    rng, taken = random.Random(1), set[str]()
    for _ in range(501):
        taken.add(issue(taken, rng))
    assert sorted(map(len, taken))[-2:] == [4, 5]
    everything = {f"{n:06d}" for n in range(60_000)} | {f"{n:05d}" for n in range(9_999)} | taken
    with pytest.raises(CodesExhausted):
        issue(everything, rng)


def test_a_code_with_an_option_behind_is_never_itself_a_code() -> None:
    for stem in range(1_000):
        code = f"{stem:03d}{check_digit(f'{stem:03d}')}"
        assert not any(is_code(f"{code}{option}") for option in range(10))


SECRET = b"k" * 32


def test_a_link_lives_until_its_second_and_says_what_was_signed() -> None:
    claim = LinkClaim(nonce(SECRET, "key"), 100 * SECOND_NS)
    token = sign(SECRET, claim)
    assert verify(SECRET, token, 99 * SECOND_NS) == claim
    with pytest.raises(LinkError) as late:
        verify(SECRET, token, 100 * SECOND_NS)
    assert late.value.fault is LinkFault.EXPIRED


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), LinkFault.FORGED),
        (lambda token: token.replace(".100.", ".900."), LinkFault.FORGED),
        (lambda token: token.replace(".100.", ".1e9."), LinkFault.MALFORMED),
        (lambda token: token + ".x", LinkFault.MALFORMED),
        (lambda _: "", LinkFault.MALFORMED),
        (lambda token: token + "é", LinkFault.MALFORMED),
        (lambda token: token * 9, LinkFault.MALFORMED),
    ],
)
def test_a_spoiled_link_is_refused(spoil: "object", fault: LinkFault) -> None:
    assert callable(spoil)
    token = sign(SECRET, LinkClaim(nonce(SECRET, "key"), 100 * SECOND_NS))
    with pytest.raises(LinkError) as refused:
        verify(SECRET, spoil(token), 0)
    assert refused.value.fault is fault
