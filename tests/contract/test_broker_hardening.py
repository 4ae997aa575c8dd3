"""What the shipped broker configuration keeps out, on a real mosquitto that runs by it.

A refused publish is confirmed and a refused subscription granted, so these tests look at what
is delivered. What must not arrive is sent first and something lawful after it, so that the
first thing to arrive proves that nothing came before it.
"""

import asyncio
import contextlib
import random
import socket
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge import topic
from edge.broker import BrokerSettings, PahoSession
from edge.clock import SystemClock
from edge.registry import Registry
from edge.session import NotPublished, Will
from gateway.intake import filters as gateway_filters
from tests.contract.test_session import (
    nothing_comes,
    online,
    payloads,
    play,
    receive,
)
from tests.servers.hardened import (
    CONFIG,
    TLS_SOCKETS,
    Hardened,
    authority,
    certificate,
    hardened_in,
)
from tests.servers.links import Links, cancelled, kept_out, listening
from tests.servers.process import PASSWORD, Server

SITE, EDGE_CODE = "s01", "e01"
A, B = "wm-0101", "wm-0102"
PLACE = {A: f"sw/1/{SITE}/b01/u0101/water/{A}", B: f"sw/1/{SITE}/b01/u0102/water/{B}"}
OBS_A, OBS_B = (f"{PLACE[device]}/obs" for device in (A, B))
STRANGER = "stranger"


def shipped(name: str) -> Any:
    return tomllib.loads((CONFIG / name).read_text("utf-8"))


EDGE: str = shipped("edge.toml")["broker"]["username"]
GATEWAY: str = shipped("gateway.toml")["broker"]["username"]
CONFIG_TOPIC = topic.config_topic(SITE, EDGE_CODE)
ANSWERS = topic.answer_topic(SITE, EDGE_CODE)
TOLD = (topic.ack_topic(SITE, EDGE_CODE), CONFIG_TOPIC, ANSWERS)
EDGE_FILTERS = (*topic.device_filters(SITE), *TOLD)
GATEWAY_FILTERS = (*gateway_filters(SITE), topic.seen_filter(SITE), topic.state_filter(SITE))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hardened]:
    users = (A, B, EDGE, GATEWAY, "monitor", STRANGER)
    hardened = hardened_in(tmp_path_factory.mktemp("hardened"), users)
    hardened.server.start()
    yield hardened
    hardened.server.kill()


@pytest.fixture
def broker(running: Hardened) -> Server:
    """The broker without a memory of earlier tests."""
    running.server.kill()
    (running.server.folder / "mosquitto.db").unlink(missing_ok=True)
    running.server.start()
    return running.server


def session(
    broker: Server,
    user: str | None,
    filters: Sequence[str] = (),
    will: Will | None = None,
    **settings: object,
) -> PahoSession:
    told: dict[str, object] = {"port": broker.port, "client_id": user or "nobody"}
    if user is not None:
        told |= {"username": user, "password": PASSWORD}
    chosen = BrokerSettings.model_validate({**told, "keepalive": "5 s", **settings})
    return PahoSession(chosen, filters, clock=SystemClock(), rng=random.Random(3), will=will)


def test_every_device_of_the_shipped_registry_may_write_in_its_place_and_only_there() -> None:
    registry = Registry.parse(shipped("registry.toml"), CONFIG / "registry.toml")
    lines = (CONFIG / "mosquitto.acl").read_text("utf-8").splitlines()
    granted = {
        lines[at].removeprefix("user "): lines[at + 1]
        for at in range(len(lines) - 1)
        if lines[at].startswith("user wm-")
    }
    now_ns = 1_800_000_000 * 10**9
    places = {}
    for device in {each["id"] for each in shipped("registry.toml")["device"]}:
        home, _, name = (registry.device_subject(device, now_ns) or "").rpartition("/")
        places[device] = f"topic write sw/1/{home}/water/{name}/+"
    assert granted == places


