"""The texts about plans, their clocks and working days: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

PLAN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "system.calendar": (
            "{year} 年的放假调休安排尚未更新，工作日按法定假日和周末推算",
            "The working days of {year} are not known yet and are assumed; update the calendar",
        ),
        "incident.plan": ("预案", "Plan"),
        "incident.plan_version": ("第 {version} 版", "version {version}"),
        "incident.plan_gone": ("当前预案表里没有「{plan}」", "The plans in force have no {plan}"),
        "incident.do": ("要做什么", "What to do"),
        "step.after": ("立案后 {after}", "{after} after opening"),
        "step.at_once": ("立即", "At once"),
        "step.done": ("已通知", "Done"),
        "step.next": ("下一步", "Next"),
        "step.repeat": ("之后每 {every}重复", "Then again every {every}"),
        "event.missed": ("超时未办", "Not done in time"),
        "purpose.overdue": ("超时督办", "Overdue"),
        "clock.answer": ("应答", "Answer"),
        "clock.arrive": ("到场", "Arrive"),
        "clock.close": ("结案", "Close"),
    }
)
