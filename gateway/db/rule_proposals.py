"""Proposals about rules, as rows."""

from msgspec import field

from edge.mode import Mode
from gateway.db.proposals import Proposals, Proposed
from gateway.db.rule_proposal_tables import rule_proposal


class RuleProposal(Proposed, frozen=True, kw_only=True):
    """A proposal to give rules other modes; `before` is what they had when it was approved."""

    changes: dict[str, Mode]
    before: dict[str, Mode | None] = field(default_factory=dict)
    undone_ns: int | None = None
    undone_by: str | None = None
    undone_why: str | None = None


PROPOSALS = Proposals(rule_proposal, RuleProposal, tables=("changes", "before"))
