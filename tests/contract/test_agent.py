"""The edge as its neighbours see it: messages in, findings out, nothing lost between."""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from edge import topic, wire
from edge.agent import EdgeSettings, main, run_edge
from edge.clock import sleep, sleep_until
from edge.outbox import Ack, Envelope
from edge.reading import SECOND_NS, FindingState, Kind
from edge.session import Delivery, NotPublished, Session, Will
from edge.topic import DeviceTopic, Verb
from simulators.broker import BrokerFaults, MemoryBroker
from simulators.clock import VirtualClock, run

START_NS = 1_780_000_000 * SECOND_NS
CONFIG = Path(__file__).parents[2] / "config"
PLACE = DeviceTopic("s01", "b01", "u0101", Kind.WATER, "wm-0101", Verb.OBS)
FINDINGS = topic.finding_topic("s01", "e01")
ACKS = topic.ack_topic("s01", "e01")
STATUS = topic.status_topic("s01", "e01")
HEALTH = topic.health_topic("s01", "e01")


REGISTRY = """
version = 1
site = "s01"
unit = [{code = "u0101", building = "b01", care = ["alone"]}]
device = [{id = "wm-0101", kind = "water", unit = "u0101", interval = "15 min"}]
"""


def settings(folder: Path) -> EdgeSettings:
    (folder / "registry.toml").write_text(REGISTRY, "utf-8")
    return EdgeSettings.model_validate({
        "edge": "e01", "site": "s01", "registry": folder / "registry.toml",
        "journal": {"path": folder / "journal.db"},
    })  # fmt: skip


class Site:
    """An edge on a broker in memory, a meter, and a gateway that notes what it is told."""

    def __init__(self, clock: VirtualClock, folder: Path, faults: BrokerFaults) -> None:
        self.clock = clock
        self.broker = MemoryBroker(clock, random.Random(7), faults)
        self.folder = folder
        self.findings: list[Envelope] = []
        self.health: list[dict[str, object]] = []
        self.statuses: list[bytes] = []
        self.acking = True
        self._gateway = self.broker.session("gateway", [FINDINGS, HEALTH, STATUS])
        self._meter = self.broker.session("meter", [])
        self._register = 100.0
        self._seq = 0
        self._read_at_ns = clock.now_ns()

    def connect(self, filters: object, will: Will) -> Session:
        return self.broker.session("edge", filters, will)  # type: ignore[arg-type]

    async def live(self, hours: float, litres_an_hour: float) -> None:
        """Let time pass while the meter reports every quarter of an hour."""
        for _ in range(round(hours * 4)):
            self._read_at_ns += 900 * SECOND_NS
            await sleep_until(self.clock, self._read_at_ns)
            self._register += litres_an_hour / 4 / 1_000
            await self._say()

    async def report(self) -> None:
        """One reading now."""
        self._read_at_ns = self.clock.now_ns()
        await self._say()

    async def rest(self, hours: float) -> None:
        """Let time pass without the meter."""
        await sleep(self.clock, hours * 3_600)
        self._read_at_ns = self.clock.now_ns()

    def message(self) -> wire.Message:
        record = wire.Record(n="water.total", u="m3", v=round(self._register, 3), r=0.001)
        at_s = self._read_at_ns / SECOND_NS
        return wire.Message(dev="wm-0101", boot=1, seq=self._seq, t=at_s, e=(record,))

    async def _say(self) -> None:
        self._seq += 1
        await self._insist(topic.device_topic(PLACE), wire.encode(self.message()))

    async def _insist(self, to: str, payload: bytes) -> None:
        while True:
            try:
                await self._meter.publish(to, payload)
            except NotPublished:
                await sleep(self.clock, 1.0)
            else:
                return

    async def gateway(self) -> None:
        while True:
            deliveries = await self._gateway.receive(100, 0.01)
            for delivery in deliveries:
                await self._note(delivery)
            self._gateway.ack(deliveries)

    async def _note(self, delivery: Delivery) -> None:
        if delivery.topic == STATUS:
            self.statuses.append(delivery.payload)
        elif delivery.topic == HEALTH:
            self.health.append(msgspec.json.decode(delivery.payload))
        else:
            envelope = msgspec.json.decode(delivery.payload, type=Envelope)
            self.findings.append(envelope)
            if self.acking:
                await self.acknowledge(envelope.epoch, envelope.seq)

    async def acknowledge(self, epoch: str, upto: int) -> None:
        with contextlib.suppress(NotPublished):
            await self._gateway.publish(ACKS, msgspec.json.encode(Ack(1, epoch, upto)))

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Site"]:
        async with _background(
            self._gateway.run(_ignore), self._meter.run(_ignore), self.gateway()
        ):
            yield self

    @asynccontextmanager
    async def edge(self) -> AsyncIterator[None]:
        """A running edge that dies, without a word of its own, at the end of the block."""
        async with _background(self.running(None)):
            yield

    async def running(self, stop: asyncio.Event | None) -> None:
        await run_edge(
            settings(self.folder),
            connect=self.connect,
            clock=self.clock,
            rng=random.Random(11),
            stop=stop,
        )

    def journal(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "journal.db")) as connection:
            return connection.execute(query).fetchall()


