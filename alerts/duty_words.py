"""What is said about who has an incident: that somebody has it, and that it changes hands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from alerts.escalate import Purpose

Lang = Literal["zh", "en"]

DUTY_SMS: Mapping[tuple[Lang, Purpose], tuple[str, ...]] = MappingProxyType(
    {
        ("zh", Purpose.TAKEN): (
            "【已有人处理】{place}：{title}，由{owner}处理，您不必前往。编号{code}",
            "【已有人处理】{place}：{title}。编号{code}",
            "【已有人处理】{place} 编号{code}",
        ),
        ("en", Purpose.TAKEN): (
            "TAKEN {place}: {title}. {owner} has it; no need to go. {code}",
            "TAKEN {place}: {title}. {code}",
            "TAKEN {place} {code}",
        ),
        ("zh", Purpose.HAND_OVER): (
            "{tier}交接 {place}：{title}，{owner}下班，请接手。回{code}加1我去2已到",
            "{tier}交接 {place}：{title}，请接手。回{code}加1我去",
            "{tier}交接 {place} 回{code}加1",
        ),
        ("en", Purpose.HAND_OVER): (
            "{tier} HAND-OVER {place}: {title}. {owner} goes off. Reply {code} +1 go",
            "{tier} HAND-OVER {place}. Reply {code} +1 go",
            "HAND-OVER {place} Reply {code}+1",
        ),
        ("zh", Purpose.SHIFT_END): (
            "【交接中】{place}：{title}，您已到下班时间，接班人回复前仍由您负责。编号{code}",
            "【交接中】{place} 接班人回复前仍由您负责。编号{code}",
            "【交接中】{place} 编号{code}",
        ),
        ("en", Purpose.SHIFT_END): (
            "HANDING OVER {place}: {title}. Yours until the next answers. {code}",
            "HANDING OVER {place}. Yours until answered. {code}",
            "HANDING OVER {place} {code}",
        ),
    }
)
DUTY_HEADS: Mapping[tuple[Lang, Purpose], str] = MappingProxyType(
    {
        ("zh", Purpose.TAKEN): "已有人处理：{owner}，您不必前往\n",
        ("en", Purpose.TAKEN): "{owner} has it; no need to go\n",
        ("zh", Purpose.HAND_OVER): "{owner}下班，请接手并确认\n",
        ("en", Purpose.HAND_OVER): "{owner} goes off duty; please take it over and confirm\n",
        ("zh", Purpose.SHIFT_END): "正在交接，接班人回复前仍由您负责\n",
        ("en", Purpose.SHIFT_END): "Being handed over; yours until the next person answers\n",
    }
)
