"""What InfluxDB is asked, as text: in InfluxQL for its v1 interface, in Flux for v2.

A name is data in both languages and never a part of the question, whatever is in it.
"""

from collections.abc import Sequence

from edge.line_protocol import event_ns

COLUMNS = (
    "value", "text", "quality", "clock", "historical", "resolution", "boot", "received_ns", "seq",
    "offset_ns",
    "channel", "device", "kind", "unit",
)  # fmt: skip
_INFLUXQL_ESCAPES = str.maketrans({"\\": r"\\", "'": r"\'"})
_FLUX_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "$": r"\x24"})  # "${" would interpolate


def influxql_text(text: str) -> str:
    """`text`, which must be printable, as an InfluxQL string literal."""
    return f"'{_printable(text).translate(_INFLUXQL_ESCAPES)}'"


def flux_text(text: str) -> str:
    """`text`, which must be printable, as a Flux string literal."""
    return f'"{_printable(text).translate(_FLUX_ESCAPES)}"'


def readings_influxql(devices: Sequence[str], start_ns: int, end_ns: int, limit: int) -> str:
    """The question for the readings of `devices` in `[start_ns, end_ns)`, oldest first."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    chosen = " OR ".join(f'"device" = {influxql_text(device)}' for device in devices)
    return (
        f'SELECT {columns} FROM "reading"'  # noqa: S608  (InfluxQL, every name quoted above)
        f" WHERE ({chosen}) AND time >= {event_ns(start_ns)} AND time < {end_ns}"
        f" ORDER BY time LIMIT {limit}"
    )


def readings_flux(bucket: str, devices: Sequence[str], span_ns: tuple[int, int], limit: int) -> str:
    """The same question in Flux; the span must not be empty."""
    start_ns, end_ns = span_ns
    chosen = " or ".join(f"r.device == {flux_text(device)}" for device in devices)
    return "\n  |> ".join((
        f"from(bucket: {flux_text(bucket)})",
        f"range(start: time(v: {event_ns(start_ns)}), stop: time(v: {end_ns}))",
        f'filter(fn: (r) => r._measurement == "reading" and ({chosen}))',
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        "group()",
        'sort(columns: ["_time"])',
        f"limit(n: {limit})",
    ))  # fmt: skip


EDGES_INFLUXQL = 'SELECT last("missing_to_ns") AS "to", "missing_from_ns" FROM "edge" GROUP BY *'
"""Every edge's latest word on its backlog; the point's own time is when it was said."""


def edges_flux(bucket: str) -> str:
    """The same question in Flux, of the last 35 days."""
    return "\n  |> ".join((
        f"from(bucket: {flux_text(bucket)})",
        "range(start: -35d)",
        'filter(fn: (r) => r._measurement == "edge")',
        'filter(fn: (r) => r._field == "missing_from_ns" or r._field == "missing_to_ns")',
        "last()",
        'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
        "group()",
    ))  # fmt: skip


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"cannot stand in a query: {text!r}")
    return text
