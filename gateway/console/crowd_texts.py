"""The texts about gatherings, noise at night, and sensors and devices that go astray: texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

CROWD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "category.gathering": ("人员聚集", "Gathering"),
        "category.dispute": ("邻里纠纷", "Neighbours at odds"),
        "rule.gathering": ("人员聚集", "Gathering"),
        "rule.noise_at_night": ("夜间噪声反复超标", "Loud nights again and again"),
        "measure.people_min": ("至少 {value} 人", "at least {value} people"),
        "measure.usual_below": ("此时段通常不到 {value} 人", "usually fewer than {value} now"),
        "measure.nights": ("超标 {value} 夜", "{value} loud nights"),
        "measure.nights_min": ("{value} 夜起报", "told from {value} on"),
        "measure.within_nights": ("{value} 夜内", "within {value} nights"),
        "measure.level_db": ("最高约 {value} 分贝", "up to about {value} dB(A)"),
        "measure.limit_db": ("限值 {value} 分贝", "limit {value} dB(A)"),
        "measure.loud_min": ("每夜 {value} 分钟起计", "a night counts from {value} min on"),
        "rule.value_drift": ("传感器漂移", "Sensor drifts"),
        "measure.moved": ("偏移 {value}", "moved by {value}"),
        "measure.moved_max": ("偏移 {value} 起报", "told from {value} on"),
        "measure.days": ("{value} 天内", "within {value} days"),
        "measure.neighbours": ("对照 {value} 台", "beside {value} others"),
        "rule.device_replayed": ("疑似旧数据重放", "Old values played back"),
        "measure.repeats": ("重复 {value} 处", "{value} repeats"),
        "measure.stretch": ("每段 {value} 个值", "stretches of {value} values"),
        "rule.device_late": ("设备数据迟到", "Device comes late"),
        "measure.worst_min": ("最久 {value} 分钟", "up to {value} min"),
        "measure.allowed_min": ("允许 {value} 分钟", "{value} min are allowed"),
        "measure.days_min": ("{value} 天起报", "told from {value} days on"),
        "trouble.late": ("迟到", "late"),
        "trouble.replayed": ("旧数据重放", "replayed"),
        "trouble.late_by": (
            "数据最久迟到 {minutes} 分钟（前一周 {before} 分钟）",
            "up to {minutes} min late ({before} min in the week before)",
        ),
        "trouble.drift": ("漂移", "drifts"),
    }
)
