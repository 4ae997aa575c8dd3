"""Alerts of the outside into the engine: one commit for each that says something new."""

import sqlalchemy as sa
from msgspec import Struct

from edge.reading import Finding
from gateway.alertmanager.alert import Alert
from gateway.alertmanager.mapping import PREFIX, meaning_of, rule_of, statement
from gateway.alertmanager.settings import AlertmanagerSettings
from gateway.db.engine import reading
from gateway.db.incidents import latest_finding
from gateway.db.tables import incident
from gateway.engine import Engine
from gateway.own_findings import take_own

OWN = "_alertmanager"
"""Stands where an edge's name would; no edge is called so."""
STANDING_MAX = 1_000
"""Alerts of the outside that may stand at a time: who floods us must not drown the homes."""


class Taken(Struct, frozen=True):
    """What became of the alerts of one call."""

    new: int = 0
    repeated: int = 0
    no_room: int = 0


class OutsideAlerts:
    """Takes alerts for one site; counts what became of each."""

    def __init__(self, engine: Engine, settings: AlertmanagerSettings, site: str) -> None:
        self._engine = engine
        self._settings = settings
        self._site = site

    def take(self, alerts: list[Alert], now_ns: int) -> Taken:
        """Each alert is committed, known already, or without room; taken twice it changes nothing.

        Raises:
            sqlalchemy.exc.OperationalError: the database refuses; those before are committed.
        """
        fates = [self._take(alert, now_ns) for alert in alerts]
        for fate in fates:
            self._engine.counts["outside", fate] += 1
        return Taken(*(fates.count(name) for name in Taken.__struct_fields__))

    def _take(self, alert: Alert, now_ns: int) -> str:
        meaning = meaning_of(alert, self._settings, self._site)
        known = self._known(alert)
        finding = statement(alert, known, meaning, now_ns)
        if finding is None:
            return "repeated"
        if finding.revision == 0 and self._standing() >= STANDING_MAX:
            return "no_room"
        take_own(self._engine, finding, now_ns, OWN)
        return "new"

    def _known(self, alert: Alert) -> Finding | None:
        """The last statement about this alert; one indexed read."""
        last = (
            sa.select(incident.c.finding_id)
            .where(incident.c.rule == rule_of(alert))
            .order_by(incident.c.opened_ns.desc())
            .limit(1)
        )
        with reading(self._engine.database) as connection:
            finding_id = connection.execute(last).scalar()
            return None if finding_id is None else latest_finding(connection, finding_id)

    def _standing(self) -> int:
        ours = incident.c.rule.startswith(PREFIX, autoescape=True)
        query = sa.select(sa.func.count()).where(ours, incident.c.condition_active.is_(True))
        with reading(self._engine.database) as connection:
            return int(connection.execute(query).scalar_one())
