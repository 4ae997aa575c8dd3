"""The texts about cards, people at doors, views of cameras and the health of devices: texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ACCESS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rule.credential_many_doors": ("同卡逐门试探", "One card at many doors"),
        "rule.credential_two_places": ("疑似复制卡", "Card in two places"),
        "rule.door_tailgating": ("尾随进出偏多", "Tailgating"),
        "measure.doors": ("被 {value} 个门拒绝", "turned away at {value} doors"),
        "measure.doors_min": ("{value} 个门起报", "told from {value} doors on"),
        "measure.window_min": ("{value} 分钟内", "within {value} min"),
        "measure.apart_m": ("相距 {value} 米", "{value} m apart"),
        "measure.apart_s": ("相隔 {value} 秒", "{value} s apart"),
        "measure.speed_m_per_s": ("最快每秒 {value} 米", "at most {value} m/s"),
        "measure.granted": ("放行 {value} 次", "{value} let through"),
        "measure.extra": ("尾随至少 {value} 次", "{value} more followed"),
        "measure.extra_min": ("{value} 次起报", "told from {value} on"),
        "measure.share_min": ("且不少于放行的 {value} 倍", "and {value} of those let through"),
    }
)
