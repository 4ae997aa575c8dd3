"""What every test may ask for: real servers, started once a run when first asked for."""

from tests.servers.brokers import mosquitto, nats
from tests.servers.databases import influxdb, victoria_metrics

__all__ = ["influxdb", "mosquitto", "nats", "victoria_metrics"]
