"""Many incidents in one message: how many of what, where, and how to take them all.

Each is counted once. A text message names as many groups as fit, the most urgent and largest
first, and says how many incidents there are in all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from alerts.message import SMS_UNITS_MAX, Lang, plain, units
from edge.reading import Tier

_PLACE_UNITS_MAX = 16
_LINES_MAX = 20


class News(IntEnum):
    """What a person is told of an incident; what asks something of them comes first."""

    ALARM = 0
    CALLED = 1  # somebody there wants them to come
    OFFERED = 2  # its owner's duty is over
    TAKEN = 3
    LEFT = 4  # their own duty is over
    OVER = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One incident of a bundle: what it is, where, within which larger place."""

    tier: Tier
    title: str
    place: str
    within: str
    news: News


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents of one kind: `place` is where the first of them is."""

    tier: Tier
    title: str
    place: str
    count: int
    news: News


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that a message about a bundle can say; `total` counts its incidents."""

    groups: tuple[Group, ...]
    total: int
    code: str


def grouped(entries: Iterable[Entry]) -> tuple[Group, ...]:
    """The entries by kind, the most urgent first, then the largest."""
    kinds: defaultdict[tuple[News, Tier, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        kinds[entry.news, entry.tier, entry.title].append(entry)
    groups = [
        Group(tier, title, found[0].place if len(found) == 1 else found[0].within, len(found), news)
        for (news, tier, title), found in kinds.items()
    ]
    return tuple(sorted(groups, key=lambda each: (each.news, each.tier, -each.count, each.title)))


_HEADS: Mapping[Lang, str] = MappingProxyType(
    {"zh": "【合并】共{total}件：", "en": "{total} in one: "}
)
_LINES: Mapping[tuple[Lang, News], str] = MappingProxyType(
    {
        ("zh", News.ALARM): "{place}{and_more}{count}处{title}",
        ("zh", News.CALLED): "{place}{and_more}{count}处{title}请到场支援",
        ("zh", News.OFFERED): "{place}{and_more}{count}处{title}请接手",
        ("zh", News.TAKEN): "{place}{and_more}{count}处{title}已有人处理",
        ("zh", News.LEFT): "{place}{and_more}{count}处{title}已交班",
        ("zh", News.OVER): "{place}{and_more}{count}处{title}已恢复",
        ("en", News.ALARM): "{count} {title} at {place}{and_more}",
        ("en", News.CALLED): "{count} {title} need you at {place}{and_more}",
        ("en", News.OFFERED): "{count} {title} to take over at {place}{and_more}",
        ("en", News.TAKEN): "{count} {title} taken by others at {place}{and_more}",
        ("en", News.LEFT): "{count} {title} handed over at {place}{and_more}",
        ("en", News.OVER): "{count} {title} over at {place}{and_more}",
    }
)
_MORE: Mapping[Lang, str] = MappingProxyType({"zh": "等", "en": " and more"})
_TAILS: Mapping[Lang, str] = MappingProxyType(
    {"zh": "。回{code}加1全部接单，逐件见值守台", "en": ". Reply {code} +1 takes all; see console"}
)
_BETWEEN: Mapping[Lang, str] = MappingProxyType({"zh": "；", "en": "; "})


def sms_bundle(bundle: Bundle, lang: Lang) -> str:
    """The bundle in at most 70 units, with its total and code whole."""
    for shown in range(len(bundle.groups), -1, -1):
        text = _short(bundle, shown, lang)
        if units(text) <= SMS_UNITS_MAX:
            return text
    return _short(bundle, 0, lang)


def full_bundle(bundle: Bundle, lang: Lang) -> str:
    """The bundle over several lines, without its link."""
    lines = [_line(group, lang) for group in bundle.groups[:_LINES_MAX]]
    head = _HEADS[lang].format(total=bundle.total).strip()
    tail = _TAILS[lang].format(code=bundle.code).lstrip("。. ")
    return "\n".join([head, *lines, tail])


def _short(bundle: Bundle, shown: int, lang: Lang) -> str:
    lines = [_line(group, lang) for group in bundle.groups[:shown]]
    more = _MORE[lang] if 0 < shown < len(bundle.groups) else ""
    head = _HEADS[lang].format(total=bundle.total)
    body = _BETWEEN[lang].join(lines) + more
    return (head + body if body else head.rstrip("：: ")) + _TAILS[lang].format(code=bundle.code)


def _line(group: Group, lang: Lang) -> str:
    return _LINES[lang, group.news].format(
        place=plain(group.place, _PLACE_UNITS_MAX),
        and_more=_MORE[lang] if group.count > 1 else "",
        count=group.count,
        title=plain(group.title, _PLACE_UNITS_MAX),
    )
