"""What the gateway goes by: plans, people and places, and how it signs its links."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.incident import Incident
from alerts.pace import Pace
from alerts.plan import Plan, Plans
from alerts.roster import Places, Roster
from edge.reading import DAY_NS, SECOND_NS
from edge.registry import Registry
from gateway.closing.feedback_settings import FeedbackSettings
from gateway.closing.terms import ClosingSettings
from gateway.db.budgets import Budgets
from gateway.plans.shelf import Shelf
from gateway.work_items import WorkItemSettings


@dataclass(frozen=True, slots=True)
class Book:
    """Configuration as the engine needs it; swapped as a whole, never in part.

    `public_url` has no slash at its end. `secret` signs links (at least 32 bytes).
    `zone_name` makes local times, or `utc_offset_h` where there is none. `budgets` bounds what
    providers are asked. `registry` says what hangs on what. Without a `pace`, everything is
    told at once. `plans` are those of the file; the ones that the `shelf` has go before them.
    `takes_absences` says that residents may declare theirs by text.
    """

    plans: Plans
    roster: Roster
    places: Places
    public_url: str
    secret: bytes
    utc_offset_h: float = 8.0
    link_life_ns: int = 3 * DAY_NS
    budgets: Budgets = field(default_factory=Budgets)
    closing: ClosingSettings = field(default_factory=ClosingSettings)
    work_items: WorkItemSettings = field(default_factory=WorkItemSettings)
    feedback: FeedbackSettings = field(default_factory=FeedbackSettings)
    zone_name: str | None = None
    registry: Registry | None = None
    pace: Pace | None = None
    shelf: Shelf | None = None
    takes_absences: bool = False

    def plans_in_force(self, connection: sa.Connection) -> Plans:
        """The plans that a new incident takes."""
        return self._shelf.in_force(connection)

    def plan_of(self, connection: sa.Connection, incident: Incident) -> Plan:
        """The plan that the incident began with, whatever is in force by now."""
        plans = self._shelf.at(connection, incident.plan_version)
        return plans.resume(incident.plan_id, incident.category, incident.tier)

    @property
    def _shelf(self) -> Shelf:
        return self.shelf or Shelf(self.plans)

    @property
    def zone(self) -> tzinfo:
        """Where local times are local to."""
        offset = timezone(timedelta(hours=self.utc_offset_h))
        return offset if self.zone_name is None else ZoneInfo(self.zone_name)

    def first_due_ns(self, incident: Incident) -> int:
        """When the first step of a fresh incident is due."""
        return incident.started_ns + (self.pace.settle_ns(incident.tier) if self.pace else 0)

    def local(self, at_ns: int) -> datetime:
        """`at_ns` in local civil time."""
        return datetime.fromtimestamp(at_ns // SECOND_NS, self.zone)

    @staticmethod
    def iso(at_ns: int) -> str:
        """`at_ns` as ISO 8601 in UTC, to the second."""
        return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).isoformat()
