"""What messages cost, as numbers for Prometheus."""

from collections.abc import Iterable

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric

from alerts.cost import MICROS
from gateway.db.costs import Costs

_PREFIX = "shouwang_gateway_message"


def cost_families(connection: sa.Connection, costs: Costs, now_ns: int) -> Iterable[Metric]:
    """Yield what each channel has cost in the current day and month, and the caps."""
    labels = ["channel", "period", "currency"]
    spent = GaugeMetricFamily(f"{_PREFIX}_cost", "Spent in the current period", labels=labels)
    caps = GaugeMetricFamily(f"{_PREFIX}_cost_cap", "Cap of the period", labels=labels)
    for each in costs.spent(connection, now_ns):
        values = [each.channel, each.period.value, costs.of[each.channel].currency]
        spent.add_metric(values, each.micros / MICROS)
        if each.cap_micros is not None:
            caps.add_metric(values, each.cap_micros / MICROS)
    yield spent
    yield caps
