"""What people are told, in Chinese and in English.

A text message is one part of 70 UTF-16 units and holds place, reason, action and code; when
it does not fit, it is shortened by rule, and place and code are never cut. Labels and
sentences are data: they are stripped of all that could forge a line, a link or an order.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from alerts.duty_words import DUTY_HEADS, DUTY_SMS
from alerts.escalate import Purpose
from alerts.naming import LINK
from alerts.plan import ClockKind
from edge.reading import Tier

SMS_UNITS_MAX = 70
PLACE_UNITS_MAX = 44

Lang = Literal["zh", "en"]


class Answer(StrEnum):
    """Why a person's text changed nothing."""

    NOT_UNDERSTOOD = "not_understood"
    WHICH = "which"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Card:
    """All that a message about an incident can say.

    `short` is the action in few words, for text messages; `at`, the local time of day at
    which the incident was opened, tells a text that was held up; `since` is the local date
    and time at which the condition began; `late` says that the data behind it came late; `drill`
    that nothing has happened; `owner` is who has it.
    """

    purpose: Purpose
    tier: Tier
    place: str
    title: str
    short: str
    action: str
    sentence: str
    at: str
    since: str
    late: bool
    code: str
    link: str
    drill: bool = False
    owner: str = ""


_TIERS: Mapping[tuple[Lang, Tier], str] = MappingProxyType(
    {
        ("zh", Tier.URGENT): "紧急",
        ("zh", Tier.IMPORTANT): "重要",
        ("zh", Tier.GENERAL): "一般",
        ("zh", Tier.INFO): "信息",
        ("en", Tier.URGENT): "URGENT",
        ("en", Tier.IMPORTANT): "IMPORTANT",
        ("en", Tier.GENERAL): "Notice",
        ("en", Tier.INFO): "Info",
    }
)
_LATE: Mapping[Lang, str] = MappingProxyType({"zh": "迟到", "en": "LATE"})

# From the fullest wording to the barest; the first that fits is sent. Only the parts that
# may be cut are left out on the way down.
_SMS: Mapping[tuple[Lang, Purpose], tuple[str, ...]] = MappingProxyType(
    {
        **DUTY_SMS,
        ("zh", Purpose.ALERT): (
            "{tier}{late}{at} {place}：{title}，{short}。回{code}加1我去2已到3误报",
            "{tier}{late}{at} {place}：{title}，{short}。回{code}加1我去3误报",
            "{tier}{late}{place}：{title}，{short}。回{code}加1我去",
            "{tier}{place}：{title}。回{code}加1我去",
            "{tier}{place} 回{code}加1",
        ),
        ("en", Purpose.ALERT): (
            "{tier} {late}{at} {place}: {title}. {short}. Reply {code} +1 go 2 there 3 false",
            "{tier} {late}{place}: {title}. {short}. Reply {code} +1 go",
            "{tier} {late}{place}: {title}. Reply {code} +1 go",
            "{tier} {place}: {title}. Reply {code}+1",
            "{tier} {place} Reply {code}+1",
        ),
        ("zh", Purpose.SUPPORT): (
            "{tier}支援 {place}：{title}，现场请求支援。回{code}加1我去2已到",
            "{tier}支援 {place} 回{code}加1我去",
        ),
        ("en", Purpose.SUPPORT): (
            "{tier} HELP ASKED {place}: {title}. Reply {code} +1 go",
            "HELP {place} Reply {code}+1",
        ),
        ("zh", Purpose.REWORK): (
            "【退回】{place}：{title}核查未通过，请再处理。回{code}加2已到4平安",
            "【退回】{place} 核查未通过。回{code}加2已到",
            "【退回】{place} 编号{code}",
        ),
        ("en", Purpose.REWORK): (
            "SENT BACK {place}: {title} did not pass. Reply {code} +2 there",
            "SENT BACK {place} {code}",
        ),
        ("zh", Purpose.CALL): (
            "{tier}吹哨{at} {place}：{title}，请报到。回{code}加1报到2已到",
            "{tier}吹哨 {place}：{title}。回{code}加1报到",
            "{tier}吹哨 {place} 回{code}加1",
        ),
        ("en", Purpose.CALL): (
            "{tier} CALLED IN {at} {place}: {title}. Reply {code} +1 come 2 there",
            "CALLED IN {place}: {title}. Reply {code}+1",
            "CALLED IN {place} {code}+1",
        ),
        ("zh", Purpose.BELATED): (
            "{tier}迟到{at} {place}：{title}，{short}；现已恢复，请核实。回{code}加1我去",
            "{tier}迟到{at} {place}：{title}，现已恢复。回{code}加1我去",
            "{tier}迟到 {place} 已恢复。回{code}加1",
        ),
        ("en", Purpose.BELATED): (
            "{tier} LATE {at} {place}: {title}, over by now; check. Reply {code} +1 go",
            "LATE {at} {place}: {title}, over by now. Reply {code}+1",
            "LATE {place} over. Reply {code}+1",
        ),
        ("zh", Purpose.OVERDUE): (
            "{tier}超时{at} {place}：{title}，{short}，请督办。回{code}加1我去2已到",
            "{tier}超时 {place}：{title}，{short}。回{code}加1我去",
            "{tier}超时 {place}：{short}。回{code}加1",
        ),
        ("en", Purpose.OVERDUE): (
            "{tier} OVERDUE {at} {place}: {title}, {short}. Reply {code} +1 go",
            "OVERDUE {place}: {short}. Reply {code}+1",
            "OVERDUE {place} {code}+1",
        ),
        ("zh", Purpose.STAND_DOWN): (
            "【解除】{place}：{title}已恢复，可不必赶往，请在值守台结案。编号{code}",
            "【解除】{place} 编号{code}",
        ),
        ("en", Purpose.STAND_DOWN): (
            "STAND DOWN {place}: {title} is over. Please close {code}",
            "STAND DOWN {place} {code}",
        ),
    }
)

