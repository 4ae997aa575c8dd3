"""One engine over a database in memory, with a registry, and findings of any rule to feed it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from msgspec import structs

from alerts.channels.base import Outcome, Verdict
from alerts.incident import Act, Command, Incident
from alerts.incident import Outcome as Ending
from alerts.pace import Pace
from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.outbox import Envelope
from edge.reading import (
    HOUR_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from edge.registry import Registry
from edge.settings import load
from gateway.book import Book
from gateway.db import incidents, tables
from gateway.db.engine import connect, reading
from gateway.db.hold_tables import hold
from gateway.db.outbox import Claim
from gateway.engine import Engine

NOW = 1_760_000_000 * SECOND_NS
CONFIG = Path(__file__).parents[3] / "config"
TIERS = {
    "welfare": ("welfare", Tier.URGENT),
    "device_silent": ("device", Tier.GENERAL),
    "adapter_down": ("device", Tier.GENERAL),
    "recorder_down": ("device", Tier.GENERAL),
    "edge_down": ("device", Tier.IMPORTANT),
    "supply_outage": ("supply", Tier.IMPORTANT),
    "leak": ("water", Tier.IMPORTANT),
    "smoke": ("smoke", Tier.URGENT),
}
"""Category and tier of the rules that are raised here."""


def a_registry(homes: int = 6) -> Registry:
    """Homes u0 ... in building b01 on riser r1, a meter m0 ... each; m0 to m2 behind dtu-0."""
    units = [{"code": f"u{n}", "building": "b01", "riser": "r1"} for n in range(homes)]
    devices: list[dict[str, Any]] = [
        {"id": f"m{n}", "kind": "water", "unit": f"u{n}"} for n in range(homes)
    ]
    for device in devices[:3]:
        device["adapter"] = "dtu-0"
    devices.append({"id": "cam", "kind": "cam", "unit": "u0", "adapter": "nvr-0"})
    table = {
        "version": 1, "site": "s01", "unit": units, "device": devices,
        "adapter": [{"id": "dtu-0"}, {"id": "nvr-0"}],
    }  # fmt: skip
    return Registry.parse(table, Path("registry.toml"))


@cache
def a_book() -> Book:
    """The example plans and people; lesser incidents settle, and nobody is ever told too much."""
    return Book(
        plans=load(CONFIG / "plans.toml", Plans),
        roster=load(CONFIG / "roster.toml", Roster),
        places=load(CONFIG / "places.toml", Places),
        public_url="https://example.org",
        secret=b"s" * 32,
        registry=a_registry(),
        pace=Pace(digest_at=None, flood=1_000, per_hour=60, burst=60),
    )


class HeldWorld:
    """An engine at `now_ns`; `told` are the ids of incidents in the order of their first sends."""

    def __init__(self, **changes: Any) -> None:
        self.database = connect("sqlite://")
        tables.metadata.create_all(self.database)
        self.book = replace(a_book(), **changes)
        self.now_ns = NOW
        self.seq = 0
        self.told: list[str] = []
        self.restart()

    def restart(self) -> None:
        """The process is gone and another one is there; the database stays."""
        self.engine = Engine(self.database, self.book, random.Random(0))

    def close(self) -> None:
        """The database is gone."""
        self.database.dispose()

    def raised(self, rule: str, subject: str, **changes: Any) -> Finding:
        """A finding of `rule` about `subject`, from now on."""
        category, tier = TIERS[rule]
        finding = Finding(
            id=finding_id(rule, subject, self.now_ns), revision=0, rule=rule, rule_version=1,
            subject=subject, category=category, tier=tier, state=FindingState.RAISED,
            since_ns=self.now_ns, at_ns=self.now_ns, timeliness=Timeliness.LIVE,
            evidence=Evidence({}, {"window_h": 12.0}, self.now_ns, 0.0, "情况", "something"),
        )  # fmt: skip
        return structs.replace(finding, **changes)

    def take(self, finding: Finding, edge: str = "e01") -> str:
        """The finding is taken; the id that an incident of its own has."""
        self.seq += 1
        self.engine.take_finding(Envelope(1, edge, "epoch", self.seq, finding), self.now_ns)
        return f"i{finding.id}"

    def cleared(self, finding: Finding) -> Finding:
        """The same finding, over."""
        return structs.replace(
            finding,
            revision=finding.revision + 1,
            state=FindingState.CLEARED,
            at_ns=self.now_ns,
        )

    def passes(self, seconds: float) -> list[str]:
        """Time passes, all that is due is sent; the incidents of which messages went out."""
        self.now_ns += int(seconds * SECOND_NS)
        self.engine.advance_due(self.now_ns)
        return [claim.incident_id or "" for claim in self.send()]

    def send(self, outcome: Outcome = Outcome.DELIVERED) -> list[Claim]:
        """What is due is sent; the claims."""
        sent = []
        while claims := self.engine.claim(self.now_ns, 100):
            for claim in claims:
                self.engine.record(claim, Verdict(outcome, "because"), self.now_ns)
            sent += claims
        self.told += [claim.incident_id or "" for claim in sent if claim.attempt == 1]
        return sent

    def hours(self, count: float) -> None:
        """Hours pass, minute by minute."""
        for _ in range(int(count * HOUR_NS // (60 * SECOND_NS))):
            self.passes(60)

    def act(self, incident_id: str, doing: Act, by: str = "wang") -> Incident:
        """The incident after that act; a close is for real."""
        command = Command(doing, by=by, outcome=Ending.REAL if doing is Act.CLOSE else None)
        return self.engine.act(incident_id, command, now_ns=self.now_ns)

    def incident(self, incident_id: str) -> Incident:
        """The incident of that id."""
        with reading(self.database) as connection:
            return incidents.get(connection, incident_id)

    def incidents(self) -> list[Incident]:
        """Every incident, the oldest first."""
        query = sa.select(tables.incident).order_by(tables.incident.c.opened_ns)
        return [incidents.from_row(row) for row in self.rows(query)]

    def held(self) -> dict[str, str]:
        """Why each held incident is, by its id."""
        return {row["incident_id"]: row["why"] for row in self.rows(sa.select(hold))}

    def rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        """What the query finds."""
        with reading(self.database) as connection:
            return list(connection.execute(query).mappings())

    def timeline(self, incident_id: str) -> Iterator[str]:
        """The kinds of events on the incident's timeline, oldest first."""
        event = tables.incident_event
        mine = sa.select(event).where(event.c.incident_id == incident_id).order_by(event.c.id)
        return (row["kind"] for row in self.rows(mine))
