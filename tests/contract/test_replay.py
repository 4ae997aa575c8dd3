import asyncio
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from edge.registry import Registry
from edge.wire import decode
from simulators.nats import HOST, USERNAME, embedded_broker, program

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(program() is None, reason="nats-server is not installed")


async def _replayed(folder: Path, *options: str) -> tuple[list[aiomqtt.Message], list[Any]]:
    async with embedded_broker(folder / "broker") as broker, asyncio.timeout(60):
        reader = aiomqtt.Client(
            HOST, broker.port, username=USERNAME, password=broker.password, identifier="reader"
        )
        async with reader:
            await reader.subscribe("sw/1/#", qos=1)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "simulators.cli", "replay", "--json", *options,
                "--broker", f"mqtt://{USERNAME}@{HOST}:{broker.port}",
                stdout=asyncio.subprocess.PIPE,
                env=os.environ | {"SHOUWANG_BROKER_PASSWORD": broker.password},
                cwd=ROOT,
            )  # fmt: skip
            stdout, _ = await process.communicate()
            assert process.returncode == 0
            lines = [json.loads(line) for line in stdout.splitlines()]
            messages = aiter(reader.messages)
            return [await anext(messages) for _ in range(lines[-1]["published"])], lines


def test_a_file_told_at_once_is_all_history_that_the_edge_can_read(tmp_path: Path) -> None:
    options = (
        "--homes", "home-031,home-025", "--speed", "max", "--warmup", "52 d",
        "--cut-telemetry", "home-025@2016-09-13T00:00",
        "--registry-out", str(tmp_path / "registry.toml"),
    )  # fmt: skip
    messages, lines = asyncio.run(_replayed(tmp_path, *options))
    assert lines[0]["homes"] == ["home-025", "home-031"]
    assert lines[-1] == {"event": "end", "published": len(messages), "retried": 0}
    now_ns = int(lines[0]["clock"].split(":")[2])
    registry = Registry.parse(tomllib.loads((tmp_path / "registry.toml").read_text()), tmp_path)
    readings: dict[str, int] = {}
    for message in messages:
        assert isinstance(message.payload, bytes)
        decoded = decode(str(message.topic), message.payload, now_ns + 60 * 10**9)
        assert decoded.rejected == ()
        assert registry.knows(decoded.device)
        readings[decoded.device] = readings.get(decoded.device, 0) + len(decoded.readings)
    assert readings["wm-031"] > 1300
    assert 300 < readings["wm-025"] <= 15 * 24 + 1
