"""What a person meant by a text message: a code and a word, in any order, or a digit.

Strict on purpose: every part of the text must be understood. A denial, a doubt, a second
code or a stray word makes the whole text a question to ask back, never a guess.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from alerts.code import LENGTHS, is_code
from alerts.incident import Act, Outcome
from alerts.reply_phrases import phrase
from alerts.reply_words import IMPLIED, TOKENS, WORDS, Sense

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


_SAYS: Mapping[Sense, Said] = MappingProxyType(
    {
        Sense.HEARD: Said(Act.ACKNOWLEDGE),
        Sense.GOING: Said(Act.ACKNOWLEDGE),
        Sense.ARRIVED: Said(Act.ARRIVE),
        Sense.FALSE_ALARM: Said(Act.RESOLVE, Outcome.FALSE_ALARM),
        Sense.DEVICE_FAULT: Said(Act.RESOLVE, Outcome.DEVICE_FAULT),
        Sense.FAMILY_CONFIRMED: Said(Act.RESOLVE, Outcome.FAMILY_CONFIRMED),
        Sense.DONE: Said(Act.RESOLVE),
        Sense.HELP: Said(Act.SUPPORT),
    }
)
DIGITS: Mapping[str, Sense] = MappingProxyType(
    {
        "1": Sense.GOING,
        "2": Sense.ARRIVED,
        "3": Sense.FALSE_ALARM,
        "4": Sense.DONE,
        "5": Sense.HELP,
    }
)
_NUMERALS = str.maketrans("〇零一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789")
_DIGIT_RUN = re.compile(r"[0-9]+|[〇零一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖]+")


def understand(text: str) -> Understood | NotUnderstood:
    """What `text` says; total over all texts."""
    plain = unicodedata.normalize("NFKC", text[: TEXT_MAX + 1]).casefold().replace("已经", "已")
    if len(text) > TEXT_MAX:
        return NotUnderstood(Puzzle.TOO_LONG)
    codes: set[str] = set()
    said: set[Sense] = set()
    position = 0
    while position < len(plain):
        if separates(plain[position]):
            position += 1
        elif found := phrase(plain, position):
            said.add(found[0])
            position = found[1]
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


def separates(char: str) -> bool:
    """Whether `char` stands between words and says nothing; a question mark does say something."""
    return char in "+=~" or (unicodedata.category(char)[0] in "PZCM" and char != "?")


def _token(plain: str, position: int) -> str | None:
    """The longest word there; a Latin one only if no letter or digit goes on with it."""
    return next((token for token in TOKENS if _stands(token, plain, position)), None)


def _stands(token: str, plain: str, position: int) -> bool:
    if not plain.startswith(token, position):
        return False
    after = plain[position + len(token) : position + len(token) + 1]
    return not (token.isascii() and after.isascii() and after.isalpha() and token[-1].isalpha())


def _read_digits(digits: str, codes: set[str], said: set[Sense]) -> Puzzle | None:
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


def _meaning(codes: set[str], said: set[Sense]) -> Understood | NotUnderstood:
    """The one thing that is left when what goes without saying is taken away."""
    told = said - frozenset[Sense]().union(*(IMPLIED[sense] for sense in said))
    if len(codes) > 1:
        return NotUnderstood(Puzzle.TWO_CODES)
    if len(told) > 1:
        return NotUnderstood(Puzzle.TWO_ACTS)
    if not told & _SAYS.keys():
        return NotUnderstood(Puzzle.NO_ACT if codes else Puzzle.EMPTY)
    return Understood(next(iter(codes), None), _SAYS[told.pop()])
