"""Why a person was chosen, in one line of Chinese and one of English."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from alerts.assign import Choice, Rung
from edge.reading import MINUTE_NS

Lang = Literal["zh", "en"]
Both = tuple[str, str]
TOLD_MAX = 20
"""Choices whose reasons one line of a timeline keeps; of the others, the names."""

_RUNGS: Mapping[Rung, Both] = MappingProxyType(
    {
        Rung.ON_DUTY: ("在岗", "on duty"),
        Rung.BACKUP: ("后备在岗", "backup on duty"),
        Rung.ANYBODY: ("不论班次", "whatever their shift"),
    }
)
_LANGUAGES: Mapping[str, Both] = MappingProxyType(
    {
        "zh": ("普通话", "Mandarin"),
        "yue": ("粤语", "Cantonese"),
        "wuu": ("吴语", "Wu"),
        "nan": ("闽南语", "Min Nan"),
        "hak": ("客家话", "Hakka"),
        "en": ("英语", "English"),
    }
)
_SKILLS: Mapping[str, Both] = MappingProxyType(
    {
        "first_aid": ("急救", "first aid"),
        "nursing": ("护理", "nursing"),
        "lift": ("电梯", "lifts"),
        "keys": ("钥匙", "the keys"),
        "electric": ("电工", "electrics"),
        "plumbing": ("水工", "plumbing"),
    }
)
_HAS: Mapping[str, str] = MappingProxyType({"keys": "有"})
_JOINED: Mapping[Lang, tuple[str, str]] = MappingProxyType({"zh": ("：", "，"), "en": (": ", ", ")})


def explain(choice: Choice, at_ns: int) -> Both:
    """Why this person, in Chinese and in English."""
    parts = list(_parts(choice, at_ns))
    chinese, english = [zh for zh, _ in parts], [en for _, en in parts]
    return _line(choice, chinese, "zh"), _line(choice, english, "en")


def told(choices: Sequence[Choice], at_ns: int) -> list[dict[str, str]]:
    """The first few choices with their reasons, as a timeline keeps them."""
    return [
        {"person": choice.person.id, "zh": zh, "en": en}
        for choice in choices[:TOLD_MAX]
        for zh, en in [explain(choice, at_ns)]
    ]


def _line(choice: Choice, parts: list[str], lang: Lang) -> str:
    after_name, between = _JOINED[lang]
    return f"{choice.person.name}{after_name}{between.join(parts)}"


def _parts(choice: Choice, at_ns: int) -> Iterator[Both]:
    yield _RUNGS[choice.rung]
    if choice.distance_m is not None:
        yield f"距离 {choice.distance_m:.0f} m", f"{choice.distance_m:.0f} m away"
    if choice.load is not None:
        yield f"手上 {choice.load.open} 件", f"{choice.load.open} in hand"
    for skill in choice.skills:
        zh, en = _SKILLS.get(skill, (skill, skill))
        yield f"{_HAS.get(skill, '会')}{zh}", f"has {en}"
    for skill in choice.lacks:
        zh, en = _SKILLS.get(skill, (skill, skill))
        yield f"缺{zh}", f"lacks {en}"
    if choice.language is not None:
        zh, en = _LANGUAGES.get(choice.language, (choice.language, choice.language))
        yield (f"会{zh}", f"speaks {en}") if choice.speaks else (f"不会{zh}", f"no {en}")
    if choice.ends_ns is not None:
        left_min = max(0, choice.ends_ns - at_ns) // MINUTE_NS
        yield f"{left_min} 分钟后下班", f"off duty in {left_min} min"
    if choice.failing:
        yield "手机近来未送达", "phone not answering lately"
