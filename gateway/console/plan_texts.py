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
        "missed.whose": ("应由 {people}", "due from {people}"),
        "missed.told": ("已告知 {people}", "told {people}"),
        "missed.knew": ("{people} 已在通知中", "{people} knew already"),
        "clock.title": ("时限", "Deadlines"),
        "clock.by": ("截止", "by"),
        "clock.assumed": ("工作日为推算", "working days assumed"),
        "clock.state.running": ("进行中", "Running"),
        "clock.state.missed": ("已超时", "Missed"),
        "clock.state.met": ("按时完成", "In time"),
        "clock.state.late": ("超时后完成", "Done late"),
        "clock.state.dropped": ("不再需要", "Not needed"),
        "clock.answer": ("应答", "Answer"),
        "clock.arrive": ("到场", "Arrive"),
        "clock.close": ("结案", "Close"),
    }
)
