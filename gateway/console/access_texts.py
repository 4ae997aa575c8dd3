"""The texts about cards, people at doors, views of cameras and the health of devices: texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ACCESS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rule.credential_many_doors": ("同卡逐门试探", "One card at many doors"),
        "rule.credential_two_places": ("疑似复制卡", "Card in two places"),
        "rule.door_tailgating": ("尾随进出偏多", "Tailgating"),
        "rule.camera_view": ("摄像头画面异常", "Picture of no use"),
        "rule.lift_repeat_fault": ("电梯反复故障", "Lift breaks down again"),
        "measure.view": ("画面：{value}", "picture: {value}"),
        "measure.wrong_min": ("已 {value} 分钟", "for {value} min"),
        "measure.faults": ("故障 {value} 次", "{value} faults"),
        "measure.faults_min": ("{value} 次起报", "told from {value} on"),
        "measure.window_d": ("{value} 天内", "within {value} days"),
        "nav.uptime": ("在用率", "Uptime"),
        "uptime.title": ("设备在用率", "Uptime of equipment"),
        "uptime.kind.cam": ("摄像头", "Cameras"),
        "uptime.kind.lift": ("电梯", "Lifts"),
        "uptime.span": (
            "{first} 至 {last}，整日统计，单位：分钟。",
            "{first} to {last}, whole days, in minutes.",
        ),
        "uptime.honest": (
            "在用率 = 确知在用分钟数 ÷ 应在用分钟数（不含计划检修）；未知单独列出，从不算作在用。",
            "Share = minutes known up ÷ minutes expected, less planned ones; unknown is never up.",
        ),
        "uptime.csv": ("下载 CSV", "Download CSV"),
        "uptime.area": ("区域", "Area"),
        "uptime.device": ("设备", "Device"),
        "uptime.share": ("在用率", "Share"),
        "uptime.devices": ("设备数", "Devices"),
        "uptime.expected": ("应在用", "Expected"),
        "uptime.up": ("在用", "Up"),
        "uptime.down": ("停用", "Down"),
        "uptime.planned": ("计划检修", "Planned"),
        "uptime.unknown": ("未知", "Unknown"),
        "uptime.downs": ("故障次数", "Times down"),
        "uptime.worst": ("在用率最低的设备", "Least in use"),
        "uptime.none": ("登记册中没有此类设备。", "The registry has no such device."),
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
