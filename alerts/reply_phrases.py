"""Phrases that people put together: ten minutes and I am there; at the door now.

Each is a pattern over parts that deny and doubt nothing, so what it matches says one thing.
"""

import re

from alerts.reply_words import TOKENS, Sense

_WHO = "(?:我们?|本人|人)?"
_AT_ONCE = "(?:马上|立即|立刻|立马|现在|正在|正|这就|赶紧|赶快|尽快|先)"
_BY = "(?:上楼|上门|下楼|骑车|开车|步行|走路|跑步)?"
_MOVE = (
    "(?:出发|过去|过来|赶到|赶过去|赶过来|赶去|赶来|赶往|前往|上楼|上门|往那边走|往那边赶|去|来|到)"
)
_FOR = "(?:现场|楼下|一趟|处理|查看|核实|看看|看一下|看一眼|看)*"
_COUNT = "(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3}|半|几)"
_WITHIN = "(?:后|以后|之后|左右|内|以内|之内)*"
_SPOT = "(?:现场|楼下|楼上|门口|家门口|单元门口|小区|小区门口|老人家)"

_PHRASES = (
    (
        Sense.GOING,
        re.compile(
            f"{_WHO}(?:大概|大约|约|预计|还有|再有)*{_COUNT}个?(?:来|多)?(?:分钟|分|刻钟|小时|min)"
            f"{_WITHIN}(?:就|能|可)*(?:马上)?(?:到达|到场|到现场|到|赶到|过去|过来)"
        ),
    ),
    (Sense.GOING, re.compile(f"{_WHO}{_AT_ONCE}就?{_BY}{_MOVE}{_FOR}")),
    (Sense.GOING, re.compile(f"我们?(?:骑车|开车|步行|上楼)?(?:过去|上楼|上门){_FOR}")),
    (Sense.GOING, re.compile(f"(?:骑车|开车|步行|走路)(?:过去|前往|赶去){_FOR}")),
    (Sense.ARRIVED, re.compile(f"{_WHO}(?:已|刚|刚刚)?(?:到达|抵达|赶到|到){_SPOT}")),
)


def phrase(plain: str, position: int) -> tuple[Sense, int] | None:
    """What the phrase there says and where it ends; None where a listed word is as long."""
    found = [
        (match.end(), sense)
        for sense, pattern in _PHRASES
        if (match := pattern.match(plain, position))
    ]
    if not found:
        return None
    end, sense = max(found, key=lambda one: one[0])
    listed = max((len(t) for t in TOKENS if plain.startswith(t, position)), default=0)
    return (sense, end) if end - position > listed else None
