"""The texts about how a case ends, in Chinese and English side by side: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

CLOSING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "act.rework": ("核查不通过，退回", "Send back"),
        "event.rework": ("核查不通过，退回", "Sent back"),
        "event.evidence": ("添加证据", "Evidence added"),
        "event.evidence_read": ("查看证据", "Evidence read"),
        "event.feedback": ("居民评价", "Rated by the resident"),
        "purpose.rework": ("退回", "Sent back"),
        "stage.title": ("办理阶段", "Stages"),
        "stage.collected": ("采集", "Condition began"),
        "stage.filed": ("立案", "Opened"),
        "stage.dispatched": ("派遣", "Dispatched"),
        "stage.handled": ("处置", "Taken up"),
        "stage.reported": ("反馈", "Reported"),
        "stage.verified": ("核查", "Verified"),
        "stage.closed": ("结案", "Closed"),
        "stage.rated": ("评价", "Rated"),
        "stage.not_yet": ("未到", "not yet"),
        "ending.reworks": ("退回 {count} 次", "sent back {count} times"),
        "ending.why_back": ("退回原因", "Why it is sent back"),
        "ending.false_because": ("误报原因", "Why it was false"),
        "reason.away": ("人外出", "Resident away"),
        "reason.routine": ("作息变化", "Change of routine"),
        "reason.low_use": ("用水习惯少", "Uses little water"),
        "reason.cooking": ("做饭油烟", "Cooking"),
        "reason.mistouch": ("误碰", "Pressed by mistake"),
        "reason.late_data": ("数据迟到", "Data came late"),
        "reason.mounting": ("安装不当", "Mounted badly"),
        "reason.test": ("测试", "A test"),
        "reason.other": ("其他", "Other"),
        "reason.not_said": ("未说明", "Not said"),
        "evidence.title": ("证据", "Evidence"),
        "evidence.none": ("还没有证据", "None yet"),
        "evidence.file": (
            "照片（JPEG、PNG）或文本，最大 2 MB",
            "Picture (JPEG, PNG) or text, 2 MB",
        ),
        "evidence.add": ("添加", "Add"),
        "evidence.bytes": ("{count} 字节", "{count} bytes"),
        "evidence.stripped": (
            "照片中的位置、时间等信息在保存前已去除",
            "Place, time and the like are taken out of pictures before they are kept",
        ),
    }
)
