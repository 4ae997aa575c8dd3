"""The edge's metrics as Prometheus reads them, loaded only where somebody does."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from edge.health import METRICS, Health, MetricsSettings, Nature


class Metrics(Collector):
    """Everything in `METRICS`, prefixed `shouwang_edge_`, as it stands when it is read."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the metrics; a counter that never moved as 0, without a reason."""
        by_reason = self._health.by_reason()
        for name, (nature, meaning) in METRICS.items():
            full = f"shouwang_edge_{name}"
            if nature is Nature.GAUGE:
                yield GaugeMetricFamily(full, meaning, value=self._health.gauged(name))
                continue
            family = CounterMetricFamily(full, meaning, labels=["reason"])
            for reason, amount in by_reason.get(name, {"": 0}).items():
                family.add_metric([reason], amount)
            yield family


def serve(health: Health, settings: MetricsSettings) -> None:
    """Answer Prometheus on the loopback port from a daemon thread, until the process ends.

    Raises:
        OSError: something else listens there.
    """
    registry = CollectorRegistry()
    registry.register(Metrics(health))
    try:
        start_http_server(settings.port, addr="127.0.0.1", registry=registry)
    except OSError as error:
        remedy = "choose another in [metrics], or stop the program that has it"
        raise OSError(f"port {settings.port}: {error.strerror}; {remedy}") from None
