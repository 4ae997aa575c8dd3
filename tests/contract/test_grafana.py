"""What is shipped for Grafana and InfluxDB works on a real InfluxDB that the edge has filled."""

import itertools
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from edge.influx import sink
from edge.journal import Journal
from edge.line_protocol import edge_line
from edge.reading import HOUR_NS
from tests.contract.forwarding import WatchedHealth, forward_all, health, influx, journal, v1
from tests.contract.readings import admitted, finding, reading
from tests.servers.databases import DATABASE, query
from tests.servers.process import Server

__all__ = ["health", "influx", "journal"]

CONFIG = Path(__file__).parents[2] / "config"
BOARD = json.loads((CONFIG / "grafana/dashboards/shouwang.json").read_text("utf-8"))
TARGETS = {
    f"{panel['title']} {target['refId']}": target["query"]
    for panel in BOARD["panels"]
    for target in panel["targets"]
}
VARIABLES = {v["name"]: v["query"] for v in BOARD["templating"]["list"] if v["type"] == "query"}
MACROS = {
    "$timeFilter": "time > now() - 7d",
    "$__interval": "1h",
    "$site": "s01",
    "$unit": "(u1|u2)",
}


def _asked(text: str) -> str:
    """The query as Grafana sends it."""
    for macro, value in MACROS.items():
        text = text.replace(macro, value)
    assert "$" not in text.replace("$/", "")
    return text


def _rows(server: Server, text: str) -> list[Any]:
    (result,) = query(server, text).json()["results"]
    assert "error" not in result
    return [row for series in result.get("series", []) for row in series["values"]]


def _fill(server: Server, journal: Journal, health: WatchedHealth) -> None:
    now_ns = time.time_ns()
    journal.append([admitted(*(reading(n, at_ns=now_ns - (12 - n) * HOUR_NS) for n in range(12)))])
    journal.settle(1, [msgspec.structs.replace(finding(1), at_ns=now_ns - HOUR_NS)])
    for gauge in ("findings_unacked", "link_up", "boot", "journal_bytes"):
        health.gauge(gauge, 1.0)  # the agent's own
    an_hour_ago = edge_line("s01", "e01", health.snapshot(), (0, 0), now_ns - HOUR_NS)
    written = httpx.post(
        f"{server.url}/write", params={"db": DATABASE}, content=an_hour_ago or "",
        auth=(server.username, server.password), trust_env=False,
    )  # fmt: skip
    written.raise_for_status()
    forward_all(journal, health, sink(v1(server)))


def test_every_query_of_the_dashboard_finds_what_the_edge_has_forwarded(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    _fill(influx, journal, health)
    for name, text in (TARGETS | VARIABLES).items():
        assert _rows(influx, _asked(text)), name


def test_water_by_the_hour_is_in_litres_and_leaves_gaps_out(
    influx: Server, journal: Journal, health: WatchedHealth
) -> None:
    now_ns = time.time_ns() // HOUR_NS * HOUR_NS
    hours = [0, 1, 2, 6, 7]
    journal.append([admitted(*(reading(n, at_ns=now_ns - (9 - n) * HOUR_NS) for n in hours))])
    forward_all(journal, health, sink(v1(influx)))
    (text,) = (text for name, text in TARGETS.items() if name.startswith("Water by the hour"))
    litres = [row[1] for row in _rows(influx, _asked(text))]
    assert litres == pytest.approx([1, 1, 4, 1])


def test_the_dashboard_is_ready_to_be_provisioned() -> None:
    assert BOARD["uid"]
    assert "id" not in BOARD
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    sources = {json.dumps(p["datasource"], sort_keys=True) for p in BOARD["panels"]}
    assert sources == {json.dumps({"type": "influxdb", "uid": "${source}"})}
    for one, other in itertools.combinations([p["gridPos"] for p in BOARD["panels"]], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)


def test_the_statements_for_influxdb_1_are_understood_by_it(influx: Server) -> None:
    text = (CONFIG / "influxdb/v1.influxql").read_text("utf-8")
    query(influx, f"DROP DATABASE {DATABASE}")
    for statement in re.sub(r"^--.*$", "", text, flags=re.MULTILINE).split(";\n"):
        if statement.strip():
            assert _rows(influx, statement.strip()) == []
    assert {row[0] for row in _rows(influx, f"SHOW RETENTION POLICIES ON {DATABASE}")} == {
        "year", "decade",
    }  # fmt: skip
    for user in ("edge", "gateway"):
        query(influx, f"DROP USER {user}")
