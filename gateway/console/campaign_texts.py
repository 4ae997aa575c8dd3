"""The texts about mass checks and work items, in Chinese and English: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

CAMPAIGN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "nav.campaigns": ("平安问候", "Mass checks"),
        "campaign.title": ("平安问候", "Mass checks"),
        "campaign.consenting": ("已同意接受问候的住户：{count} 户", "Homes that agreed: {count}"),
        "campaign.new": ("发起问候", "Begin one"),
        "campaign.area": ("范围代码", "Code of the area"),
        "campaign.text": ("事由（如：今晨停水）", "Reason, for example an outage"),
        "campaign.wait_h": ("等待回复（小时）", "Hours to wait for an answer"),
        "campaign.open_silent": ("不回复的住户立案", "Open an incident for silent homes"),
        "campaign.begin": ("发起", "Begin"),
        "campaign.round": ("第 {count} 轮", "round {count}"),
        "campaign.ended": ("已结束", "ended"),
        "campaign.to_visit": ("需要上门", "To be visited"),
        "campaign.again": ("再问一轮", "Ask again"),
        "campaign.end": ("结束", "End"),
        "campaign.none": ("还没有发起过", "None yet"),
        "call.waiting": ("待询问", "Waiting"),
        "call.asked": ("已询问", "Asked"),
        "call.safe": ("平安", "Safe"),
        "call.help": ("需要帮助", "Needs help"),
        "call.unclear": ("回复不明", "Unclear"),
        "call.silent": ("未回复", "No answer"),
        "purpose.check": ("平安问候", "Mass check"),
        "rule.check_help": ("平安问候：需要帮助", "Mass check: needs help"),
        "rule.check_silent": ("平安问候：未回复", "Mass check: no answer"),
        "rule.drill": ("演练", "Drill"),
    }
)
