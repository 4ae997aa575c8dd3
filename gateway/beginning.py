"""The incident that a finding begins: pure, so that many can be begun before one is written."""

from msgspec import structs

from alerts import incident as life
from alerts.incident import Incident
from alerts.plan import Plans
from edge.reading import Finding, FindingState, Tier, Timeliness
from gateway import belated
from gateway.book import Book


def opens(finding: Finding) -> bool:
    """Whether it begins an incident where none is known."""
    return (
        finding.state is not FindingState.CLEARED
        and finding.timeliness is not Timeliness.BACKFILL
        and finding.tier is not Tier.INFO
    )


def begin(book: Book, plans: Plans, finding: Finding, now_ns: int) -> Incident:
    """The incident of the finding by those plans; its first step is due when it has settled."""
    plan = plans.select(finding.category, finding.tier, book.places.estate_of(finding.subject))
    incident = life.open_incident(finding, plan.id, plans.version, now_ns)
    incident = structs.replace(incident, next_due_ns=book.first_due_ns(incident))
    return belated.marked(book, incident, finding)
