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
        "nav.roster": ("值班", "Roster"),
        "system.unreached": (
            "{count} 人的手机收不到通知，请核实号码（见值班页）",
            "{count} people are not being reached; check their numbers (see Roster)",
        ),
        "system.uncovered": (
            "今后 90 天值班有 {count} 处缺人（见值班页）",
            "{count} gaps in the roster of the next 90 days (see Roster)",
        ),
        "roster.person": ("姓名", "Name"),
        "roster.duty": ("班次", "Duty"),
        "roster.load": ("手上", "In hand"),
        "roster.phone": ("手机", "Phone"),
        "roster.on": ("在岗", "on duty"),
        "roster.off": ("不在岗", "off duty"),
        "roster.until": ("至 {time}", "until {time}"),
        "roster.phone_fails": ("未送达", "not reached"),
        "roster.phone_ok": ("正常", "fine"),
        "roster.reset": ("已核实，重新启用", "Checked; use it again"),
        "roster.gaps": ("今后 90 天缺人", "Gaps in the next 90 days"),
        "roster.no_gaps": (
            "每处每类预案都有人在岗并有后备",
            "Somebody and a backup everywhere",
        ),
        "roster.not_checked": ("未知：没有登记册可核对", "Unknown: no registry to check against"),
        "roster.more_gaps": ("另有 {count} 处", "and {count} more"),
        "roster.leave": ("请假", "Leave"),
        "roster.first_day": ("第一天", "First day"),
        "roster.last_day": ("最后一天", "Last day"),
        "roster.put_leave": ("登记请假", "Enter leave"),
        "lack.unmanned": ("没有人担任", "nobody has the role"),
        "lack.off_duty": ("无人在岗，已找后备", "nobody on duty; others were told"),
        "lack.phones": ("在岗人员手机未送达，已加派", "phones not answering; more were told"),
    }
)
