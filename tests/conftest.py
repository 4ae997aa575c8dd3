"""What every test may ask for: real servers, started once a run when first asked for."""

from hypothesis import settings

from edge import compiled
from tests.servers.brokers import mosquitto, nats
from tests.servers.databases import influxdb, victoria_metrics
from tests.servers.postgres import fresh_database, own_postgres, postgres

__all__ = [
    "fresh_database",
    "influxdb",
    "mosquitto",
    "nats",
    "own_postgres",
    "postgres",
    "victoria_metrics",
]

compiled.check()  # else the tests would be about other sources than these

# An example that takes long on a busy machine says nothing; benchmarks measure, these do not.
settings.register_profile("shouwang", deadline=None, print_blob=True)
settings.load_profile("shouwang")
