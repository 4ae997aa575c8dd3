"""A registry that changes under a kill: the old or the new one, and no finding twice or lost."""

import asyncio
import multiprocessing
import random
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from edge import failpoint
from edge.clock import SystemClock
from edge.fold import Fold
from edge.health import Health
from edge.journal import Journal, JournalSettings, open_journal
from edge.outbox import Outbox
from edge.pipeline import Pipeline
from edge.provisioned import Provisioning, ProvisioningSettings
from edge.provisioning import Push, seal
from edge.reading import FindingState
from edge.session import Delivery
from edge.succession import read_registry_bytes
from gateway.db import registry as rows
from gateway.db.engine import reading
from gateway.registry.card import move
from gateway.registry.office import Office, Why
from gateway.registry.signing import public_pem
from simulators.broker import MemoryBroker, MemorySession
from tests.unit.edge.test_succession import HANGS, TOPIC, table
from tests.unit.edge.worlds import at
from tests.unit.gateway.registry_world import KEY, NOW_NS, make_office

PUSH = seal(Push(1, "e01", 2, 1, msgspec.json.decode(table())), KEY)
_context = multiprocessing.get_context("forkserver")


def start(folder: Path) -> tuple[Journal, Fold, Provisioning]:
    """An edge as it starts, but for its tasks."""
    settings = JournalSettings(path=folder / "journal.db")
    health = Health()
    journal = open_journal(settings, fresh_epoch="epoch", now_ns=at(0), health=health)
    fold = Fold(journal, Pipeline(read_registry_bytes(HANGS)), health)
    clock = SystemClock()
    broker = MemoryBroker(clock, random.Random(1))
    session = MemorySession(broker, "edge", None, clock)
    (folder / "key.pem").write_text(public_pem(KEY), "utf-8")
    pinned = ProvisioningSettings(
        public_key_file=folder / "key.pem", copy_file=folder / "registry.pushed"
    )
    provisioning = Provisioning(
        ("s01", "e01"), pinned, fold, session, clock=clock, health=health
    )  # fmt: skip
    fold.recover()
    fold.link(at(12), up=False)
    return journal, fold, provisioning


def raise_silence(folder: Path) -> None:
    """The journal holds a silence that was raised."""
    journal, fold, _ = start(folder)
    fold.link(at(0), up=True)
    for hour in range(6):
        body = {"v": 1, "dev": "wm-1", "boot": 1, "seq": hour, "t": at(hour) / 1e9,
                "e": [{"n": "water.total", "u": "m3", "v": 1.0 + hour}]}  # fmt: skip
        delivery = Delivery(TOPIC, msgspec.json.encode(body), False, at(hour), hour, 1)  # noqa: FBT003  (a named tuple)
        fold.take([delivery], lambda _: None)
    fold.tick(at(12))
    journal.close()


def take_push(folder: Path, kill_at: str) -> None:
    """What the edge does when the push comes, up to the armed place."""

    async def taking() -> None:
        _, _, provisioning = start(folder)
        failpoint.arm(kill_at)
        await provisioning.begin()
        await provisioning.take(PUSH)

    asyncio.run(taking())


def change(folder: Path, kill_at: str) -> None:
    office = make_office(folder)
    failpoint.arm(kill_at)
    moving(office)


def moving(office: Office) -> None:
    why = Why("operator", "move")
    office.change("mu0301", lambda card: move(card, "u0502", NOW_NS), why, NOW_NS)  # type: ignore[arg-type]


def killed(target: Callable[[Path, str], None], folder: Path, kill_at: str) -> None:
    child = _context.Process(target=target, args=(folder, kill_at))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


@pytest.mark.parametrize(
    "point", ["edge.copy", "edge.provision", "edge.detect", "edge.provisioned"]
)
def test_an_edge_killed_while_its_registry_changes_says_everything_once(
    point: str, tmp_path: Path
) -> None:
    raise_silence(tmp_path)
    killed(take_push, tmp_path, f"{point}:1")

    async def again() -> list[tuple[int, FindingState]]:
        journal, fold, provisioning = start(tmp_path)
        assert fold.in_force.version in {0, 2}
        assert fold.in_force.registry.knows("wm-1") == (fold.in_force.version == 0)
        await provisioning.begin()
        await provisioning.take(PUSH)
        assert (fold.in_force.version, fold.in_force.registry.devices()) == (2, ())
        told = Outbox(journal, forwarded=False).unacked(10)
        journal.close()
        return [(each.finding.revision, each.finding.state) for each in told]

    assert asyncio.run(again()) == [(0, FindingState.RAISED), (1, FindingState.CLEARED)]


@pytest.mark.parametrize(("point", "version"), [("gateway.registry", 1), ("gateway.registered", 2)])
def test_a_gateway_killed_in_a_change_has_made_all_of_it_or_nothing(
    point: str, version: int, tmp_path: Path
) -> None:
    make_office(tmp_path).database.dispose()
    killed(change, tmp_path, f"{point}:1")
    office = make_office(tmp_path)
    with reading(office.database) as connection:
        owed = rows.owed_tombstones(connection, 10)
    moved = office.registry.unit_at("mu0301", NOW_NS) == "u0502"
    assert (office.held.version, moved, len(owed)) == (version, version == 2, version - 1)
    office.database.dispose()
