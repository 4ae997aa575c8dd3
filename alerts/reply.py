"""What a person meant by a text message: a code and a word, in any order, or a digit.

Strict on purpose: every part of the text must be understood. A denial, a second code or a
stray word makes the whole text a question to ask back, never a guess.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from alerts.code import LENGTHS, is_code
from alerts.incident import Act, Outcome

TEXT_MAX = 200
"""Characters; a longer text is not read."""


class Puzzle(StrEnum):
    """Why a text was not understood."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNKNOWN_WORD = "unknown_word"
    BAD_CODE = "bad_code"
    TWO_CODES = "two_codes"
    TWO_ACTS = "two_acts"
    NO_ACT = "no_act"


@dataclass(frozen=True, slots=True)
class Said:
    """What a word or digit stands for; `outcome` is proposed to whoever closes."""

    act: Act
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A text that can mean one thing only; without a code the incident is still open."""

    code: str | None
    said: Said


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A text to ask back about."""

    puzzle: Puzzle


_ACK = Said(Act.ACKNOWLEDGE)
_ARRIVE = Said(Act.ARRIVE)
_FALSE_ALARM = Said(Act.RESOLVE, Outcome.FALSE_ALARM)
_SAFE = Said(Act.RESOLVE)
_SUPPORT = Said(Act.SUPPORT)

DIGITS: Mapping[str, Said] = MappingProxyType(
    {"1": _ACK, "2": _ARRIVE, "3": _FALSE_ALARM, "4": _SAFE, "5": _SUPPORT}
)

_WORDS = {
    _ACK: "收到 已收到 知道了 知道 我去 我去看 马上去 马上到 在路上 ok ack yes",
    _ARRIVE: "已到 到了 已到达 到达 到场 已到场 我到了 here arrived",
    _FALSE_ALARM: "误报 虚惊 虚惊一场 false falsealarm",
    _SAFE: "平安 没事 人没事 一切平安 人平安 老人平安 老人没事 safe",
    _SUPPORT: "需要支援 支援 请求支援 求助 需要帮助 help",
}
WORDS: Mapping[str, Said] = MappingProxyType(
    {word: said for said, words in _WORDS.items() for word in words.split()}
)
_FILLERS = ("谢谢", "好的", "好", "您好", "你好", "了", "的", "哦", "please", "thanks", "alarm")
_TOKENS = tuple(sorted((*WORDS, *_FILLERS), key=len, reverse=True))
_NUMERALS = str.maketrans("〇零一幺二两三四五六七八九", "0011223456789")
_DIGIT_RUN = re.compile(r"[0-9]+|[〇零一幺二两三四五六七八九]+")


def understand(text: str) -> Understood | NotUnderstood:
    """What `text` says; total over all texts."""
    plain = unicodedata.normalize("NFKC", text[: TEXT_MAX + 1]).casefold()
    if len(text) > TEXT_MAX:
        return NotUnderstood(Puzzle.TOO_LONG)
    codes: set[str] = set()
    said: set[Said] = set()
    position = 0
    while position < len(plain):
        if _separates(plain[position]):
            position += 1
        elif token := _token(plain, position):
            said |= {WORDS[token]} if token in WORDS else set()
            position += len(token)
        elif run := _DIGIT_RUN.match(plain, position):
            if (problem := _read_digits(run[0].translate(_NUMERALS), codes, said)) is not None:
                return NotUnderstood(problem)
            position = run.end()
        else:
            return NotUnderstood(Puzzle.UNKNOWN_WORD)
    return _meaning(codes, said)


def _separates(char: str) -> bool:
    return char in "+=~" or (unicodedata.category(char)[0] in "PZC" and char != "?")


def _token(plain: str, position: int) -> str | None:
    return next((token for token in _TOKENS if plain.startswith(token, position)), None)


def _read_digits(digits: str, codes: set[str], said: set[Said]) -> Puzzle | None:
    """Add what a run of digits says: an option, a code, or a code with its option behind."""
    if len(digits) == 1:
        option = DIGITS.get(digits)
        said |= {option} if option else set()
        return None if option else Puzzle.UNKNOWN_WORD
    if is_code(digits):
        codes.add(digits)
        return None
    if len(digits) - 1 in LENGTHS and is_code(digits[:-1]) and digits[-1] in DIGITS:
        codes.add(digits[:-1])
        said.add(DIGITS[digits[-1]])
        return None
    return Puzzle.BAD_CODE


def _meaning(codes: set[str], said: set[Said]) -> Understood | NotUnderstood:
    acts = said - {_ACK} or said  # to have arrived says that the message was received
    if len(codes) > 1:
        return NotUnderstood(Puzzle.TWO_CODES)
    if len(acts) > 1:
        return NotUnderstood(Puzzle.TWO_ACTS)
    if not acts:
        return NotUnderstood(Puzzle.NO_ACT if codes else Puzzle.EMPTY)
    return Understood(next(iter(codes), None), next(iter(acts)))
