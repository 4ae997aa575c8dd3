"""The texts of the pages where plans are read, changed and approved: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

PLAN_CHANGE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "nav.plans": ("预案", "Plans"),
        "plan.in_force": ("现行预案（第 {version} 版）", "Plans in force (version {version})"),
        "plan.every": ("全部", "all"),
        "plan.category": ("类别", "Category"),
        "plan.estate": ("小区", "Estate"),
        "plan.steps": ("步骤", "Steps"),
        "estate.managed": ("有物业", "managed"),
        "estate.unmanaged": ("无物业", "without a property company"),
        "plan.waiting": ("待批准的修改", "Changes that wait for approval"),
        "plan.none_waiting": ("没有待批准的修改", "No change waits"),
        "plan.versions": ("历次版本", "Versions"),
        "plan.version_by": (
            "{proposed} 提出，{approved} 批准",
            "proposed by {proposed}, approved by {approved}",
        ),
        "plan.from_file": ("取自文件 plans.toml", "taken from plans.toml"),
        "plan.version": ("第 {version} 版", "Version {version}"),
        "plan.change": ("修改这份预案", "Change this plan"),
        "plan.change_note": (
            "改好后说明理由并提出；由另一位管理员批准后，对新发生的事件生效。",
            "Change it, give the reason and propose it; another administrator has to approve.",
        ),
        "plan.text": ("预案内容", "The plan"),
        "plan.why": ("理由", "Reason"),
        "plan.propose": ("提出修改", "Propose"),
        "plan.problems": ("未能提出，请改正：", "Not proposed. Please mend:"),
        "plan.proposal": ("修改 {number}", "Change {number}"),
        "plan.proposed": ("{by} 提出", "proposed by {by}"),
        "plan.from_version": ("基于第 {version} 版", "made from version {version}"),
        "plan.what": ("预案与条目", "Plan and key"),
        "plan.before": ("现在", "Now"),
        "plan.after": ("改为", "Then"),
        "plan.no_change": ("内容没有变化", "Nothing differs"),
        "plan.approve": ("批准", "Approve"),
        "plan.reject": ("驳回", "Reject"),
        "plan.take_back": ("撤回", "Take back"),
        "plan.own": (
            "这是您自己提出的修改，须由另一位管理员批准。",
            "You proposed this change; another administrator has to approve it.",
        ),
        "plan.fate.open": ("待批准", "Waits for approval"),
        "plan.fate.approved": ("已批准", "Approved"),
        "plan.fate.rejected": ("已驳回", "Rejected"),
        "plan.refused.own_proposal": (
            "不能批准自己提出的修改",
            "Nobody approves a change of their own",
        ),
        "plan.refused.moved_on": (
            "预案已有新版本，请重新提出",
            "The plans have moved on; propose it anew",
        ),
        "plan.refused.decided": ("已有人作出决定", "Somebody else has decided it"),
        "plan.refused.not_valid": (
            "这项修改现在已不能生效，请看下面的问题",
            "The change can no longer take force; see its problems",
        ),
    }
)