def test_nobody_connects_without_a_name_or_with_a_wrong_password(
    broker: Server,
) -> None:
    async def scenario() -> None:
        await kept_out(session(broker, None), "connection refused")
        await kept_out(session(broker, A, password="wrong"), "connection refused")

    play(scenario())


def test_edge_and_gateway_may_do_all_that_they_have_to(broker: Server) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        gateway = session(broker, GATEWAY, GATEWAY_FILTERS)
        duties = [
            topic.finding_topic(SITE, EDGE_CODE),
            topic.status_topic(SITE, EDGE_CODE),
            topic.health_topic(SITE, EDGE_CODE),
            topic.seen_topic(SITE, EDGE_CODE),
            topic.question_topic(SITE, EDGE_CODE),
        ]
        async with online(edge), online(gateway), online(session(broker, A)) as device:
            for verb in ("obs", "hist", "evt"):
                await device.publish(f"{PLACE[A]}/{verb}", verb.encode())
            assert payloads(await receive(edge, 3)) == [b"obs", b"hist", b"evt"]
            for duty in duties:
                await edge.publish(duty, b"duty")
            assert [got.topic for got in await receive(gateway, len(duties))] == duties
            await gateway.publish(topic.ack_topic(SITE, EDGE_CODE), b"ack")
            assert payloads(await receive(edge, 1)) == [b"ack"]
            await gateway.publish(CONFIG_TOPIC, b"registry", retain=True)
            assert payloads(await receive(edge, 1)) == [b"registry"]
            await device.publish(f"{PLACE[A]}/state", b"up", retain=True)
            assert payloads(await receive(gateway, 1)) == [b"up"]
            await gateway.publish(f"{PLACE[A]}/state", b"", retain=True)
            assert payloads(await receive(gateway, 1)) == [b""]
            await gateway.publish(ANSWERS, b"now")
            assert payloads(await receive(edge, 1)) == [b"now"]

    play(scenario())


@pytest.mark.parametrize("user", [A, STRANGER])
@pytest.mark.parametrize(
    "wanted",
    ["#", "$SYS/#", "+/+/+/+/+/+/+/+", "sw/1/+/_ack/+", "sw/1/+/_cfg/+", "$share/g/#", OBS_B],
)
def test_a_device_hears_nothing_whatever_it_subscribes_to(
    broker: Server, user: str, wanted: str
) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        async with online(edge), online(session(broker, user, [wanted])) as listener:
            async with online(session(broker, B)) as device:
                await device.publish(OBS_B, b"private")
            async with online(session(broker, GATEWAY)) as gateway:
                await gateway.publish(topic.ack_topic(SITE, EDGE_CODE), b"ack")
                await gateway.publish(CONFIG_TOPIC, b"registry", retain=True)
            got = await receive(edge, 3)
            edge.ack(got)
            assert payloads(got) == [b"private", b"ack", b"registry"]
            assert await nothing_comes(listener)

    play(scenario())


def test_monitoring_hears_the_broker_s_own_counters(broker: Server) -> None:
    async def scenario() -> None:
        async with online(session(broker, "monitor", ["$SYS/#", "sw/#"])) as monitor:
            assert all(got.topic.startswith("$SYS/") for got in await receive(monitor, 5))

    play(scenario())


async def forge(broker: Server, user: str, forged: str) -> None:
    """Publish there, once and to be kept; mosquitto confirms it, or ends the link."""
    for retain in (False, True):
        async with online(session(broker, user)) as liar:
            with contextlib.suppress(NotPublished):
                await liar.publish(forged, b"forged", retain=retain)


