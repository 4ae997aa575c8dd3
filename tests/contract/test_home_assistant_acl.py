"""The shipped rights with Home Assistant's lines opened, on a real mosquitto."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import topic
from edge.home_assistant import HomeAssistantSettings
from tests.contract.test_broker_hardening import (
    EDGE,
    EDGE_FILTERS,
    OBS_A,
    PLACE,
    SITE,
    A,
    forge,
    session,
)
from tests.contract.test_session import online, payloads, play, receive
from tests.servers.hardened import CONFIG, hardened_in
from tests.servers.process import Server

ASSISTANT = "home-assistant"
BIRTH = HomeAssistantSettings().birth_topic
HOME = topic.home_state_topic(SITE, "b01", "u0101")
CONFIG_TOPIC = "homeassistant/device/sw-d-s01-wm-0101/config"
WANTED = [CONFIG_TOPIC, f"{PLACE[A]}/state", HOME, f"sw/1/{SITE}/_edge/e01/status"]
_CLOSED = re.compile(
    r"^#(?=user home-assistant|topic (?:read|write) (?:sw/1|homeassistant)/)", re.MULTILINE
)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    server = hardened_in(tmp_path, (A, EDGE, ASSISTANT)).server
    rights = _CLOSED.sub("", (CONFIG / "mosquitto.acl").read_text("utf-8"))
    (tmp_path / "acl").write_text(rights, "utf-8")
    config = tmp_path / "mosquitto.conf"
    text = config.read_text("utf-8").replace(f"{CONFIG}/mosquitto.acl", f"{tmp_path}/acl")
    config.write_text(text, "utf-8")
    server.start()
    yield server
    server.kill()


def test_home_assistant_hears_what_the_edge_states_and_no_device(broker: Server) -> None:
    async def scenario() -> None:
        assistant = session(broker, ASSISTANT, [OBS_A, *WANTED])
        edge, device = session(broker, EDGE), session(broker, A)
        async with online(assistant), online(edge), online(device):
            await device.publish(OBS_A, b"what a resident does")
            for to in WANTED:
                await edge.publish(to, b"told")
            got = await receive(assistant, len(WANTED))
            assert [each.topic for each in got] == WANTED

    play(scenario())


def test_the_edge_hears_a_birth_and_no_device_speaks_for_either(broker: Server) -> None:
    async def scenario() -> None:
        edge = session(broker, EDGE, [*EDGE_FILTERS, BIRTH])
        assistant = session(broker, ASSISTANT, [CONFIG_TOPIC, HOME])
        async with online(edge), online(assistant):
            for forged in (BIRTH, CONFIG_TOPIC, HOME):
                await forge(broker, A, forged)
            await assistant.publish(BIRTH, b"online")
            assert payloads(await receive(edge, 1)) == [b"online"]
            await edge.publish(HOME, b"told")
            assert payloads(await receive(assistant, 1)) == [b"told"]

    play(scenario())