async def _ignore(_: bool) -> None:
    pass


@asynccontextmanager
async def _background(*parts: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


Scenario = Callable[[Site], Awaitable[None]]


def play(folder: Path, scenario: Scenario, faults: BrokerFaults | None = None) -> Site:
    async def main(clock: VirtualClock) -> Site:
        async with Site(clock, folder, faults or BrokerFaults()).open() as site:
            await scenario(site)
            return site

    return run(main, START_NS)


def raised(site: Site, rule: str = "welfare") -> set[str]:
    """Ids of the findings of `rule` that were raised."""
    return {
        envelope.finding.id
        for envelope in site.findings
        if envelope.finding.rule == rule and envelope.finding.state is FindingState.RAISED
    }


def test_a_home_that_stops_using_water_leads_to_one_acked_finding(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            assert raised(site) == set()
            await site.live(14, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert len(site.findings) == 1
    assert site.journal("SELECT count(*) FROM finding") == [(0,)]


def test_a_crash_at_any_hour_neither_loses_nor_repeats_a_finding(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        for _ in range(8):
            async with site.edge():
                await site.live(3, litres_an_hour=6)
            await site.live(0.5, litres_an_hour=6)
        for _ in range(5):
            async with site.edge():
                await site.live(3, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert len({(e.finding.id, e.finding.revision) for e in site.findings}) == len(site.findings)
    assert site.journal("SELECT value FROM meta WHERE key = 'boot'") == [(13,)]


def test_a_bad_network_changes_no_finding(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            await site.live(14, litres_an_hour=0)

    faults = BrokerFaults(link_life_s=1_800, duplicate=0.3, delay_s=5, reject=0.2)
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = play(tmp_path / "good", scenario)
    bad = play(tmp_path / "bad", scenario, faults)
    assert raised(bad) == raised(good) != set()
    assert raised(bad, "device_silent") == set()


def test_a_finding_goes_out_again_until_the_gateway_acks_it(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            site.acking = False
            await site.live(12.5, litres_an_hour=0)
            before = len(site.findings)
            await sleep(site.clock, 61)
            assert len(site.findings) - before in {2, 3}
            site.acking = True
            await sleep(site.clock, 60)
            settled = len(site.findings)
            await sleep(site.clock, 300)
            assert len(site.findings) == settled

    site = play(tmp_path, scenario)
    assert len({envelope.seq for envelope in site.findings}) == 1


@pytest.mark.parametrize(
    "ack",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"v":1,"epoch":"another","upto":1}',
        b'{"v":2,"epoch":"EPOCH","upto":1}',
        b'{"v":1,"epoch":"EPOCH","upto":99}',
        b'{"v":1,"epoch":"EPOCH","upto":true}',
        b" " * 2_000,
    ],
)
def test_an_ack_that_makes_no_sense_is_refused_and_counted(tmp_path: Path, ack: bytes) -> None:
    async def scenario(site: Site) -> None:
        site.acking = False
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            await site.live(13, litres_an_hour=0)
            epoch = site.findings[0].epoch.encode()
            await site._insist(ACKS, ack.replace(b"EPOCH", epoch))
            await sleep(site.clock, 61)

    site = play(tmp_path, scenario)
    assert site.journal("SELECT count(*) FROM finding") == [(1,)]
    assert site.health[-1]["acks_refused"] == 1


def test_an_edge_that_was_down_does_not_call_its_devices_silent(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(6, litres_an_hour=6)
        await site.rest(6)
        async with site.edge():
            await site.live(6, litres_an_hour=6)

    assert raised(play(tmp_path, scenario), "device_silent") == set()


def test_a_device_that_falls_silent_is_found_by_the_clock_alone(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(6, litres_an_hour=6)
            await sleep(site.clock, 2 * 3_600)

    site = play(tmp_path, scenario)
    subjects = {e.finding.subject for e in site.findings if e.finding.rule == "device_silent"}
    assert "s01/b01/u0101/wm-0101" in subjects
    assert raised(site) == set()


def test_input_that_is_refused_is_acked_counted_and_kept_as_a_dead_letter(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            for payload in (b"", b"\xff\xfe", b"{", b"[" * 9_999, b'{"v":1}'):
                await site._insist(topic.device_topic(PLACE), payload)
            await site.live(1, litres_an_hour=6)
            await sleep(site.clock, 61)
        assert site.broker.held("edge") == 0

    site = play(tmp_path, scenario)
    assert site.journal("SELECT count(DISTINCT reason), count(*) FROM dead_letter") == [(5, 5)]
    assert site.health[-1]["readings_admitted"] == 4


def test_birth_and_end_stand_on_the_status_topic(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        stop = asyncio.Event()
        async with _background(running := asyncio.ensure_future(site.running(stop))):
            await sleep(site.clock, 10)
            assert msgspec.json.decode(site.broker.retained[STATUS]) == {"up": True, "boot": 1}
            stop.set()
            await running
        assert msgspec.json.decode(site.broker.retained[STATUS]) == {"up": False, "boot": 1}

    play(tmp_path, scenario)


def test_a_clean_stop_leaves_a_checkpoint_from_which_the_next_start_continues(
    tmp_path: Path,
) -> None:
    async def scenario(site: Site) -> None:
        stop = asyncio.Event()
        async with _background(running := asyncio.ensure_future(site.running(stop))):
            await site.live(24, litres_an_hour=6)
            stop.set()
            await running
        async with site.edge():
            await site.live(13, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1


def test_a_message_that_waits_for_its_commit_counts_as_heard(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(6, litres_an_hour=6)
            # Silence is too long after three intervals and ten minutes; it ends 2 s before.
            await sleep(site.clock, 3 * 900 + 600 - 2)
            await site.report()
            await sleep(site.clock, 600)

    assert raised(play(tmp_path, scenario), "device_silent") == set()


def test_a_stop_commits_and_acks_what_waits_for_company(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        stop = asyncio.Event()
        async with _background(running := asyncio.ensure_future(site.running(stop))):
            await sleep(site.clock, 10)
            await site.report()
            await sleep(site.clock, 1)
            assert site.journal("SELECT count(*) FROM entry WHERE count > 0") == [(0,)]
            stop.set()
            await running
        assert site.broker.held("edge") == 0

    site = play(tmp_path, scenario)
    assert site.journal("SELECT sum(count) FROM entry") == [(1,)]


def test_the_health_message_tells_depth_and_counts(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(1, litres_an_hour=6)
            await sleep(site.clock, 61)

    report = play(tmp_path, scenario).health[-1]
    assert report["link_up"] == 1.0
    assert report["messages_received"] == 4
    assert report["findings_unacked"] == 0


def test_the_shipped_configuration_is_sound() -> None:
    read = EdgeSettings.read(CONFIG / "edge.toml")
    assert read.registry == CONFIG / "registry.toml"
    assert read.journal.path == CONFIG / "../var/edge/journal.db"


def test_a_broken_configuration_names_every_fault_and_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text('edge = "E 1"\nsite = "s01"\n[journal]\npath = 7\n[brokr]\n', "utf-8")
    assert main(["--config", str(path)]) == 2
    said = capsys.readouterr().err
    for part in ("edge: ", "registry: ", "journal.path: ", 'did you mean "broker"?'):
        assert part in said


def test_the_registry_of_another_site_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.toml"
    text = (CONFIG / "edge.toml").read_text("utf-8").replace('site = "s01"', 'site = "s99"')
    path.write_text(text.replace("registry.toml", str(CONFIG / "registry.toml")), "utf-8")
    assert main(["--config", str(path)]) == 2
    assert 'is the registry of "s01"' in capsys.readouterr().err