@pytest.mark.parametrize("user", [A, STRANGER])
@pytest.mark.parametrize(
    "forged",
    [
        OBS_B,
        f"sw/1/{SITE}/b02/u0302/water/{A}/obs",
        f"sw/1/{SITE}/b01/u0102/water/{A}/obs",
        f"sw/1/{SITE}/b01/u0101/water/wm-01/obs",
        f"sw/1/{SITE}/b01/u0101/gas/{A}/obs",
        f"sw/1/{SITE}/_ack/{EDGE_CODE}",
        CONFIG_TOPIC,
        ANSWERS,
    ],
    ids=["device", "building", "home", "prefix", "kind", "gateway", "registry", "time"],
)
def test_a_device_speaks_for_nobody_else(broker: Server, user: str, forged: str) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        async with online(edge):
            await forge(broker, user, forged)
            async with online(session(broker, B)) as honest:
                await honest.publish(OBS_B, b"true")
            got = await receive(edge, 1)
            edge.ack(got)
            assert payloads(got) == [b"true"]

    play(scenario())


SERVICE_TOPICS = [
    topic.finding_topic(SITE, EDGE_CODE),
    topic.status_topic(SITE, EDGE_CODE),
    topic.health_topic(SITE, EDGE_CODE),
    topic.seen_topic(SITE, EDGE_CODE),
]


@pytest.mark.parametrize("forged", SERVICE_TOPICS)
def test_a_device_forges_no_finding_and_no_status_of_an_edge(broker: Server, forged: str) -> None:
    async def scenario() -> None:
        await forge(broker, A, forged)
        gateway = session(broker, GATEWAY, GATEWAY_FILTERS)
        async with online(gateway), online(session(broker, EDGE)) as edge:
            await edge.publish(topic.health_topic(SITE, EDGE_CODE), b"true")
            got = await receive(gateway, 1)
            gateway.ack(got)
            assert payloads(got) == [b"true"]

    play(scenario())


@pytest.mark.parametrize("forged", SERVICE_TOPICS)
def test_a_forged_last_will_is_not_carried_out(broker: Server, forged: str) -> None:
    async def scenario() -> None:
        async with online(session(broker, A, will=Will(forged, b"forged"))):
            pass  # and gone without a word
        gateway = session(broker, GATEWAY, GATEWAY_FILTERS)
        async with online(gateway), online(session(broker, EDGE)) as edge:
            await edge.publish(topic.health_topic(SITE, EDGE_CODE), b"true")
            got = await receive(gateway, 1)
            gateway.ack(got)
            assert payloads(got) == [b"true"]

    play(scenario())


def test_an_edge_hears_no_other_edge_s_registry_and_writes_none(broker: Server) -> None:
    async def scenario() -> None:
        other = topic.config_topic(SITE, "e02")
        for forged in (CONFIG_TOPIC, other):
            await forge(broker, EDGE, forged)
        async with online(session(broker, EDGE, ["sw/1/+/_cfg/+"])) as edge:
            async with online(session(broker, GATEWAY)) as gateway:
                await gateway.publish(other, b"of another", retain=True)
                await gateway.publish(CONFIG_TOPIC, b"ours", retain=True)
            got = await receive(edge, 1)
            edge.ack(got)
            assert payloads(got) == [b"ours"]
            assert await nothing_comes(edge)

    play(scenario())


def test_a_device_under_the_edge_s_client_id_neither_ends_nor_inherits_its_session(
    broker: Server,
) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        links = Links(edge)
        await links.first()
        async with online(session(broker, A, client_id=EDGE)) as thief:
            async with online(session(broker, B)) as device:
                await device.publish(OBS_B, b"for the edge")
            assert payloads(await receive(edge, 1)) == [b"for the edge"]
            assert await nothing_comes(thief)
        assert links.seen == [True]
        await cancelled(links.running)

    play(scenario())


def test_an_oversize_publish_costs_its_sender_the_link_and_nobody_else_anything(
    broker: Server,
) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        links = Links(edge)
        await links.first()
        async with online(session(broker, B)) as neighbour:
            async with online(session(broker, A)) as large:
                with pytest.raises(NotPublished):
                    await large.publish(OBS_A, b" " * 300_000)
            await neighbour.publish(OBS_B, b"of a neighbour")
        async with online(session(broker, A)) as again:
            await again.publish(OBS_A, b" " * 262_144)
        got = await receive(edge, 2)
        edge.ack(got)
        assert [len(got[0].payload), len(got[1].payload)] == [14, 262_144]
        assert links.seen == [True]
        await cancelled(links.running)

    play(scenario())


