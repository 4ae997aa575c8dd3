"""Real clients of another alerting world: amtool, and an Alertmanager that calls its webhook."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from edge.http_server import listen
from gateway.alertmanager.routes import AlertmanagerDoor
from gateway.server import serve
from tests.servers.process import Server, free_port, program
from tests.unit.gateway.desk_world import World, make_world
from tests.unit.gateway.test_alertmanager import SETTINGS, TOKEN

LABELS = {"alertname": "PumpDown", "instance": "a:9100", "place": "三号泵房"}
_CONFIG = """
route: {{receiver: shouwang, group_wait: 1ms, group_interval: 1ms, repeat_interval: 1h}}
receivers:
  - name: shouwang
    webhook_configs:
      - url: {url}/in/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials: "{token}"}}}}
"""


@asynccontextmanager
async def serving(world: World) -> AsyncIterator[str]:
    """The gateway's web side on a free port."""
    door = AlertmanagerDoor(world.desk, SETTINGS, "s01")
    world.app.router.routes[:0] = door.routes()
    with listen("127.0.0.1", 0) as listening:
        running = asyncio.create_task(serve(world.app, listening, world.desk.live))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            world.desk.db.dispose()


async def amtool(folder: Path, url: str, *arguments: str) -> str:
    """What amtool prints; it must succeed."""
    config = folder / "http.yml"
    config.write_text(f'authorization: {{credentials: "{TOKEN}"}}\n')
    process = await asyncio.create_subprocess_exec(
        str(program("amtool")), f"--http.config.file={config}", f"--alertmanager.url={url}",
        "--no-version-check", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


def test_amtool_adds_lists_and_ends_an_alert_here(tmp_path: Path) -> None:
    async def story() -> None:
        world = make_world(tmp_path)
        async with serving(world) as url:
            add = ("alert", "add", "PumpDown", "severity=critical")
            for _ in range(2):
                await amtool(tmp_path, url, *add, "--annotation=summary=the pump stands")
            listed = json.loads(await amtool(tmp_path, url, "-o", "json", "alert", "query"))
            assert [each["labels"]["alertname"] for each in listed] == ["PumpDown"]
            (incident,) = world.desk.incidents.standing()
            assert (incident.category, incident.sentence_en) == (
                "supply", "PumpDown: the pump stands",
            )  # fmt: skip
            named = await amtool(tmp_path, url, "-o", "json", "alert", "query", "severity=minor")
            assert json.loads(named) == []
            await amtool(tmp_path, url, *add, "--end=2020-01-01T00:00:00Z")
            (over,) = world.desk.incidents.standing()
            assert not over.condition_active, "what is urgent stays until a person has closed it"

    asyncio.run(story())


def test_an_alertmanager_with_our_webhook_opens_and_ends_incidents(tmp_path: Path) -> None:
    async def story() -> None:
        world = make_world(tmp_path)
        async with serving(world) as url:
            theirs = alertmanager(tmp_path, url)
            await asyncio.to_thread(theirs.start)
            try:
                await tell(theirs, {"labels": LABELS})
                await until(lambda: len(world.desk.incidents.standing()) == 1)
                (incident,) = world.desk.incidents.standing()
                (own,) = (await get(theirs)).json()
                assert incident.rule == f"am_{own['fingerprint']}", "they and we name it alike"
                ended = {"labels": LABELS, "endsAt": "2020-01-01T00:00:00Z",
                         "startsAt": "2019-01-01T00:00:00Z"}  # fmt: skip
                await tell(theirs, ended)
                await until(lambda: not world.desk.incidents.standing()[0].condition_active)
            finally:
                theirs.kill()

    asyncio.run(story())


def alertmanager(folder: Path, url: str) -> Server:
    """Debian's prometheus-alertmanager, not yet started, with our webhook as its receiver."""
    executable = program("prometheus-alertmanager")
    (folder / "am.yml").write_text(_CONFIG.format(url=url, token=TOKEN))
    port = free_port()
    command = [
        str(executable), f"--config.file={folder}/am.yml", f"--storage.path={folder}/am",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=",
    ]  # fmt: skip
    return Server(command, port, folder, _ready)


def _ready(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/-/ready", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


async def tell(server: Server, alert: dict[str, Any]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{server.url}/api/v2/alerts", json=[alert])
        assert answer.is_success, answer.text


async def get(server: Server) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{server.url}/api/v2/alerts")


async def until(holds: Any) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  (another process's state has no event)
            await asyncio.sleep(0.02)
