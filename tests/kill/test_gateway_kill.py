"""A gateway killed at any step opens every incident once and tells every person of it."""

import asyncio
import base64
import json
import random
import signal
import socket
import sqlite3
import tomllib
from collections import Counter
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import time_ns

import aiomqtt
import msgspec
import pytest

from edge.clock import SystemClock
from edge.outbox import Envelope
from edge.reading import (
    HOUR_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from simulators.smsd import Network, SmsdTwin
from simulators.webhook_sink import WebhookSink
from tests.kill.abreast import play_all
from tests.kill.children import start_gateway
from tests.kill.eventually import eventually
from tests.servers.process import Server, free_port

POINTS = ["intake", "commit", "claim", "send", "mark"]
SEEDS = 20
FINDINGS = 6
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests, 32 bytes.").decode()
PEOPLE = {"wang": "13800000001", "li": "13800000002"}
RESEND_S = 0.1
NOTICES = FINDINGS * len(PEOPLE)  # on each channel

PLANS = """
version = 1
[[plan]]
id = "urgent"
category = "*"
tier = 1
title_zh = "疑似长时间未用水"
title_en = "No water used"
short_zh = "请上门查看"
short_en = "Visit now"
action_zh = "先打电话，再上门。"
action_en = "Call, then visit."
on_clear = "stand_down"
ack_within = "60 s"
[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["sms", "webhook"]
[[plan.step]]
after = "300 ms"
roles = ["backup"]
channels = ["sms", "webhook"]
"""
LESSER_PLAN = PLANS.split("[[plan]]")[1]


def write_config(folder: Path, site: str, broker: Server, hook: str) -> Path:
    folder.mkdir()
    people = zip(PEOPLE.items(), ("grid_worker", "backup"), strict=True)
    roster = "version = 1\n" + "".join(
        f'[[person]]\nid = "{who}"\nname = "{who}"\nroles = ["{role}"]\nareas = ["{site}"]\n'
        f'sms = "{number}"\nwebhook = "{hook}/{who}"\n'
        for (who, number), role in people
    )
    lesser = "".join(
        "[[plan]]" + LESSER_PLAN.replace('"urgent"', f'"t{n}"').replace("tier = 1", f"tier = {n}")
        for n in (2, 3)
    )
    (folder / "plans.toml").write_text(PLANS + lesser)
    (folder / "roster.toml").write_text(roster)
    (folder / "places.toml").write_text(
        f'version = 1\n[place]\n"{site}" = {{ zh = "幸福里", en = "X" }}\n'
    )
    (folder / "registry.toml").write_text(f'version = 1\nsite = "{site}"\n')
    (folder / "webhook.secret").write_text(SECRET)
    path = folder / "gateway.toml"
    path.write_text(
        f'site = "{site}"\npublic_url = "http://127.0.0.1:1"\nregistry = "registry.toml"\n'
        f'plans = "plans.toml"\nroster = "roster.toml"\nplaces = "places.toml"\n'
        f'secret_file = "link.secret"\n[listen]\nport = {free_port()}\n'
        f'[database]\nurl = "sqlite:///gateway.db"\n'
        f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\nclient_id = "{site}-gateway"\n'
        f'username = "{broker.username}"\npassword = "{broker.password}"\n'
        f'[channels.sms]\ndatabase = "smsd.db"\n'
        f'[channels.webhook]\nsecret_file = "webhook.secret"\nprivate_networks = ["127.0.0.0/8"]\n'
    )
    return path


def findings(site: str, now_ns: int) -> list[Finding]:
    evidence = Evidence(
        seen={"volume_l": 0.0},
        usual={"threshold_l": 10.0},
        complete_until_ns=now_ns,
        delay_s_worst=46_800.0,
        sentence_zh="12 小时内用水 0 升",
        sentence_en="0 L in 12 h",
    )
    since_ns = now_ns - 12 * HOUR_NS
    subjects = [f"{site}/b1/u{n}" for n in range(FINDINGS)]
    return [
        Finding(
            finding_id("welfare", subject, since_ns), 0, "welfare", 1, subject, "welfare",
            Tier.URGENT, FindingState.RAISED, since_ns, now_ns, Timeliness.LIVE, evidence,
        )
        for subject in subjects
    ]  # fmt: skip


class Edge:
    """An edge that sends its findings again until the gateway has them, as the real one does."""

    def __init__(self, client: aiomqtt.Client, site: str, owed: list[Finding]) -> None:
        self._client, self._site = client, site
        self._owed = dict(enumerate(owed, 1))
        self._acked = asyncio.Event()

    @property
    def done(self) -> bool:
        return not self._owed

    async def listen(self) -> None:
        await self._client.subscribe(f"sw/1/{self._site}/_ack/e01", qos=1)
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            upto = json.loads(message.payload)["upto"]
            self._owed = {seq: owed for seq, owed in self._owed.items() if seq > upto}
            self._acked.set()

    async def tell(self) -> None:
        """Publish what is owed, in order; again when nothing came back for a while."""
        while self._owed:
            for seq, finding in sorted(self._owed.items()):
                envelope = Envelope(1, "e01", f"epoch-{self._site}", seq, finding, after=seq - 1)
                body = msgspec.json.encode(envelope)
                await self._client.publish(f"sw/1/{self._site}/_finding/e01", body, qos=1)
            self._acked.clear()
            try:
                async with asyncio.timeout(RESEND_S):
                    await self._acked.wait()
            except TimeoutError:
                continue


class Run:
    """One gateway, killed once at a moment drawn from the seed, and started again."""

    def __init__(self, folder: Path, broker: Server, point: str, seed: int) -> None:
        rng = random.Random(f"{point} {seed}")
        self.site = f"g{POINTS.index(point)}-{seed}"
        self.kill_at = (
            f"gateway.{point}:{rng.randint(1, 2 if point in {'intake', 'commit'} else 9)}"
        )
        self.folder, self.broker, self.rng = folder, broker, rng
        self.texts: Counter[tuple[str, str]] = Counter()
        self.sink = WebhookSink(SystemClock(), SECRET)
        self.process: ForkServerProcess | None = None
        self.killed = False

    async def play(self) -> None:
        broker = self.broker
        async with self.sink.serving() as hook, aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"{self.site}-edge",
        ) as client:  # fmt: skip
            config = write_config(self.folder, self.site, broker, hook)
            edge = Edge(client, self.site, findings(self.site, time_ns()))
            twin = SmsdTwin(self.folder / "smsd.db", SystemClock(), self._ring, rng=self.rng,
                            network=Network(send_s=(0, 0), report_s=(0, 0)))  # fmt: skip
            twin.loop_s = 0.01
            parts = [asyncio.create_task(part) for part in (edge.listen(), twin.run())]
            await self._live(config, edge)
            for part in parts:
                part.cancel()

    async def _live(self, config: Path, edge: Edge) -> None:
        text = config.read_text()  # noqa: ASYNC240  (a small file, once)
        self.process = start_gateway(config, self.kill_at)
        await self._subscribed(text)
        telling = asyncio.create_task(edge.tell())
        await eventually(lambda: not self._alive(), "the gateway to be killed")
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL
        self.process = start_gateway(config)
        await eventually(lambda: edge.done, "every finding acknowledged")
        await telling
        await eventually(self._all_told, "every person told on every channel")
        self.process.terminate()
        await eventually(lambda: not self._alive(), "the gateway stopped")
        assert self.process.exitcode == 0

    async def _subscribed(self, config: str) -> None:
        """Until the console answers: the process is up, or was killed on its way."""
        port = tomllib.loads(config)["listen"]["port"]

        def listening() -> bool:
            with closing(socket.socket()) as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        await eventually(lambda: listening() or not self._alive(), "the gateway is up")

    def _alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def _ring(self, number: str, text: str) -> None:
        self.texts[number, text] += 1

    def _all_told(self) -> bool:
        hooks = {call.webhook_id for call in self.sink.calls}
        return len(self.texts) >= NOTICES and len(hooks) >= NOTICES

    def incidents(self) -> list[str]:
        """The finding of each incident in the gateway's database."""
        with closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            return [row[0] for row in database.execute("SELECT finding_id FROM incident")]

    def repeated_calls(self) -> set[str]:
        """The webhook ids that the sink saw more than once."""
        return {call.webhook_id for call in self.sink.calls if call.repeat}

    def cut_off(self) -> set[str]:
        """The messages whose sender died before it knew the answer, by their ledger."""
        query = (
            "SELECT idempotency_id FROM outbox JOIN ledger ON ledger.outbox_id = outbox.id"
            " WHERE ledger.state = 'unknown'"
        )
        with closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            return {row[0] for row in database.execute(query)}


@pytest.mark.parametrize("point", POINTS)
def test_a_gateway_killed_at_any_step_loses_no_incident_and_tells_everybody(
    point: str, mosquitto: Server, tmp_path: Path
) -> None:
    async def story(seed: int) -> None:
        run = Run(tmp_path / str(seed), mosquitto, point, seed)
        try:
            await run.play()
            assert len(run.incidents()) == len(set(run.incidents())) == FINDINGS
            assert len(run.texts) == NOTICES
            assert all(call.signed for call in run.sink.calls)
            assert run.texts.total() == NOTICES, "an SMS is queued once, whatever dies"
            # A call is repeated only where the kill fell between it and our note of its answer.
            assert run.repeated_calls() <= run.cut_off()
        except AssertionError as error:
            raise AssertionError(f"point {point}, seed {seed}, {run.kill_at}") from error

    play_all(story, range(SEEDS))
