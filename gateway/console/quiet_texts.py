"""The texts about what is not told, and why, in Chinese and English side by side: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

QUIET: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "held.cause": ("因「{what}」暂不通知", "Held because of: {what}"),
        "held.silence": ("静默中，暂不通知：{what}", "Silenced: {what}"),
        "held.flapping": (
            "时有时无，稳定后再通知",
            "Comes and goes; told once it stays",
        ),
        "held.asking": ("正在询问住户是否平安", "The resident is asked first"),
        "quiet.waits": ("{person}：{why}，{time} 通知", "{person}: {why}, at {time}"),
        "quiet.together": ("{person}：已合并通知", "{person}: told in a bundle"),
        "quiet.cycles": ("已反复 {count} 次", "began {count} times"),
        "bundle.title": ("合并通知的 {count} 件事件", "{count} incidents told in one"),
        "held.until": ("至 {time}", "until {time}"),
        "event.held": ("暂不通知", "Held back"),
        "event.worse": ("升级为更紧急", "More urgent now"),
        "event.released": ("恢复通知", "Told again"),
        "purpose.belated": ("迟到的通知", "Late"),
        "purpose.bundle": ("合并通知", "Bundle"),
        "event.waits": ("稍后通知", "To be told later"),
        "event.bundled": ("合并通知", "Told in a bundle"),
        "wait.together": ("同类通知，一分钟内合并", "sent together within a minute"),
        "wait.calm": ("确认稳定后再解除", "waits until it stays over"),
        "wait.storm": ("事件太多，合并", "flood: bundled"),
        "wait.load": ("通知已达上限，稍候", "told enough for now"),
        "wait.quiet": ("免打扰时段", "quiet hours"),
        "wait.digest": ("汇总", "digest"),
        "nav.silences": ("静默", "Silences"),
        "silence.standing": ("生效和计划中的静默", "Silences that stand"),
        "silence.none": ("没有静默", "Nothing is silenced"),
        "silence.over": ("已结束", "Over"),
        "silence.new": ("新增静默", "Silence something"),
        "silence.kind": ("类型", "For"),
        "silence.kind.silence": ("临时静默", "Silence"),
        "silence.kind.maintenance": ("检修窗口", "Maintenance"),
        "silence.scope": ("范围", "Over"),
        "silence.scope.area": ("区域", "area"),
        "silence.scope.category": ("类别", "category"),
        "silence.scope.rule": ("规则", "rule"),
        "silence.scope.device": ("设备", "device"),
        "silence.value": ("代码（如 s01/b01）", "Its code (such as s01/b01)"),
        "silence.hours": ("时长", "For how long"),
        "silence.reason": ("原因", "Reason"),
        "silence.promise": (
            "紧急事件照常通知。静默期间事件照常立案，到期自动恢复，仍未解除的立即通知。",
            (
                "Urgent incidents are told as ever. The others are opened and shown; at the end, "
                "what still lasts is told at once."
            ),
        ),
        "silence.lay": ("开始静默", "Silence it"),
        "silence.end": ("提前结束", "End now"),
        "silence.impossible": (
            "不能这样静默：时长超过上限或已有太多静默",
            "That silence is not possible: too long, or too many stand already",
        ),
        "why.cause": ("由另一事件引起", "explained by another incident"),
        "why.silence": ("静默", "silence"),
        "why.flapping": ("时有时无", "comes and goes"),
    }
)
