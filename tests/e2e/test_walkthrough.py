"""docs/walkthrough.md as a test: every part a process, every server the real one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, ViewportSize, sync_playwright

from edge.reading import Timeliness
from edge.settings import load
from edge.topic import device_filters, parse
from edge.wire import Message
from gateway.db.engine import connect
from gateway.settings import GatewaySettings
from simulators.chronicle import Chronicle, IncidentLine, read_chronicle
from simulators.duty import WORKER_NUMBER
from simulators.estate import home
from simulators.phone import code_in
from simulators.walkthrough import HOMES, SILENT, STOPPED
from tests.e2e.crew import Crew, crew, influx_counts
from tests.servers.process import program

SPEED = 300.0
UNITS_MAX = 70
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
CHROMIUM_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run")


class Ear:
    """Hears all that meters publish: the moments of each device's readings."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.heard: set[tuple[str, int, float]] = set()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "ear")
        self._client.username_pw_set(settings.broker.username, settings.broker.secret())
        self._client.on_message = self._hear
        self._client.connect(settings.broker.host, settings.broker.port)
        self._client.subscribe([(each, 1) for each in device_filters(settings.site)])
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def counts(self) -> dict[str, int]:
        devices = [device for device, _, _ in list(self.heard)]
        return {device: devices.count(device) for device in set(devices)}

    def _hear(self, _client: mqtt.Client, _user: object, said: mqtt.MQTTMessage) -> None:
        message = msgspec.json.decode(said.payload, type=Message)
        device = parse(said.topic).dev
        self.heard |= {(device, message.seq, message.t + (r.t or 0.0)) for r in message.e}


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SHOUWANG_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Crew]:
    program("chromium")
    with crew(tmp_path / "walk", speed=SPEED) as walk:
        yield walk


@pytest.mark.slow
def test_a_resident_stops_using_water_and_a_grid_worker_answers(
    walk: Crew, screenshots: Path
) -> None:
    settings = load(walk.folder / "gateway.toml", GatewaySettings)
    for server in ("broker", "influxdb"):
        walk.start(server)
    walk.run("database")
    walk.start("people")
    walk.says("people", "ready")
    ear = Ear(settings)
    for part in ("edge", "gateway"):
        walk.start(part)
    walk.says("gateway", "console at")
    walk.says("edge", "boot 1")
    walk.start("meters")

    number, text = walk.until(lambda: _texted(walk), "a grid worker's phone shows a text")
    assert "031室" in text
    assert len(text.encode("utf-16-le")) // 2 <= UNITS_MAX
    walk.says("people", "webhook   wang：")
    walk.say("people", f"{number} {code_in(text)} 1")
    incident = walk.until(lambda: _acknowledged(walk), "the reply acknowledges the incident")
    assert incident.owner == "wang"
    walk.until(lambda: (_rules(walk, SILENT) == {"device_silent"}, None), "the meter is missed")

    _take_pictures(walk, settings, incident, screenshots)
    walk.stop("meters")
    walk.until(lambda: (influx_counts(walk) == ear.counts(), None), "all points are in InfluxDB")
    ear.close()
    assert set(ear.counts()) == {home(name).meter.device for name in HOMES}

    story = _chronicle(walk)
    assert len(story.about(STOPPED, "welfare")) == 1
    assert _rules(walk, SILENT) == {"device_silent"}
    assert "welfare" not in {
        said.rule
        for said in story.findings
        if said.home == SILENT and said.timeliness != Timeliness.BACKFILL
    }
    assert "wrong signature" not in walk.log("people")
    assert "HTTP Request" not in walk.log("edge"), "a line for every write"


def _texted(walk: Crew) -> tuple[bool, tuple[str, str]]:
    """The first text that the real daemon sent to the grid worker."""
    with closing(sqlite3.connect(walk.folder / "sms" / "smsd.db")) as db:
        rows = db.execute(
            "SELECT DestinationNumber, TextDecoded FROM sentitems"
            " WHERE Status LIKE 'SendingOK%' AND DestinationNumber = ? ORDER BY ID",
            (WORKER_NUMBER,),
        ).fetchall()
    return bool(rows), rows[0] if rows else ("", "")


def _chronicle(walk: Crew) -> Chronicle:
    database = connect(f"sqlite:///{walk.folder / 'gateway.sqlite'}")
    try:
        return read_chronicle(database)
    finally:
        database.dispose()


def _acknowledged(walk: Crew) -> tuple[bool, IncidentLine]:
    (incident,) = _chronicle(walk).about(STOPPED, "welfare")
    return incident.acked_ns is not None, incident


def _rules(walk: Crew, of: str) -> set[str]:
    return {line.rule for line in _chronicle(walk).incidents if line.home == of}


def _take_pictures(walk: Crew, settings: GatewaySettings, incident: IncidentLine, to: Path) -> None:
    password = walk.log("gateway").partition("with the password ")[2].split()[0]
    paths = {"incidents": "/", "incident": f"/incidents/{incident.id}", "home": f"/units/{STOPPED}"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=list(CHROMIUM_FLAGS)
        )
        page = browser.new_page(viewport=WIDE)
        page.goto(f"{settings.public_url}/login")
        page.fill("[name=login]", "admin")
        page.fill("[name=password]", password)
        page.click(".door-form button")
        page.wait_for_url(f"{settings.public_url}/**")
        for lang, place in (("zh", "1栋031室"), ("en", "Bldg 1 Rm 031")):
            for name, path in paths.items():
                page.goto(f"{settings.public_url}{path}?lang={lang}")
                _see(page, place, to / f"{name}-{lang}.png")
            page.set_viewport_size(NARROW)
            page.goto(settings.public_url)
            _see(page, place, to / f"incidents-{lang}-360.png")
            page.set_viewport_size(WIDE)
        browser.close()


def _see(page: Page, place: str, picture: Path) -> None:
    page.get_by_text(place).first.wait_for()
    page.screenshot(path=picture, full_page=True)
