"""A condition that has become more urgent is told as such, by the plan of its new tier."""

from typing import TYPE_CHECKING

from msgspec import structs

from alerts.escalate import Purpose
from alerts.incident import Act, Incident, State, restarted
from edge.reading import Finding, Tier
from gateway.closing import labels

if TYPE_CHECKING:
    from gateway.work import Work

_OBSOLETE = (Purpose.ALERT, Purpose.STAND_DOWN, Purpose.BELATED, Purpose.TAKEN)
# Whoever is there sees it; what was merged is seen to with the other.
_GOES_ON = frozenset({State.ON_SITE, State.MERGED})


def is_worse(incident: Incident, finding: Finding) -> bool:
    """Whether the finding's condition lasts and is more urgent than the incident."""
    return incident.condition_active and finding.tier is not Tier.INFO and (
        finding.tier < incident.tier
    )  # fmt: skip


def worsened(work: "Work", incident: Incident, tier: Tier) -> Incident:
    """The incident at `tier`, told anew as if nobody had answered, unless somebody is there."""
    plans, book = work.book.plans_in_force(work.connection), work.book
    plan = plans.select(incident.category, tier, book.places.estate_of(incident.subject))
    risen = structs.replace(incident, tier=tier, plan_id=plan.id, plan_version=plans.version)
    if incident.state in _GOES_ON:
        return risen
    work.cancel(incident, _OBSOLETE, "it has become more urgent")
    if incident.state is State.CLOSED:
        labels.owe(work.connection, risen, Act.REOPEN, work.now_ns)
    return structs.replace(restarted(risen, work.now_ns), owner=None, acked_ns=None, outcome=None)