_ANSWERS: Mapping[tuple[Lang, Answer], str] = MappingProxyType(
    {
        ("zh", Answer.NOT_UNDERSTOOD): "没看懂您的回复，未作处理。请回短信里的编号"
        "再加数字：1我去 2已到 3误报 4平安 5支援",
        ("en", Answer.NOT_UNDERSTOOD): "Not understood, not done. Reply code +1 go 2 there 3 false",
        ("zh", Answer.WHICH): "不清楚您指哪一件，未作处理。请回短信里的编号再加数字，如1我去 2已到",
        ("en", Answer.WHICH): "Which one? Nothing was done. Reply its code, then the digit",
        ("zh", Answer.OVER): "您回复的这件事已办结或不能再这样处理，未作改动。",
        ("en", Answer.OVER): "That one is over or cannot change so; nothing was done.",
    }
)

_MISSED: Mapping[tuple[Lang, ClockKind], str] = MappingProxyType(
    {
        ("zh", ClockKind.ANSWER): "无人应答",
        ("zh", ClockKind.ARRIVE): "逾时未到场",
        ("zh", ClockKind.CLOSE): "逾期未结案",
        ("en", ClockKind.ANSWER): "nobody answers",
        ("en", ClockKind.ARRIVE): "nobody there yet",
        ("en", ClockKind.CLOSE): "not closed yet",
    }
)

_FULL: Mapping[Lang, str] = MappingProxyType(
    {
        "zh": "{tier}{late} {place}：{title}\n起始：{since}\n依据：{sentence}\n"
        "请：{action}\n编号：{code}",
        "en": "{tier} {late}{place}: {title}\nSince: {since}\nEvidence: {sentence}\n"
        "Please: {action}\nCode: {code}",
    }
)
_HEADS: Mapping[tuple[Lang, Purpose], str] = MappingProxyType(
    {
        ("zh", Purpose.BELATED): "迟到的通知：情况已经恢复，请核实\n",
        ("en", Purpose.BELATED): "This comes late: it is over by now; please check\n",
        **DUTY_HEADS,
        ("zh", Purpose.SUPPORT): "现场请求支援\n",
        ("en", Purpose.SUPPORT): "Help was asked for on site\n",
        ("zh", Purpose.REWORK): "核查未通过，请再处理\n",
        ("en", Purpose.REWORK): "Verification was not passed; please handle it again\n",
        ("zh", Purpose.CALL): "吹哨：请报到并到场\n",
        ("en", Purpose.CALL): "You are called in; please answer and come\n",
        ("zh", Purpose.OVERDUE): "下级超时未办，请督办\n",
        ("en", Purpose.OVERDUE): "Overdue below you; please see to it\n",
        ("zh", Purpose.STAND_DOWN): "情况已恢复，可不必赶往，请在值守台结案\n",
        ("en", Purpose.STAND_DOWN): "The condition is over; stand down and close it\n",
    }
)


def units(text: str) -> int:
    """The length that a text message counts: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str, units_max: int) -> str:
    """`text` as one line of visible characters without links, cut to `units_max` with a …."""
    flat = "".join(
        " " if unicodedata.category(char)[0] in "ZC" else char
        for char in unicodedata.normalize("NFC", text)
    )
    return _cut(" ".join(LINK.sub("", flat).split()), units_max)


def sms_text(card: Card, lang: Lang) -> str:
    """`card` in at most 70 units, with its place and code whole."""
    words = _words(card, lang)
    forms = _SMS[lang, card.purpose]
    if card.drill and lang == "en":
        forms = tuple(form.replace("{tier} ", "") for form in forms)  # the mark stands there
    variants = [mark(card.drill, lang) + form.format_map(words) for form in forms]
    return next((text for text in variants if units(text) <= SMS_UNITS_MAX), variants[-1])


def full_text(card: Card, lang: Lang) -> str:
    """All of `card` but the link, over several lines."""
    head = mark(card.drill, lang) + _HEADS.get((lang, card.purpose), "")
    return (head + _FULL[lang]).format_map(_words(card, lang))


def mark(drill: bool, lang: Lang) -> str:
    """What every message of a drill begins with; nothing for an alarm."""
    return ({"zh": "【演练】", "en": "DRILL "})[lang] if drill else ""


def missed_words(kind: ClockKind, lang: Lang) -> str:
    """What has not been done in time, in few words."""
    return _MISSED[lang, kind]


def answer_text(answer: Answer, lang: Lang) -> str:
    """What goes back to a person whose text changed nothing; fits one text message."""
    return _ANSWERS[lang, answer]


def _words(card: Card, lang: Lang) -> dict[str, str]:
    late = _LATE[lang] if card.late else ""
    return {
        "tier": _TIERS[lang, card.tier],
        "late": f"{late} " if late and lang == "en" else late,
        "at": card.at,
        "since": card.since,
        "place": plain(card.place, PLACE_UNITS_MAX),
        "title": plain(card.title, 24),
        "short": plain(card.short, 16),
        "action": plain(card.action, 400),
        "sentence": plain(card.sentence, 400),
        "code": card.code,
        "owner": plain(card.owner, 16),
    }


def _cut(text: str, units_max: int) -> str:
    if units(text) <= units_max:
        return text
    while units(text) > units_max - 1:
        text = text[:-1]
    return f"{text}…"