MALFORMED = {
    "length without end": b"\x10\xff\xff\xff\xff\xff",
    "cut short": b"\x10\x20\x00\x04MQ",
    "reserved type": b"\x00\x00\xf0\x00",
    "publish first": b"\x36\x05\x00\x00\x00\x01x",
    "not MQTT": b"GET / HTTP/1.1\r\n\r\n",
    "name not UTF-8": b"\x10\x16\x00\x04MQTT\x04\xc2\x00\x05\x00\x01a\x00\x03\xff\xfe\xfd\x00\x01x",
    "30 MB announced": b"\x30\x80\x87\xa7\x0e" + b" " * 65_536,
}


def test_malformed_packets_disturb_nobody(broker: Server) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, EDGE_FILTERS)
        async with online(edge), online(session(broker, A)) as device:
            for number, packet in enumerate(MALFORMED.values()):
                intruder = socket.create_connection((broker.host, broker.port), 5)
                with intruder, contextlib.suppress(ConnectionError):
                    intruder.sendall(packet)
                await device.publish(OBS_A, b"%d" % number)
            got = await receive(edge, len(MALFORMED))
            edge.ack(got)
            assert payloads(got) == [b"%d" % number for number in range(len(MALFORMED))]

    play(scenario())


def test_silent_sockets_at_the_devices_listener_do_not_lock_the_edge_out(
    running: Hardened, broker: Server
) -> None:
    async def scenario() -> None:
        with contextlib.ExitStack() as held:
            where = (broker.host, running.tls_port)
            for _ in range(TLS_SOCKETS):
                held.enter_context(socket.create_connection(where, 5))
            one_more = held.enter_context(socket.create_connection(where, 5))
            assert not one_more.recv(1)  # the limit holds: turned away at once
            edge = session(broker, EDGE, EDGE_FILTERS)
            async with online(edge), online(session(broker, A)) as device:
                await device.publish(OBS_A, b"heard")
                assert payloads(await receive(edge, 1)) == [b"heard"]

    play(scenario())


def over_tls(running: Hardened, user: str, ca: Path, filters: Sequence[str] = ()) -> PahoSession:
    return session(running.server, user, filters, port=running.tls_port, tls_ca=ca)


def test_the_edge_connects_over_tls_and_takes_what_is_longer_than_a_record(
    running: Hardened, broker: Server
) -> None:
    async def scenario() -> None:
        edge = over_tls(running, EDGE, running.certs / "ca.crt", EDGE_FILTERS)
        sent = [b"%d" % number * 40_000 for number in range(6)]
        async with online(edge), online(session(broker, A)) as device:
            await asyncio.gather(*(device.publish(OBS_A, payload) for payload in sent))
            assert payloads(await receive(edge, len(sent))) == sent

    play(scenario())


@pytest.mark.usefixtures("broker")
def test_the_edge_refuses_a_broker_of_another_authority_every_time(running: Hardened) -> None:
    async def scenario() -> None:
        edge = over_tls(running, EDGE, authority(running.certs, "other"))
        await kept_out(edge, "certificate verify failed", times=2)

    play(scenario())


def test_the_edge_refuses_on_reconnect_a_broker_that_has_become_another(tmp_path: Path) -> None:
    hardened = hardened_in(tmp_path, [EDGE])

    async def scenario() -> None:
        links = Links(over_tls(hardened, EDGE, hardened.certs / "ca.crt"))
        await links.first()
        with listening("certificate verify failed") as said:
            hardened.server.kill()
            authority(hardened.certs, "other")
            certificate(hardened.certs, "other")
            hardened.server.start()
            await said.wait()
        assert links.seen == [True, False]
        await cancelled(links.running)

    hardened.server.start()
    try:
        play(scenario())
    finally:
        hardened.server.kill()
