"""Texts out always fit; texts in never act on a guess."""

import random
import string

from hypothesis import given
from hypothesis import strategies as st

from alerts import message
from alerts.code import is_code, issue
from alerts.escalate import Purpose
from alerts.message import (
    PLACE_UNITS_MAX,
    SMS_UNITS_MAX,
    Card,
    Lang,
    full_text,
    plain,
    sms_text,
    units,
)
from alerts.outbox import DeliveryState, merge
from alerts.reply import NotUnderstood, Understood, understand
from edge.reading import Tier

_codes = st.integers(0, 2**31).map(lambda seed: issue(set(), random.Random(seed)))
_cards = st.builds(
    Card,
    purpose=st.sampled_from(sorted({purpose for _, purpose in message._SMS})),
    tier=st.sampled_from([Tier.URGENT, Tier.IMPORTANT, Tier.GENERAL]),
    place=st.text(min_size=1, max_size=60),
    title=st.text(min_size=1, max_size=40),
    short=st.text(min_size=1, max_size=40),
    action=st.text(min_size=1, max_size=500),
    sentence=st.text(max_size=500),
    at=st.just("14:05"),
    since=st.just("11-21 02:05"),
    late=st.booleans(),
    code=st.one_of(_codes, st.just("123456")),
    link=st.just("https://example.org/a/x"),
    drill=st.booleans(),
)
_langs: st.SearchStrategy[Lang] = st.sampled_from(["zh", "en"])


@given(_cards, _langs)
def test_a_text_message_is_one_line_of_seventy_units_with_place_and_code_whole(
    card: Card, lang: Lang
) -> None:
    text = sms_text(card, lang)
    assert units(text) <= SMS_UNITS_MAX
    assert card.code in text
    assert plain(card.place, PLACE_UNITS_MAX) in text
    assert text.startswith(("【演练】", "DRILL ")) == card.drill
    assert text.isprintable()


@given(_cards, _langs)
def test_a_full_text_has_only_the_lines_that_we_wrote(card: Card, lang: Lang) -> None:
    headed = card.purpose is not Purpose.ALERT
    assert full_text(card, lang).count("\n") == 4 + headed


@given(st.text())
def test_any_text_is_understood_or_not_and_never_breaks(text: str) -> None:
    assert isinstance(understand(text), Understood | NotUnderstood)


_noise = st.text(
    alphabet=string.digits + "一二三 ，。！?没不未收到已误报平安需要支援abc", max_size=24
)


@given(_noise, _codes, st.sampled_from(["收到", "1", "误报", "2"]))
def test_a_fuzzed_reply_never_names_a_code_that_is_not_whole_in_it(
    noise: str, code: str, word: str
) -> None:
    for text in (f"{noise}{code}{word}", f"{code}{word}{noise}", f"{code} {noise} {word}"):
        meaning = understand(text)
        if isinstance(meaning, Understood) and meaning.code is not None:
            digits = text.translate(str.maketrans("一二三", "123"))
            assert is_code(meaning.code)
            assert meaning.code in digits


@given(_codes, st.integers(0, 3), st.sampled_from(string.digits), st.sampled_from(["收到", "1"]))
def test_a_code_with_one_wrong_digit_acts_on_nothing(
    code: str, place: int, digit: str, word: str
) -> None:
    mistyped = code[:place] + digit + code[place + 1 :]
    meaning = understand(f"{mistyped} {word}")
    assert isinstance(meaning, Understood) == (mistyped == code)


_states = st.sampled_from(DeliveryState)


@given(_states, _states, _states)
def test_reports_merge_to_the_same_in_any_order_and_number(
    a: DeliveryState, b: DeliveryState, c: DeliveryState
) -> None:
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(merge(a, b), b) == merge(a, b)
