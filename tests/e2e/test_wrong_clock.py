"""A real edge whose system clock is wrong, and is set while it runs, by libfaketime."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns

import aiomqtt
import pytest

from edge.reading import DAY_NS, SECOND_NS
from tests.kill.eventually import eventually
from tests.kill.test_hold_kill import EACH, METERS, Estate
from tests.servers.process import Server, program

COMMAND = "import sys; from edge.agent import main; sys.exit(main(sys.argv[1:]))"
WRONG = {
    "behind": "-14d",
    "ahead": "+3d",
    "1970": "@1970-01-01 00:01:00",
    "2040": "@2040-02-29 12:00:00",
}
ROOT = Path(__file__).parents[2]


def faked(told: Path) -> dict[str, str]:
    """The environment in which the system clock reads what the file says."""
    library = next((program("faketime").parents[1] / "lib").glob("*/faketime/libfaketimeMT.so.1"))
    return os.environ | {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(told),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def off_s(estate: Estate) -> float:
    """By how much the journal's stamps are wrong, at worst: all was sent just now."""
    received = [reading.received_ns for reading in estate.readings()]
    return max(abs(at_ns - time_ns()) for at_ns in received) / SECOND_NS


@contextmanager
def edge(config: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """An edge in a world where the clock is wrong, which is made sure of."""
    clock = [sys.executable, "-c", "import time; print(time.time_ns())"]
    read = int(subprocess.run(clock, env=environment, capture_output=True, check=True).stdout)
    assert abs(read - time_ns()) > DAY_NS
    command = [sys.executable, "-c", COMMAND, "--config", str(config)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", WRONG)
def test_an_edge_learns_the_time_from_the_gateway_and_no_step_of_its_clock_moves_it(
    name: str, mosquitto: Server, tmp_path: Path
) -> None:
    told = tmp_path / "faketime"
    told.write_text(WRONG[name])
    environment = faked(told)
    mosquitto.start()

    async def scenario() -> None:
        site = f"wrong-{name}"
        async with aiomqtt.Client(
            mosquitto.host, mosquitto.port, username=mosquitto.username,
            password=mosquitto.password, identifier=f"{site}-t",
        ) as client:  # fmt: skip
            estate = Estate(tmp_path, site, mosquitto, client)
            telling = asyncio.create_task(estate.tell())
            with edge(estate.config, environment) as running:
                await eventually(lambda: estate.ups == 1, "the edge up")
                await estate.publish(METERS[0])
                await eventually(lambda: estate.held() == EACH, "what came untold is held")
                estate.telling = True
                await eventually(lambda: len(estate.readings()) == EACH, "the time learnt")
                told.write_text("+1d")
                await estate.publish(METERS[1])
                await eventually(lambda: len(estate.readings()) == 2 * EACH, "a day ahead")
                assert off_s(estate) < 60
                assert running.poll() is None
            telling.cancel()

    asyncio.run(scenario())
