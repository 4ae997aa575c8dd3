"""The texts of the page where rules begin to speak and fall silent: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

RULING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ruling.title": ("规则启停", "Which rules speak"),
        "ruling.link": ("规则启停与自动调整", "Which rules speak, and what outcomes moved"),
        "ruling.not_owned": (
            "本平台不管理登记信息，规则在各边缘站上用 shouwang rules 决定。",
            "The registry is a file here; rules are decided at each edge, by shouwang rules.",
        ),
        "ruling.decided": ("在此决定的规则", "Decided here"),
        "ruling.none_decided": (
            "没有：各规则按边缘站自己的设置运行",
            "Nothing: every rule runs as its edge's settings say",
        ),
        "ruling.mode.live": ("正式（通知人员）", "live: it tells people"),
        "ruling.mode.shadow": ("影子运行（只记录）", "in the shadow: it only writes down"),
        "ruling.waiting": ("待批准", "Waits for approval"),
        "ruling.none_waiting": ("没有待批准的变更", "Nothing waits"),
        "ruling.history": ("已决定的变更", "What was decided"),
        "ruling.none_over": ("还没有", "Nothing yet"),
        "ruling.proposed": ("{by} 提出", "proposed by {by}"),
        "ruling.decided_by": ("{by} 决定", "decided by {by}"),
        "ruling.undone_by": ("{by} 撤回到原状", "rolled back by {by}"),
        "ruling.change": ("提出变更", "Propose a change"),
        "ruling.change_note": (
            "由另一位管理员批准后才下发到各边缘站。",
            "Another administrator has to approve it; only then are the edges told.",
        ),
        "ruling.rule": ("规则", "Rule"),
        "ruling.becomes": ("改为", "Becomes"),
        "ruling.home": ("仅对此住户（代码，可空）", "In this home only (its code, or nothing)"),
        "ruling.instead_of": ("同时转入影子运行的规则（可空）", "Put into the shadow (or nothing)"),
        "ruling.why": ("理由", "Reason"),
        "ruling.propose": ("提出", "Propose"),
        "ruling.approve": ("批准", "Approve"),
        "ruling.reject": ("驳回", "Reject"),
        "ruling.take_back": ("撤回", "Take back"),
        "ruling.roll_back": ("恢复原状", "Roll back"),
        "ruling.own": (
            "这是您自己提出的，须由另一位管理员批准。",
            "You proposed this; another administrator has to approve it.",
        ),
        "ruling.fate.approved": ("已批准", "Approved"),
        "ruling.fate.rejected": ("已驳回", "Rejected"),
        "ruling.fate.undone": ("已恢复原状", "Rolled back"),
        "ruling.moved": ("按处置结果自动调整", "Moved by outcomes"),
        "ruling.moved_note": (
            "误报较多处，规则在限度内自动放宽；报警属实即自动收回。",
            "Where a rule is often wrong it asks for more; a real alarm takes that back.",
        ),
        "ruling.none_moved": ("没有", "Nothing"),
        "ruling.scale": ("为约定的 {scale} 倍", "{scale} times what was agreed"),
        "ruling.reset": ("恢复约定值", "As agreed again"),
        "ruling.refused.own_proposal": (
            "不能批准自己提出的变更",
            "Nobody approves a change of their own",
        ),
        "ruling.refused.decided": ("已有人作出决定", "Somebody else has decided it"),
        "ruling.refused.so_already": ("已经是这样了", "It is so already"),
        "ruling.refused.no_such_unit": ("没有这个住户代码", "There is no home of that code"),
        "ruling.refused.not_the_last": (
            "其后还有涉及同一规则的变更，请先恢复那一项",
            "A later change of the same rule is in force; roll that back first",
        ),
        "ruling.refused.not_tuned": ("这条规则不会被自动调整", "Outcomes never move that rule"),
        "ruling.refused.too_many": ("待批准的变更过多", "Too many changes wait"),
    }
)
