"""A mass check: are you all right? 回复 1 平安 2 需要帮助. What is asked, and what an answer says.

Strict as replies are, and safe in its own way: what is not understood is no "all is well" but
a home to look after.
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from alerts.message import SMS_UNITS_MAX, Lang, plain, units
from alerts.reply import TEXT_MAX, separates
from alerts.reply_words import TOKENS, WORDS, Sense


class CallState(StrEnum):
    """Where the question to one home stands."""

    WAITING = "waiting"  # to be asked when hours and pace allow
    ASKED = "asked"
    SAFE = "safe"
    HELP = "help"
    UNCLEAR = "unclear"  # they answered, and nobody knows what
    SILENT = "silent"  # no answer in time


TO_VISIT = frozenset({CallState.HELP, CallState.UNCLEAR, CallState.SILENT})
"""Homes that somebody has to go to."""
OPEN_TO_ANSWERS = frozenset(CallState) - {CallState.WAITING, CallState.HELP}
"""An answer may still change these: late is better than never, and help beats all."""

_SAYS: Mapping[Sense, CallState] = MappingProxyType(
    {
        Sense.DONE: CallState.SAFE,
        Sense.HELP: CallState.HELP,
        Sense.TROUBLE: CallState.HELP,
    }
)
_DIGITS: Mapping[str, CallState] = MappingProxyType(
    {"1": CallState.SAFE, "一": CallState.SAFE, "2": CallState.HELP, "二": CallState.HELP}
)
_FORMS: Mapping[Lang, str] = MappingProxyType(
    {
        "zh": "【平安问候】{text}请回复1平安，2需要帮助",
        "en": "CHECK: {text} Reply 1 I am well, 2 I need help",
    }
)
_SPOKEN: Mapping[Lang, str] = MappingProxyType(
    {
        "zh": "您好，这里是社区守望，问您平安。{text}",
        "en": "Hello, this is the community watch asking whether you are well. {text}",
    }
)


def question(text: str, lang: Lang) -> str:
    """The message that asks, in one text message; `text` is cut to what room there is."""
    form = _FORMS[lang]
    room = SMS_UNITS_MAX - units(form.format(text=""))
    return form.format(text=plain(text, room))


def spoken(text: str, lang: Lang) -> str:
    """What a voice says before it names the keys."""
    return _SPOKEN[lang].format(text=plain(text, SMS_UNITS_MAX))


def answer(text: str) -> CallState:
    """What an answer says: SAFE, HELP, or UNCLEAR."""
    if len(text) > TEXT_MAX:
        return CallState.UNCLEAR
    left = unicodedata.normalize("NFKC", text).casefold()
    said: set[CallState] = set()
    while left:
        token = next((each for each in TOKENS if left.startswith(each)), None)
        if separates(left[0]):
            left = left[1:]
        elif token is not None:
            if token in WORDS:
                said.add(_SAYS.get(WORDS[token], CallState.UNCLEAR))
            left = left[len(token) :]
        elif left[0] in _DIGITS and not left[1:2].isdigit():
            said.add(_DIGITS[left[0]])
            left = left[1:]
        else:
            return CallState.UNCLEAR
    return said.pop() if len(said) == 1 else CallState.UNCLEAR


def may_ask(hour: int, quiet_from: int, quiet_to: int) -> bool:
    """Whether `hour` (0-23) lies outside the quiet hours, which may go over midnight."""
    if quiet_from <= quiet_to:
        return not quiet_from <= hour < quiet_to
    return quiet_to <= hour < quiet_from
