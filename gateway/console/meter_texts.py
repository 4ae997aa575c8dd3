"""The texts about registers that do not simply go on, and data not yet here: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

METER: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rule.by_routine": ("按本户作息判断", "judged by its own routine"),
        "rule.welfare-2": ("长时间未用水（第二组条件）", "No water use (second terms)"),
        "rule.welfare-3": ("长时间未用水（第三组条件）", "No water use (third terms)"),
        "rule.welfare-4": ("长时间未用水（第四组条件）", "No water use (fourth terms)"),
        "rule.routine": ("安静时间超出本户习惯", "Quieter than its routine"),
        "rule.routine-trial": ("安静时间超出本户习惯（试行）", "Quieter than its routine (trial)"),
        "measure.usual_h": ("通常 {value} 小时内结束", "usually ends within {value} h"),
        "measure.wait_h": ("等待上限 {value} 小时", "{value} h are waited"),
        "measure.own_days": ("已了解本户 {value} 天", "the home is known for {value} days"),
        "measure.signs": ("另看 {value}", "also looked at {value}"),
        "rule.meter_break": ("水表读数突变", "Meter register changed"),
        "measure.device": ("水表 {value}", "meter {value}"),
        "measure.change": ("{value}", "{value}"),
        "measure.last_m3": ("原读数 {value} 立方米", "old register {value} m3"),
        "measure.first_m3": ("现读数 {value} 立方米", "new register {value} m3"),
        "measure.last_seen_s": ("原读数最后收到于{value}", "old register last heard {value}"),
        "measure.first_seen_s": ("现读数最早收到于{value}", "new register first heard {value}"),
        "measure.inferred_m3": ("推测其间用水 {value} 立方米", "{value} m3 between, inferred"),
        "measure.agreeing": ("连续 {value} 次读数一致才采信", "{value} readings must agree"),
        "change.replaced": ("疑似换表", "replaced?"),
        "change.reset": ("重启归零", "restarted from zero"),
        "change.rollover": ("疑似翻转归零", "rolled over?"),
        "change.unit": ("疑似单位错误", "wrong unit?"),
        "chart.on_the_way": ("数据尚未送达", "Not delivered yet"),
        "chart.late": (
            "{start} 至 {end} 边缘站收到的数据尚未全部送达",
            "Some of what an edge received {start} to {end} is not delivered yet",
        ),
        "reason.removed": ("登记变更", "the registry has changed"),
    }
)
