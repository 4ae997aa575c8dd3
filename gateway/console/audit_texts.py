"""The texts about the gateway's look at itself: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

AUDIT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rule.self_audit": ("网关自检", "Self-audit"),
        "rule.certificate_ends": ("证书即将到期", "Certificate about to end"),
        "measure.days_left": ("剩余 {value} 天", "{value} days left"),
        "category.cost": ("通知费用", "Cost of messages"),
        "category.outside": ("外部系统告警", "Alerts of other systems"),
        "rule.message_cost_high": ("通知费用接近上限", "Messages cost nearly their cap"),
        "rule.message_cost_reached": ("通知费用已达上限", "Messages cost their cap"),
        "category.gateway": ("网关", "Gateway"),
        "measure.reasons": ("原因：{value}", "why: {value}"),
        "system.capped": (
            "{channels}费用已达上限，仅发送紧急通知",
            "{channels}: cost cap reached; only urgent messages go over it",
        ),
        "system.mended": (
            "自检发现 {count} 项停滞的告警工作，已重新启动，请查看日志",
            "The self-audit set {count} pieces of work going that stood still; see the log",
        ),
        "system.not_audited": (
            "网关超过三分钟未能自检",
            "The gateway could not look at itself for three minutes",
        ),
    }
)
