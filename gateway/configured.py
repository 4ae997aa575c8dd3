"""What the configuration chooses: the ways to people, where past readings are, who we are."""

import re
import socket
from collections.abc import Sequence
from hashlib import blake2b
from importlib import import_module
from typing import cast

from alerts.channels.base import Channel
from alerts.channels.callback import Callback
from edge.broker import BrokerSettings
from edge.history import History, JournalHistory, Span
from edge.reading import Reading
from gateway.settings import GatewaySettings, HistorySettings, configured


class NoHistory:
    """The history of a gateway that has none: every home is unknown."""

    def readings(
        self, _devices: Sequence[str], _start_ns: int, _end_ns: int, _limit: int
    ) -> list[Reading]:
        """Nothing."""
        return []

    def missing(self) -> list[Span]:
        """Nothing is on its way to here."""
        return []


def make_channels(settings: GatewaySettings) -> dict[str, Channel]:
    """The configured ways to people, by name."""
    return {kind.name: kind.make(own) for kind, own in configured(settings)}


def make_callbacks(settings: GatewaySettings) -> dict[str, Callback]:
    """The readers of what providers tell us at our door, by channel."""
    made = {kind.name: kind.callback(own) for kind, own in configured(settings)}
    return {name: callback for name, callback in made.items() if callback is not None}


def make_history(settings: HistorySettings) -> History:
    """The configured store of readings."""
    if settings.kind == "journal" and settings.journal is not None:
        return JournalHistory(settings.journal)
    if settings.kind == "influx" and settings.influx is not None:
        # Its client takes 20 MB, which a gateway that reads the edge's journal need not hold.
        return cast("History", import_module("edge.influx_history").InfluxHistory(settings.influx))
    return NoHistory()


def own_node(settings: GatewaySettings) -> str | None:
    """This gateway's name among those that share its database; None where it is alone."""
    if not settings.database.url.get_secret_value().startswith("postgresql"):
        return None
    machine = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower())
    return settings.node or machine[:32] or "gateway"


def own_broker(settings: GatewaySettings) -> BrokerSettings:
    """The broker's settings with a client id that no other gateway of the database uses.

    Two clients of one id would throw each other out for ever.
    """
    node = own_node(settings)
    if node is None:
        return settings.broker
    told = f"{settings.broker.client_id[:14]}-{blake2b(node.encode(), digest_size=4).hexdigest()}"
    return settings.broker.model_copy(update={"client_id": told})
