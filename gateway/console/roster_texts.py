"""The texts about who is on duty and who was chosen, in both languages: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ROSTER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "role.volunteer": ("志愿者", "Volunteer"),
        "event.hand_over": ("交接班：已请接班人接手", "Handing over: the next person was asked"),
        "event.hand_over_passed": (
            "接班人未回复，已转交并另找一人",
            "Not answered; passed on, another was asked",
        ),
        "event.hand_over_hole": (
            "交接班：无人可接手，仍由原负责人负责",
            "Nobody on duty to hand over to; the owner keeps it",
        ),
        "event.hand_over_kept": (
            "无更多人可接手，由最后一位负责",
            "Nobody else to ask; it stays with the last",
        ),
        "purpose.taken": ("已有人处理", "Taken"),
        "purpose.hand_over": ("交接", "Hand-over"),
        "purpose.shift_end": ("下班交接", "Going off duty"),
        "lack.unmanned": ("没有人担任", "nobody has the role"),
        "lack.off_duty": ("无人在岗，已找后备", "nobody on duty; others were told"),
        "lack.phones": ("在岗人员手机未送达，已加派", "phones not answering; more were told"),
    }
)
