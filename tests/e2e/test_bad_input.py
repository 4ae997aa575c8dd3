"""Bad input between good, to real processes: each piece is refused by name, none is felt."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time_ns
from typing import Any

import aiomqtt
import httpx
import msgspec
import pytest

from edge.history import JournalHistory
from edge.outbox import Envelope
from edge.reading import (
    HOUR_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from tests.e2e import bad_input
from tests.e2e.bad_input import (
    FINDINGS,
    HTTP,
    IN_FINDING,
    OBS,
    ONE_MB,
    SITE,
    TO_ANOTHER_SITE,
    TO_EDGE,
    TO_GATEWAY,
)
from tests.kill.eventually import eventually
from tests.servers.process import Server, free_port

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"


@dataclass
class Aftermath:
    """What is left in the journal, the database and the console when all is over."""

    seqs: list[int] = field(default_factory=list)
    edge_letters: list[tuple[str, bytes]] = field(default_factory=list)
    edge_counts: dict[str, int] = field(default_factory=dict)
    gateway_letters: list[tuple[str, bytes]] = field(default_factory=list)
    incidents: set[str] = field(default_factory=set)
    http: dict[str, tuple[int, str]] = field(default_factory=dict)
    pages: dict[str, httpx.Response] = field(default_factory=dict)
    alive: tuple[bool, bool] = (False, False)


GOOD_SEQS = list(range(len(TO_EDGE) + 2))
BAD_FINDINGS = len(TO_GATEWAY) + len(IN_FINDING)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory, mosquitto: Server) -> Aftermath:
    folder = tmp_path_factory.mktemp("bad-input")
    mosquitto.start()
    ports = {"console": free_port(), "metrics": free_port()}
    _configure(folder, mosquitto, ports)
    with ExitStack() as stack:
        edge = stack.enter_context(_process("edge", folder))
        gateway = stack.enter_context(_process("gateway", folder))
        after = asyncio.run(_play(folder, mosquitto, ports))
        after.alive = edge.poll() is None, gateway.poll() is None
    return after


def _configure(folder: Path, broker: Server, ports: dict[str, int]) -> None:
    for name in ("plans", "roster", "places"):
        example = (CONFIG / f"{name}.toml").read_text("utf-8").replace("s01", SITE)
        (folder / f"{name}.toml").write_text(example.replace(f', "{SITE}/b02"]', "]"), "utf-8")
    (folder / "registry.toml").write_text(
        f'version = 1\nsite = "{SITE}"\n'
        'unit = [{code = "u0101", building = "b01", care = ["alone"]}]\n'
        'device = [{id = "wm-1", kind = "water", unit = "u0101"},\n'
        '          {id = "wm-2", kind = "water", unit = "u0101", to = 2020-01-01T00:00:00Z}]\n'
    )
    (folder / "password").write_text(broker.password)
    link = f'port = {broker.port}\nusername = "{broker.username}"\npassword_file = "password"\n'
    (folder / "edge.toml").write_text(
        f'edge = "e01"\nsite = "{SITE}"\nregistry = "registry.toml"\n'
        f'[journal]\npath = "journal.db"\nlinger = "100 ms"\n[metrics]\nport = {ports["metrics"]}\n'
        f'[clock]\ntrust = "assume"\n[broker]\nclient_id = "{SITE}-edge"\n{link}'
    )
    (folder / "gateway.toml").write_text(
        f'site = "{SITE}"\npublic_url = "http://127.0.0.1:{ports["console"]}"\n'
        f'registry = "registry.toml"\nplans = "plans.toml"\nroster = "roster.toml"\n'
        f'places = "places.toml"\nsecret_file = "link.secret"\n'
        'metrics_token = "a token for the scraper"\n'
        f"[listen]\nport = {ports['console']}\n"
        f'[database]\nurl = "sqlite:///gateway.db"\n'
        f'[history]\nkind = "journal"\njournal = "journal.db"\n'
        f'[broker]\nclient_id = "{SITE}-gate"\n{link}'
    )


@contextmanager
def _process(command: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    arguments = ["-m", "simulators.cli", command, "--config", str(folder / f"{command}.toml")]
    with (folder / f"{command}.out").open("wb") as out, (folder / f"{command}.err").open("wb") as e:
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=out, stderr=e)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _play(folder: Path, broker: Server, ports: dict[str, int]) -> Aftermath:
    after = Aftermath()
    async with _client(broker, "hand") as client:
        await _until_up(client)
        with contextlib.suppress(aiomqtt.MqttError):
            async with _client(broker, "heavy") as heavy:
                await heavy.publish(OBS, ONE_MB, qos=1)
        await _to_edge(client)
        await _to_gateway(client)
    await _settled(folder)
    _read_edge(folder, ports["metrics"], after)
    _read_gateway(folder, after)
    await _ask(folder, ports["console"], after)
    return after


def _client(broker: Server, name: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=f"{SITE}-{name}",
        timeout=3,
    )


async def _until_up(client: aiomqtt.Client) -> None:
    """Both processes have subscribed: the edge is up, and the gateway acks what it is told."""
    await client.subscribe(f"sw/1/{SITE}/_edge/e01/status", qos=1)
    await client.subscribe(f"sw/1/{SITE}/_ack/e02", qos=1)
    await asyncio.wait_for(anext(aiter(client.messages)), 30)
    while True:
        await client.publish(FINDINGS, _envelope(1), qos=1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(anext(aiter(client.messages)), 1)
            return


async def _to_edge(client: aiomqtt.Client) -> None:
    now_s = time_ns() // SECOND_NS - len(GOOD_SEQS)
    cases = [case[:2] for case in TO_EDGE.values()] + [TO_ANOTHER_SITE]
    for seq in GOOD_SEQS:
        good = bad_input.message(boot=0, seq=seq, t=now_s + seq)
        await client.publish(OBS, good, qos=1)
        if seq < len(cases):
            topic, payload = cases[seq]
            await client.publish(topic, payload.replace(b"{now}", str(now_s).encode()), qos=1)


async def _to_gateway(client: aiomqtt.Client) -> None:
    good = [_envelope(2 + number) for number in range(BAD_FINDINGS + 1)]
    bad = [(topic, payload) for topic, payload, _ in TO_GATEWAY.values()]
    for changes, _ in IN_FINDING.values():
        bad.append((FINDINGS, bad_input.spoiled(_envelope(1_000), changes)))
    for number, sound in enumerate(good):
        await client.publish(FINDINGS, sound, qos=1)
        if number < len(bad):
            topic, payload = bad[number]
            await client.publish(topic, sound if payload == b"GOOD" else payload, qos=1)


def _envelope(seq: int) -> bytes:
    return msgspec.json.encode(Envelope(1, "e02", "epoch", seq, _finding(seq), seq - 1))


def _finding(seq: int) -> Finding:
    now_ns = time_ns()
    subject = f"{SITE}/b01/u0101"
    return Finding(
        id=finding_id("welfare", subject, seq),
        revision=0, rule="welfare", rule_version=1, subject=subject, category="welfare",
        tier=Tier.URGENT, state=FindingState.RAISED, since_ns=now_ns - 12 * HOUR_NS,
        at_ns=now_ns, timeliness=Timeliness.LIVE,
        evidence=Evidence({"volume_l": 0.0}, {"threshold_l": 10.0}, now_ns, 60.0, "零升", "0 L"),
    )  # fmt: skip


async def _settled(folder: Path) -> None:
    history = JournalHistory(folder / "journal.db")

    def edge_is_done() -> bool:
        letters = _rows(folder / "journal.db", "SELECT count(*) FROM dead_letter")
        return letters == [(len(TO_EDGE),)] and len(_seqs(history)) == len(GOOD_SEQS)

    def gateway_is_done() -> bool:
        tables = ("dead_letter", "incident")
        counts = [_rows(folder / "gateway.db", f"SELECT count(*) FROM {t}")[0][0] for t in tables]
        return counts == [BAD_FINDINGS, BAD_FINDINGS + 2]

    await eventually(edge_is_done, "the edge has taken or refused everything")
    await eventually(gateway_is_done, "the gateway has taken or refused everything")


def _rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def _seqs(history: JournalHistory) -> list[int]:
    return [reading.seq for reading in history.readings(["wm-1"], 0, 2**62, 1_000)]


def _read_edge(folder: Path, port: int, after: Aftermath) -> None:
    after.seqs = _seqs(JournalHistory(folder / "journal.db"))
    query = "SELECT reason, payload FROM dead_letter ORDER BY id"
    after.edge_letters = _rows(folder / "journal.db", query)
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    name = 'shouwang_edge_rejected_total{reason="'
    lines = [line.removeprefix(name) for line in text.splitlines() if line.startswith(name)]
    after.edge_counts = {line.split('"')[0]: int(float(line.split()[-1])) for line in lines}


def _read_gateway(folder: Path, after: Aftermath) -> None:
    query = "SELECT reason, payload FROM dead_letter ORDER BY id"
    after.gateway_letters = _rows(folder / "gateway.db", query)
    found = _rows(folder / "gateway.db", "SELECT finding_id FROM incident")
    after.incidents = {finding for (finding,) in found}


async def _ask(folder: Path, port: int, after: Aftermath) -> None:
    url = f"http://127.0.0.1:{port}"
    password = (folder / "gateway.out").read_text("utf-8").splitlines()[0].split()[-1]
    async with httpx.AsyncClient(base_url=url, headers={"origin": url}, trust_env=False) as client:
        data = {"login": "admin", "password": password}
        assert (await client.post("/login", data=data)).status_code == 303
        incident = f"i{_finding(2).id}"
        for name, (method, path, body) in HTTP.items():
            answer = await client.request(
                method, path.replace("{incident}", incident), content=body,
                headers={"content-type": "application/x-www-form-urlencoded"
                         if path == "/login" else "application/json"},
            )  # fmt: skip
            after.http[name] = answer.status_code, answer.text
        for path in ("/", "/units", "/units/u0101", f"/incidents/{incident}", "/edges"):
            after.pages[path] = await client.get(path)
        after.pages["/metrics"] = await client.get("/metrics")


def test_both_processes_live_on(aftermath: Aftermath) -> None:
    assert aftermath.alive == (True, True)


def test_every_good_neighbour_is_in_the_journal_once(aftermath: Aftermath) -> None:
    assert aftermath.seqs == GOOD_SEQS


@pytest.mark.parametrize(("number", "name"), list(enumerate(TO_EDGE)), ids=list(TO_EDGE))
def test_the_edge_refuses_it_by_name_and_keeps_it(
    aftermath: Aftermath, number: int, name: str
) -> None:
    reason, kept = aftermath.edge_letters[number]
    _, payload, expected = TO_EDGE[name]
    assert reason == expected
    assert kept[:20] == payload[:20].split(b"{now}")[0]
    assert len(kept) <= 4_096


def test_the_edge_counts_what_it_refuses_by_reason(aftermath: Aftermath) -> None:
    assert aftermath.edge_counts == Counter(reason for _, _, reason in TO_EDGE.values())


def test_the_gateway_refuses_each_by_name(aftermath: Aftermath) -> None:
    expected = [reason for _, _, reason in TO_GATEWAY.values()]
    expected += [reason for _, reason in IN_FINDING.values()]
    assert [reason for reason, _ in aftermath.gateway_letters] == expected


def test_every_good_finding_between_them_is_an_incident(aftermath: Aftermath) -> None:
    assert aftermath.incidents == {_finding(1 + n).id for n in range(BAD_FINDINGS + 2)}


@pytest.mark.parametrize("name", HTTP)
def test_the_console_answers_bad_requests_without_breaking(aftermath: Aftermath, name: str) -> None:
    status, text = aftermath.http[name]
    assert (300 if HTTP[name][0] == "POST" else 200) <= status < 500
    assert "Traceback" not in text


def test_afterwards_the_console_shows_the_incidents_and_that_messages_were_lost(
    aftermath: Aftermath,
) -> None:
    assert {page.status_code for page in aftermath.pages.values()} == {200}
    assert "零升" in aftermath.pages["/"].text
    assert "条预警消息无法读取" in aftermath.pages["/"].text
    assert "u0101" in aftermath.pages["/units"].text
    assert 'dead_letters{reason="too_deep"} 1.0' in aftermath.pages["/metrics"].text
