"""What a resident thought of the service: 满意, 基本满意, 不满意, by text message or by link.

The question says nothing of what happened or where, so it reveals nothing when it is read by
somebody else.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from alerts.code import is_code
from alerts.message import Lang
from alerts.reply import TEXT_MAX, separates

COMMENT_MAX = 200


class Grade(StrEnum):
    """How satisfied somebody was."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    UNSATISFIED = "unsatisfied"


class Rating(NamedTuple):
    """A grade, and the code that it was sent with, if any."""

    code: str | None
    grade: Grade


DIGITS: Mapping[str, Grade] = MappingProxyType(
    {"7": Grade.SATISFIED, "8": Grade.FAIR, "9": Grade.UNSATISFIED}
)
"""No digit of a reply to an alarm or to a mass check."""
_WORDS: Mapping[str, Grade] = MappingProxyType(
    dict.fromkeys(("满意", "很满意", "非常满意", "十分满意", "good"), Grade.SATISFIED)
    | dict.fromkeys(("基本满意", "比较满意", "一般", "还行", "fair"), Grade.FAIR)
    | dict.fromkeys(("不满意", "很不满意", "不太满意", "bad"), Grade.UNSATISFIED)
)
_GRADE = "|".join(sorted([*DIGITS, *_WORDS], key=len, reverse=True))
_POLITE = "(?:谢谢|辛苦了|辛苦|您好|你好|对服务|服务|了)*"
_FORMS = (
    re.compile(f"{_POLITE}(?P<code>[0-9]{{4,6}})?(?P<grade>{_GRADE}){_POLITE}"),
    re.compile(f"{_POLITE}(?P<grade>{_GRADE})(?P<code>[0-9]{{4,6}})?{_POLITE}"),
)
_ASKS: Mapping[Lang, str] = MappingProxyType(
    {
        "zh": "【服务评价】请评价社区本次服务：回{code}加7满意8基本满意9不满意",
        "en": "Please rate our service: reply {code} +7 good 8 fair 9 bad",
    }
)
_ASKS_BY_LINK: Mapping[Lang, str] = MappingProxyType(
    {"zh": "【服务评价】请评价社区本次服务", "en": "Please rate our service"}
)


def question(code: str, lang: Lang) -> str:
    """The text message that asks; fits one."""
    return _ASKS[lang].format(code=code)


def invitation(lang: Lang) -> str:
    """What stands above the link on a channel that carries links."""
    return _ASKS_BY_LINK[lang]


def rating(text: str) -> Rating | None:
    """What `text` says, if it is a rating and nothing else."""
    if len(text) > TEXT_MAX:
        return None
    plain = unicodedata.normalize("NFKC", text).casefold()
    bare = "".join(char for char in plain if not separates(char))
    for form in _FORMS:
        found = form.fullmatch(bare)
        if found and (found["code"] is None or is_code(found["code"])):
            word = found["grade"]
            return Rating(found["code"], DIGITS.get(word) or _WORDS[word])
    return None
