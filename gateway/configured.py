"""What the configuration chooses: the ways to people, and where past readings are read from."""

from collections.abc import Sequence

from alerts.channels.base import Channel
from edge.history import History, JournalHistory, Span
from edge.influx_history import InfluxHistory
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


def make_history(settings: HistorySettings) -> History:
    """The configured store of readings."""
    if settings.kind == "journal" and settings.journal is not None:
        return JournalHistory(settings.journal)
    if settings.kind == "influx" and settings.influx is not None:
        return InfluxHistory(settings.influx)
    return NoHistory()
