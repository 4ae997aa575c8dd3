"""Node-RED on the benchmark's feed: from the broker's backlog into SQLite, by a flow of nodes.

What many an estate starts with: an MQTT node, a function, a SQLite node. The flow is measured as
its users draw it, one INSERT a message, or with rows gathered into one statement, which is faster.
What is fair about it is written in README.md beside this.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from bench.feed import FILTER
from bench.peers.peer import Peer, PeerFigures, Run, home_of, rows_in
from bench.publisher import Address
from tests.servers.process import free_port

NAME = "node-red"
GATHERED = 1_000
"""Rows of one statement, as many as the other peer writes at once; fewer after 100 ms."""
_GATHERED_S = 0.1
_TABLE = "CREATE TABLE reading (id INTEGER PRIMARY KEY, dev TEXT, entries TEXT)"
_Node = dict[str, Any]


async def measure(
    folder: Path,
    address: Address,
    messages: Iterable[tuple[str, bytes]],
    count: int,
    *,
    gathers: bool,
) -> PeerFigures:
    """Node-RED takes `count` messages that the broker keeps for it into its SQLite."""
    folder.mkdir()  # noqa: ASYNC240  (nothing else runs yet)
    _configure(folder, address, gathers=gathers)
    node_red = Peer(folder, _run(folder))
    try:
        await node_red.until_started()
        return await node_red.taken_in(address, messages, count)
    finally:
        node_red.end()


def _run(folder: Path) -> Run:
    red = home_of(NAME) / "node_modules/node-red/red.js"
    return Run(
        command=["node", red, "--userDir", folder, "--settings", folder / "settings.js"],
        environment={"NODE_ENV": "production"},
        started="Connected to broker",
        rows=partial(rows_in, folder / "reading.db", "reading"),
    )


def _configure(folder: Path, address: Address, *, gathers: bool) -> None:
    with closing(sqlite3.connect(folder / "reading.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")  # it stays with the file
        database.execute(_TABLE)
    settings = _settings(folder)
    (folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)};\n")
    (folder / "flows.json").write_text(json.dumps(_flow(folder, address, gathers=gathers)))
    secret = {"broker": {"user": address.username, "password": address.password}}
    (folder / "flows_cred.json").write_text(json.dumps(secret))


def _settings(folder: Path) -> Mapping[str, Any]:
    """Nothing but the flow: no editor, no HTTP, no projects, no diagnostics, no telemetry."""
    return {
        "flowFile": str(folder / "flows.json"), "credentialSecret": False,
        "uiHost": "127.0.0.1", "uiPort": free_port(),
        "httpAdminRoot": False, "httpNodeRoot": False, "disableEditor": True,
        "diagnostics": {"enabled": False}, "telemetry": {"enabled": False},
        "editorTheme": {"projects": {"enabled": False}},
        "logging": {"console": {"level": "info", "metrics": False, "audit": False}},
    }  # fmt: skip


def _flow(folder: Path, address: Address, *, gathers: bool) -> list[_Node]:
    broker = _node(
        "broker", "mqtt-broker", z="", broker=address.host, port=str(address.port),
        clientid="bench-peer", autoConnect=True, usetls=False, protocolVersion="4",
        keepalive="600", cleansession=False,
    )  # fmt: skip
    database = _node("database", "sqlitedb", z="", db=str(folder / "reading.db"), mode="RWC")
    start = _node(
        "start", "inject", wires=[["ease"]], once=True, onceDelay=0.1,
        props=[{"p": "topic", "vt": "str"}], topic="PRAGMA synchronous = NORMAL",
    )  # fmt: skip
    ease = _node("ease", "sqlite", mydb="database", sqlquery="msg.topic", sql="", wires=[[]])
    source = _node(
        "source", "mqtt in", topic=FILTER, qos="1", datatype="json", broker="broker", nl=False,
        rap=True, rh=0, inputs=0, wires=[["gather" if gathers else "row"]],
    )  # fmt: skip
    ends = _gathering() if gathers else _one_by_one()
    return [_node("flow", "tab", z="", label="feed"), broker, database, start, ease, source, *ends]


def _one_by_one() -> list[_Node]:
    """As the node's own documentation shows it: a prepared statement, given its parameters."""
    row = (
        "msg.params = {$dev: msg.payload.dev, $entries: JSON.stringify(msg.payload.e)};\n"
        "return msg;"
    )
    sql = "INSERT INTO reading (dev, entries) VALUES ($dev, $entries)"
    return [
        _function("row", row, "store"),
        _node("store", "sqlite", mydb="database", sqlquery="prepared", sql=sql, wires=[[]]),
    ]


def _gathering() -> list[_Node]:
    """Rows are joined by their number or by time, and inserted by one statement."""
    statement = (
        'const quoted = text => "\'" + String(text).replaceAll("\'", "\'\'") + "\'";\n'
        "const rows = msg.payload.map(\n"
        "    each => `(${quoted(each.dev)}, ${quoted(JSON.stringify(each.e))})`);\n"
        'return {topic: "INSERT INTO reading (dev, entries) VALUES " + rows.join(",")};'
    )
    join = _node(
        "gather", "join", mode="custom", build="array", property="payload",
        propertyType="msg", key="topic", joiner="", joinerType="str", accumulate=False,
        timeout=str(_GATHERED_S), count=str(GATHERED), wires=[["statement"]],
    )  # fmt: skip
    store = _node("store", "sqlite", mydb="database", sqlquery="msg.topic", sql="", wires=[[]])
    return [join, _function("statement", statement, "store"), store]


def _function(name: str, text: str, following: str) -> _Node:
    return _node(
        name, "function", func=text, outputs=1, timeout=0, noerr=0, initialize="", finalize="",
        libs=[], wires=[[following]],
    )  # fmt: skip


def _node(name: str, kind: str, *, z: str = "flow", **rest: Any) -> _Node:
    place = {"z": z} if z else {}
    return {"id": name, "type": kind, "name": ""} | place | rest
