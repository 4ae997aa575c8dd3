"""The history in InfluxDB, over either of its interfaces.

It keeps event times to the microsecond, and one value a message and moment.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from edge.history import LIMIT_MAX, HistoryUnavailable, Span, order
from edge.influx import InfluxSettings
from edge.influx_query import EDGES_INFLUXQL, edges_flux, readings_flux, readings_influxql
from edge.influx_v2 import v2_client
from edge.line_protocol import event_ns
from edge.reading import Kind, Quality, Reading, TimeSource
from edge.topic import is_segment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Questions(Protocol):
    """One of InfluxDB's languages, and the way to ask in it."""

    def readings(
        self, devices: Sequence[str], span_ns: tuple[int, int], limit: int
    ) -> list[dict[str, Any]]: ...

    def edges(self) -> list[dict[str, Any]]: ...

    def close(self) -> None: ...


class InfluxHistory:
    """What the forwarder has stored, and what it has said to be still on its way."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._questions: _Questions = (
            _InfluxQL(settings) if settings.api == "v1" else _Flux(settings)
        )

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        """See `History.readings`."""
        named = [device for device in devices if is_segment(device)]
        if not named or limit <= 0 or start_ns >= end_ns:
            return []
        rows = self._questions.readings(named, (start_ns, end_ns), min(limit, LIMIT_MAX))
        return sorted((_reading(row) for row in rows), key=order)

    def missing(self) -> list[Span]:
        """See `History.missing`; what an edge's last point names."""
        spans = ((row["missing_from_ns"], row["missing_to_ns"]) for row in self._questions.edges())
        return sorted(Span(int(first), int(last)) for first, last in spans if last)

    def close(self) -> None:
        """Give the connection up."""
        self._questions.close()


class _InfluxQL:
    """`/query` of InfluxDB 1.x, and its twin in 2.x and 3.x."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        auth = httpx.BasicAuth(settings.username, settings.key()) if settings.username else None
        self._client = httpx.Client(
            base_url=settings.url, auth=auth, timeout=settings.timeout, trust_env=False
        )

    def readings(
        self, devices: Sequence[str], span_ns: tuple[int, int], limit: int
    ) -> list[dict[str, Any]]:
        return self._rows(readings_influxql(devices, *span_ns, limit))

    def edges(self) -> list[dict[str, Any]]:
        return [row | {"missing_to_ns": row["to"]} for row in self._rows(EDGES_INFLUXQL)]

    def close(self) -> None:
        self._client.close()

    def _rows(self, query: str) -> list[dict[str, Any]]:
        parameters = {"db": self._settings.database, "epoch": "ns", "q": query}
        try:
            answer = self._client.post("/query", data=parameters).raise_for_status().json()
            (result,) = answer["results"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise HistoryUnavailable(f"{self._settings.url}: {error}") from error
        if "error" in result:
            raise HistoryUnavailable(f"{self._settings.url}: {result['error']}")
        return [
            dict(zip(series["columns"], row, strict=True))
            for series in result.get("series", [])
            for row in series["values"]
        ]


class _Flux:
    """`/api/v2/query` of InfluxDB 2.x through influxdb-client; 1.8 with Flux switched on."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._client = v2_client(settings)
        self._api = self._client.query_api()

    def readings(
        self, devices: Sequence[str], span_ns: tuple[int, int], limit: int
    ) -> list[dict[str, Any]]:
        return self._rows(readings_flux(self._settings.database, devices, span_ns, limit))

    def edges(self) -> list[dict[str, Any]]:
        return self._rows(edges_flux(self._settings.database))

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]  # left untyped by the library

    def _rows(self, flux: str) -> list[dict[str, Any]]:
        try:
            records = self._api.query_stream(flux, org=self._settings.org)
            return [_flat(record.values) for record in records]
        except ApiException as error:
            problem = f"{error.status} {error.reason}"
            raise HistoryUnavailable(f"{self._settings.url}: {problem}") from error
        except (HTTPError, OSError, FluxQueryException, FluxCsvParserException) as error:
            raise HistoryUnavailable(f"{self._settings.url}: {error}") from error


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """A Flux record as a row: its time in nanoseconds, a column without a value as None."""
    row = {"text": None, "value": None} | dict(values)
    row["time"] = _time_ns(values["_time"])
    return row


def _time_ns(moment: datetime) -> int:
    """The library reads times to the microsecond, which is all that an event time has."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _reading(row: dict[str, Any]) -> Reading:
    return Reading(
        device=row["device"],
        unit=row["unit"],
        kind=Kind(row["kind"]),
        channel=row["channel"],
        value=(row["text"] or "") if row["value"] is None else float(row["value"]),
        at_ns=event_ns(row["time"]),
        received_ns=row["received_ns"],
        clock=TimeSource(row["clock"]),
        quality=Quality(row["quality"]),
        historical=row["historical"],
        seq=row["seq"],
        boot=row["boot"],
        resolution=float(row["resolution"]),
        offset_ns=row.get("offset_ns") or 0,
    )
