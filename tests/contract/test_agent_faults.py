"""The edge when its own parts misbehave: its rules, its clock, its broker's memory."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec import structs

from edge import wire
from edge.agent import run_edge
from edge.clock import Clock, sleep
from edge.detectors.welfare import Welfare
from edge.reading import DAY_NS, HOUR_NS
from tests.contract.test_agent import Site, _background, play, raised, settings


@dataclass
class SetClock:
    """A clock whose wall can be put forward and back."""

    real: Clock
    offset_ns: int = 0
    speed: float = field(default=1.0)

    def now_ns(self) -> int:
        return self.real.now_ns() + self.offset_ns

    def monotonic_ns(self) -> int:
        return self.real.monotonic_ns()


@asynccontextmanager
async def edge_by(site: Site, clock: SetClock) -> AsyncIterator[asyncio.Task[None]]:
    running = asyncio.ensure_future(
        run_edge(settings(site.folder), connect=site.connect, clock=clock, rng=random.Random(11))
    )
    async with _background(running):
        yield running


@pytest.mark.parametrize("step_ns", [2 * DAY_NS, -2 * DAY_NS, 5 * HOUR_NS])
def test_a_step_of_the_wall_clock_calls_no_device_silent(tmp_path: Path, step_ns: int) -> None:
    async def scenario(site: Site) -> None:
        clock = SetClock(site.clock)
        async with edge_by(site, clock):
            await site.live(6, litres_an_hour=6)
            clock.offset_ns = step_ns
            await sleep(site.clock, 600)
            clock.offset_ns = 0
            await site.live(1, litres_an_hour=6)

    site = play(tmp_path, scenario)
    assert raised(site, "device_silent") == set()
    assert site.health[-1]["time_jumps"] == 2


def test_a_meter_whose_clock_is_wrong_is_named_in_the_edge_s_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(site: Site) -> None:
        told = site.message

        def ahead() -> wire.Message:
            message = told()
            return structs.replace(message, t=message.t + 2 * 86_400)

        monkeypatch.setattr(site, "message", ahead)
        async with site.edge():
            await site.live(6, litres_an_hour=6)
            await sleep(site.clock, 90)

    site = play(tmp_path, scenario)
    report = site.health[-1]
    assert report["clocks"] == {"wm-0101": pytest.approx(-2 * 86_400, abs=60)}
    assert (report["clock_doubted"], report["clock_corrected"]) == (4, 20)
    assert report["rejected"] == 0


def test_a_device_that_falls_silent_after_a_step_of_the_clock_is_found(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        clock = SetClock(site.clock)
        async with edge_by(site, clock):
            await site.live(6, litres_an_hour=6)
            clock.offset_ns = -2 * DAY_NS
            await sleep(site.clock, 2 * 3_600)

    assert len(raised(play(tmp_path, scenario), "device_silent")) == 1


def test_an_entry_that_breaks_a_rule_ends_no_start_of_the_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Welfare, "rest", lambda *_: 1 // 0)

    async def scenario(site: Site) -> None:
        for _ in range(2):
            async with site.edge():
                await site.live(6, litres_an_hour=6)
        async with site.edge():
            await sleep(site.clock, 2 * 3_600)

    site = play(tmp_path, scenario)
    assert site.journal("SELECT value FROM meta WHERE key = 'boot'") == [(3,)]
    assert len(raised(site, "device_silent")) == 1
    report = site.health[-1]
    assert report["rules_broken"] == {"welfare": 1}  # since the last checkpoint
    assert report["pipeline"]["rules_broken"] == 48  # type: ignore[index]


def test_acks_that_stand_still_do_not_keep_a_lost_finding_from_going_out_again(
    tmp_path: Path,
) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            site.acking = False
            await site.live(12.5, litres_an_hour=0)
            before, epoch = len(site.findings), site.findings[0].epoch
            for _ in range(12):
                await site.acknowledge(epoch, 0)
                await sleep(site.clock, 10)
            assert len(site.findings) - before >= 3

    site = play(tmp_path, scenario)
    assert {(e.seq, e.after, e.acked) for e in site.findings} == {(1, 0, 0)}


def test_an_older_copy_of_the_journal_that_was_put_back_is_heard_in_an_epoch_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway's cursor only moves on: it holds numbers that the copy has yet to give."""
    upto: dict[str, int] = {}
    journal, copy = tmp_path / "journal.db", tmp_path / "copy.db"

    async def scenario(site: Site) -> None:
        acknowledge = site.acknowledge

        async def as_a_cursor(epoch: str, seq: int) -> None:
            upto[epoch] = max(seq, upto.get(epoch, 0))
            await acknowledge(epoch, upto[epoch])

        monkeypatch.setattr(site, "acknowledge", as_a_cursor)
        async with site.edge():
            await site.live(24, litres_an_hour=6)
        with closing(sqlite3.connect(journal)) as old, closing(sqlite3.connect(copy)) as kept:
            old.backup(kept)
            ((epoch,),) = old.execute("SELECT value FROM meta WHERE key = 'epoch'")
        upto[epoch] = 1_000  # what else was found before the copy was put back
        for ending in ("", "-wal", "-shm"):
            journal.with_name(journal.name + ending).unlink(missing_ok=True)
        copy.rename(journal)
        async with site.edge():
            await site.live(14, litres_an_hour=0)
            await sleep(site.clock, 60)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert len({envelope.epoch for envelope in site.findings}) == 2
    assert site.journal("SELECT count(*) FROM finding") == [(0,)]
    assert site.health[-1]["journal_rewound"] == 1
