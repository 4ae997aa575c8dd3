"""A small InfluxDB 2: line protocol in, annotated CSV out, and the faults a test asks for.

It understands the two questions that `edge.influx_query` asks in Flux, and refuses any other.
It stands in for a server that no package provides; InfluxDB 1.x is tested against the real one.
"""

import csv
import gzip
import io
import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

Value = float | int | str | bool
Point = tuple[str, tuple[tuple[str, str], ...], int]
TOKEN, BUCKET, ORG = "a-token", "shouwang", "estate"
CUT = 0
"""In place of a status: the write is stored and the connection ends without an answer."""

_UNESCAPE = re.compile(r"\\([,= ])")
_FIELD = re.compile(r'([^=]+)=("(?:[^"\\]|\\.)*"|[^,]+)(?:,|$)')
_LITERAL = r'"((?:[^"\\]|\\.)*)"'
_READINGS = re.compile(
    r"from\(bucket: "
    + _LITERAL
    + r"\)\s+\|> range\(start: time\(v: (\d+)\), stop: time\(v: (\d+)\)\)"
    r'\s+\|> filter\(fn: \(r\) => r\._measurement == "reading" and \((.*)\)\)'
    r"\s+\|> pivot\(.*\)\s+\|> group\(\)\s+\|> sort\(columns: \[\"_time\"\]\)"
    r"\s+\|> limit\(n: (\d+)\)"
)
_EDGES = re.compile(
    r"from\(bucket: " + _LITERAL + r'\)\s+\|> range\(start: -35d\)\s.*"edge"', re.DOTALL
)
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}


class Fault(NamedTuple):
    """How the next write is answered."""

    status: int
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Influx2:
    """The points there are, what was asked, and how the next writes will fail."""

    url: str = ""
    points: dict[Point, dict[str, Value]] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    writes: list[list[str]] = field(default_factory=list)
    token: str = TOKEN

    def write(self, lines: list[str]) -> Fault:
        """Take the lines in, but those whose text contains `bad`."""
        self.writes.append(lines)
        fault = self.faults.popleft() if self.faults else Fault(204)
        if fault.status not in {204, CUT}:
            return fault
        bad = [line for line in lines if "bad" in line]
        for line in lines:
            if line not in bad:
                point, fields = parsed(line)
                self.points.setdefault(point, {}).update(fields)
        if bad:
            said = f"failure writing points: partial write: field type conflict dropped={len(bad)}"
            return Fault(422, json.dumps({"code": "unprocessable entity", "message": said}))
        return fault

    def answer(self, flux: str) -> str | None:
        """The CSV for a question; None for one that is not understood."""
        if asked := _READINGS.fullmatch(flux):
            bucket, start, stop, chosen, limit = asked.groups()
            names = [unescaped(text) for text in re.findall(r"r\.device == " + _LITERAL, chosen)]
            rows = self._rows("reading", int(start), int(stop))
            rows = [row for row in rows if row["device"] in names][: int(limit)]
        elif asked := _EDGES.match(flux):
            bucket = asked[1]
            newest = {row["edge"]: row for row in self._rows("edge", 0, 2**63)}
            kept = {"time", "edge", "site", "missing_from_ns", "missing_to_ns"}
            rows = [{k: row[k] for k in kept & row.keys()} for row in newest.values()]
        else:
            return None
        return annotated(rows) if bucket == BUCKET else None

    def _rows(self, measurement: str, start_ns: int, stop_ns: int) -> list[dict[str, Value]]:
        found = [
            {"time": at_ns, **dict(tags), **fields}
            for (name, tags, at_ns), fields in self.points.items()
            if name == measurement and start_ns <= at_ns < stop_ns
        ]
        return sorted(found, key=lambda row: row["time"])


def parsed(line: str) -> tuple[Point, dict[str, Value]]:
    """A line of the protocol, taken apart."""
    key, rest = re.split(r"(?<!\\) ", line, maxsplit=1)
    written, _, at = rest.rpartition(" ")
    measurement, *tags = re.split(r"(?<!\\),", key)
    pairs = [re.split(r"(?<!\\)=", tag) for tag in tags]
    named = tuple((_UNESCAPE.sub(r"\1", k), _UNESCAPE.sub(r"\1", v)) for k, v in pairs)
    return (measurement, named, int(at)), {k: _value(v) for k, v in _FIELD.findall(written)}


def _value(text: str) -> Value:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in {"true", "false"}:
        return text == "true"
    return int(text[:-1]) if text.endswith("i") else float(text)


def unescaped(literal: str) -> str:
    """What is between the quotes of a Flux string literal, read as Flux reads it.

    Raises:
        ValueError: it would interpolate, or has an escape that Flux does not know.
    """
    if "${" in literal:
        raise ValueError("interpolates")
    read = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t"}

    def one(match: re.Match[str]) -> str:
        if match[1].startswith("x"):
            return chr(int(match[1][1:], 16))
        if match[1] not in read:
            raise ValueError(match[0])
        return read[match[1]]

    return re.sub(r"\\(x[0-9a-fA-F]{2}|.)", one, literal)


def annotated(rows: list[dict[str, Value]]) -> str:
    """Rows as one table of annotated CSV; none of them is an empty body, as the server's is."""
    if not rows:
        return "\r\n"
    names = sorted({name for row in rows for name in row} - {"time"})
    kinds = {name: _TYPES[type(next(r[name] for r in rows if name in r))] for name in names}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["#datatype", "string", "long", "dateTime:RFC3339", *kinds.values()])
    writer.writerow(["#group", "false", "false", "false", *["false"] * len(names)])
    writer.writerow(["#default", "_result", "", "", *[""] * len(names)])
    writer.writerow(["", "result", "table", "_time", *names])
    for row in rows:
        values = [_written(row[name]) if name in row else "" for name in names]
        writer.writerow(["", "", "0", _rfc3339(int(row["time"])), *values])
    return text.getvalue() + "\r\n"


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rfc3339(at_ns: int) -> str:
    second = datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{second}.{at_ns % 10**9:09d}Z"


class _Listener(ThreadingHTTPServer):
    """The listening socket of one store."""

    def __init__(self, store: Influx2) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.store = store
        store.url = f"http://127.0.0.1:{self.server_port}"


class _Door(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self._answer(self._judged(parts.path, parse_qs(parts.query), body))

    def _judged(self, path: str, asked: dict[str, list[str]], body: bytes) -> Fault:
        store = self.server.store
        if self.headers.get("Authorization") != f"Token {store.token}":
            return Fault(401, '{"code":"unauthorized","message":"unauthorized access"}')
        if path == "/api/v2/query":
            said = store.answer(json.loads(body)["query"])
            return Fault(400, "cannot compile") if said is None else Fault(200, said)
        if asked.get("bucket") != [BUCKET]:
            return Fault(404, '{"code":"not found","message":"bucket not found"}')
        return store.write(body.decode().splitlines())

    def _answer(self, fault: Fault) -> None:
        if fault.status == CUT:
            return
        self.send_response(fault.status)
        for name, value in fault.headers:
            self.send_header(name, value)
        body = fault.body.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def influx_v2() -> Iterator[Influx2]:
    """The server, listening on a loopback port of its own."""
    store = Influx2()
    with _Listener(store) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
