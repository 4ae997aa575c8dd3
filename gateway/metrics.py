"""The gateway's numbers for Prometheus, read when asked; labels are few and bounded."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.reading import SECOND_NS
from gateway.cost_metrics import cost_families
from gateway.db.bundle_tables import waiting
from gateway.db.clock_tables import clock
from gateway.db.engine import reading
from gateway.db.hold_tables import hold
from gateway.db.tables import dead_letter, incident, ledger, outbox
from gateway.engine import Engine
from gateway.health import Link, Vitals
from gateway.live import Live

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_PREFIX = "shouwang_gateway"

_COUNTED = (
    ("incidents", "Incidents by tier and state", (incident.c.tier, incident.c.state)),
    ("messages", "Messages by channel and state", (outbox.c.channel, outbox.c.state)),
    ("reports", "Ledger reports by source and state", (ledger.c.source, ledger.c.state)),
    ("deadlines", "Deadlines by duty and what became of them", (clock.c.kind, clock.c.fate)),
    ("holds", "Incidents held back, by reason", (hold.c.why,)),
    ("waiting", "Notices that are told later or were, by reason", (waiting.c.why,)),
    ("dead_letters", "Refused messages kept, by reason", (dead_letter.c.reason,)),
)
_MEASURED: dict[str, tuple[str, Callable[[Vitals], float]]] = {
    "overdue_seconds": (
        "Wait of the longest-overdue step or message",
        lambda vitals: vitals.overdue_ns / SECOND_NS,
    ),
    "orphans": ("Active incidents with no owner and no next step", lambda vitals: vitals.orphans),
    "capped": ("Channels that have cost all they may", lambda vitals: len(vitals.capped)),
    "unreached": ("People whose phone fails", lambda vitals: vitals.unreached),
    "uncovered": ("Gaps in the roster of the next 90 days", lambda vitals: vitals.uncovered),
    "calendar_unknown": (
        "1 while the working days of a year near or begun are not known",
        lambda vitals: vitals.calendar_year is not None,
    ),
    "broker_certificate_until_seconds": (
        "Unix time at which the first certificate of the broker's link ends; +Inf: not known",
        lambda vitals: (
            math.inf
            if vitals.certificate_until_ns is None
            else vitals.certificate_until_ns / SECOND_NS
        ),
    ),
    "hears": ("1 while any edge is heard", lambda vitals: vitals.hears),
    "can_notify": ("1 while what is owed goes out", lambda vitals: vitals.can_notify),
}


class GatewayCollector(Collector):
    """Counts from the database, so that they outlive the process, and gauges of the moment."""

    def __init__(self, engine: Engine, live: Live, vitals: Callable[[], Vitals]) -> None:
        self._engine = engine
        self._live = live
        self._vitals = vitals

    def collect(self) -> Iterable[Metric]:
        """Yield every family once."""
        vitals = self._vitals()
        with reading(self._engine.database) as connection:
            yield from [_counted(connection, *family) for family in _COUNTED]
            costs = self._engine.book.budgets.costs
            yield from list(cost_families(connection, costs, vitals.at_ns))
        for name, (meaning, measure) in _MEASURED.items():
            yield GaugeMetricFamily(f"{_PREFIX}_{name}", meaning, value=measure(vitals))
        yield from self._live_families()
        yield self._events()
        yield _edges(vitals)

    def _live_families(self) -> Iterable[Metric]:
        name = f"{_PREFIX}_subscribers"
        yield GaugeMetricFamily(name, "Consoles listening", value=self._live.subscribers)
        dropped = self._live.dropped
        yield CounterMetricFamily(f"{name}_dropped", "Consoles dropped for being slow", dropped)

    def _events(self) -> Metric:
        meaning = "What the engine did, by what became of it"
        family = CounterMetricFamily(f"{_PREFIX}_events", meaning, labels=["event", "result"])
        for (event, result), count in self._engine.counts.items():
            family.add_metric([event, result], count)
        return family


def render(collector: GatewayCollector) -> bytes:
    """The metrics as Prometheus text."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


def _edges(vitals: Vitals) -> Metric:
    family = GaugeMetricFamily(f"{_PREFIX}_edge_up", "1 while the edge is heard", labels=["edge"])
    for edge in vitals.edges:
        family.add_metric([edge.edge], edge.state is Link.UP)
    return family


def _counted(
    connection: sa.Connection, name: str, meaning: str, columns: Sequence[sa.Column[Any]]
) -> Metric:
    labels = [column.name for column in columns]
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", meaning, labels=labels)
    query = sa.select(*columns, sa.func.count()).group_by(*columns)
    for *values, count in connection.execute(query):
        family.add_metric([str(value) for value in values], count)
    return family
