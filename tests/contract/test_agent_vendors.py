"""An edge that takes in a vendor's messages as they come from the vendor's own bridge."""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from edge.agent import EdgeSettings, run_edge
from edge.clock import sleep
from edge.entry import Admitted
from edge.health import Health
from edge.journal import JournalSettings, open_journal
from edge.reading import SECOND_NS
from edge.session import Session, Will
from simulators.broker import BrokerFaults, MemoryBroker
from simulators.clock import VirtualClock, run

START_NS = 1_709_491_020 * SECOND_NS
REGISTRY = """
version = 1
site = "s01"
unit = [{code = "u0101", building = "b01", care = ["alone"]}]
device = [{id = "wm-0101", kind = "water", unit = "u0101", vendor = "wmbus:33225544"}]
"""


def telegram(meter: str) -> bytes:
    fields = {
        "media": "water", "meter": "iperl", "id": meter, "total_m3": 123.529,
        "timestamp": "2024-03-03T18:37:00Z",
    }  # fmt: skip
    return msgspec.json.encode(fields)


async def heard(clock: VirtualClock, folder: Path, enabled: Sequence[str]) -> None:
    """Run an edge while a bridge publishes a known and an unknown meter's telegram."""
    (folder / "registry.toml").write_text(REGISTRY, "utf-8")
    settings = EdgeSettings.model_validate({
        "edge": "e01", "site": "s01", "registry": folder / "registry.toml",
        "journal": {"path": folder / "journal.db"}, "profiles": {"enabled": enabled},
    })  # fmt: skip
    broker = MemoryBroker(clock, random.Random(7), BrokerFaults())

    def connect(filters: Sequence[str], will: Will) -> Session:
        return broker.session("edge", filters, will)

    async def ignore(_: bool) -> None:
        pass

    bridge = broker.session("bridge", [])
    edge = run_edge(settings, connect=connect, clock=clock, rng=random.Random(11))
    tasks = [asyncio.ensure_future(work) for work in (bridge.run(ignore), edge)]
    await sleep(clock, 5)
    for meter in ("33225544", "33225544", "99999999"):
        await bridge.publish(f"wmbusmeters/{meter}", telegram(meter))
        await sleep(clock, 5)
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def readings(folder: Path) -> list[tuple[str, str, float | str, int]]:
    """Every reading in the edge's journal: device, channel, value and time."""
    journal = open_journal(
        JournalSettings(path=folder / "journal.db"), fresh_epoch="", now_ns=0, health=Health()
    )
    with contextlib.closing(journal):
        return [
            (each.device, each.channel, each.value, each.at_ns)
            for stored in journal.replay_from(0)
            if isinstance(stored.entry, Admitted)
            for message in stored.entry.messages
            for each in message.readings
        ]


def dead_letters(folder: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(folder / "journal.db")) as connection:
        return connection.execute("SELECT reason, detail FROM dead_letter").fetchall()


def test_a_vendor_s_telegram_is_a_reading_once_and_a_stranger_s_is_a_dead_letter(
    tmp_path: Path,
) -> None:
    run(lambda clock: heard(clock, tmp_path, ["wmbus"]), START_NS)
    assert readings(tmp_path) == [("wm-0101", "water.total", 123.529, START_NS)]
    told = ("unknown_device", "no [[device]] has vendor = 'wmbus:99999999'")
    assert dead_letters(tmp_path) == [told]


def test_an_edge_that_enables_no_profile_does_not_hear_vendors_at_all(tmp_path: Path) -> None:
    run(lambda clock: heard(clock, tmp_path, []), START_NS)
    assert readings(tmp_path) == []
    assert dead_letters(tmp_path) == []
