"""The edge whose own clock is wrong: nothing is judged before the time is known, nothing lost."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from edge import topic
from edge.agent import run_edge
from edge.clock import sleep
from edge.entry import Admitted, Link
from edge.history import JournalHistory
from edge.journal import JournalSettings, decode
from edge.machine import SteadyClock
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS, Reading
from edge.session import Session, Will
from edge.timekeeping import Answer, Question
from simulators.broker import BrokerFaults
from simulators.clock import VirtualClock, run
from simulators.machine import VirtualMachine
from tests.contract.test_agent import START_NS, Site, _background, _ignore, raised, settings

QUESTIONS = topic.question_topic("s01", "e01")
ANSWERS = topic.answer_topic("s01", "e01")
TAKEN_S = JournalSettings.model_fields["linger"].default + 1  # after which all are taken
WRONG = [-START_NS, -14 * DAY_NS, 3 * DAY_NS, 20 * 365 * DAY_NS]
WRONG_NAMES = ["1970", "two weeks back", "three days ahead", "in 2046"]


class TimedSite(Site):
    """A site whose edge runs on a machine of its own, and whose gateway may tell the time."""

    def __init__(self, clock: VirtualClock, folder: Path, faults: BrokerFaults) -> None:
        super().__init__(clock, folder, faults)
        self.machine = VirtualMachine(clock)
        self.telling = True
        self.late_s = 0.0
        self.held_bytes = 64 * 2**20
        self.asked: list[Question] = []
        self._teller = self.broker.session("teller", [QUESTIONS])

    def connect(self, filters: object, will: Will) -> Session:
        return self.broker.session("edge", filters, will, clock=self.steady())  # type: ignore[arg-type]

    async def live(self, hours: float, litres_an_hour: float) -> None:
        await super().live(hours, litres_an_hour)
        await sleep(self.clock, TAKEN_S)

    def steady(self) -> SteadyClock:
        return SteadyClock(self.machine)

    async def running(self, stop: asyncio.Event | None) -> None:
        told = settings(self.folder)
        clock = told.clock.model_copy(update={"held_bytes": self.held_bytes})
        await run_edge(
            told.model_copy(update={"clock": clock}),
            connect=self.connect, clock=self.steady(), rng=random.Random(11), stop=stop,
        )  # fmt: skip

    async def tell(self) -> None:
        while True:
            for delivery in await self._teller.receive(10, 0.0):
                question = msgspec.json.decode(delivery.payload, type=Question)
                self.asked.append(question)
                if self.telling:
                    await sleep(self.clock, self.late_s)
                    await self.answer(Answer(1, question.asked, self.clock.now_ns()))

    async def answer(self, answer: Answer, *, retain: bool = False) -> None:
        await self._teller.publish(ANSWERS, msgspec.json.encode(answer), retain=retain)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["TimedSite"]:
        async with super().open(), _background(self._teller.run(_ignore), self.tell()):
            yield self

    def held(self) -> int:
        ((count,),) = self.journal("SELECT count(*) FROM held")
        return int(str(count))

    def entries(self) -> list[Admitted | Link]:
        rows = self.journal("SELECT blob FROM entry ORDER BY id")
        found = [decode(blob) for (blob,) in rows if isinstance(blob, bytes)]
        return [entry for entry in found if isinstance(entry, Admitted | Link)]

    def readings(self) -> list[Reading]:
        history = JournalHistory(self.folder / "journal.db")
        return history.readings(["wm-0101"], 0, 2**62, 10_000)


def play(folder: Path, scenario: Callable[[TimedSite], Awaitable[None]]) -> TimedSite:
    async def main(clock: VirtualClock) -> TimedSite:
        async with TimedSite(clock, folder, BrokerFaults()).open() as site:
            await scenario(site)
            return site

    return run(main, START_NS)


def delays_s(site: TimedSite) -> list[float]:
    """How long after its event each reading was received, by the stamps in the journal."""
    return [(each.received_ns - each.at_ns) / SECOND_NS for each in site.readings()]


@pytest.mark.parametrize("error_ns", WRONG, ids=WRONG_NAMES)
def test_an_edge_with_a_wrong_clock_asks_the_gateway_and_misses_nothing(
    tmp_path: Path, error_ns: int
) -> None:
    async def scenario(site: TimedSite) -> None:
        site.machine.start(error_ns)
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            await site.live(14, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert raised(site, "device_silent") == set()
    assert {found.finding.timeliness.value for found in site.findings} == {"live"}
    assert len(site.readings()) == 38 * 4
    assert max(map(abs, delays_s(site))) < 1
    assert site.health[-1]["clock_offset_s"] == pytest.approx(-error_ns / SECOND_NS, abs=1)


def test_without_a_witness_all_is_kept_and_nothing_is_judged(tmp_path: Path) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        site.machine.start(3 * DAY_NS)
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            await site.live(14, litres_an_hour=0)
            await sleep(site.clock, 61)

    site = play(tmp_path, scenario)
    assert site.findings == []
    assert site.held() == 38 * 4
    assert site.entries() == []
    assert site.broker.held("edge") == 0
    assert not [to for to in site.broker.retained if to.endswith("/state")]
    last = site.health[-1]
    assert (last["clock_trusted"], last["held_deliveries"]) == (0.0, 38 * 4)


@pytest.mark.parametrize("error_ns", WRONG, ids=WRONG_NAMES)
def test_what_was_held_is_judged_when_the_time_is_known(tmp_path: Path, error_ns: int) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        site.machine.start(error_ns)
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            await site.live(14, litres_an_hour=0)
            site.telling = True
            await sleep(site.clock, 62)
            assert len(raised(site)) == 1
            await site.live(1, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(site.findings) == 1
    assert site.held() == 0
    assert len(site.readings()) == 39 * 4
    assert max(map(abs, delays_s(site))) < 1


def test_an_edge_killed_while_the_time_is_unknown_loses_nothing(tmp_path: Path) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        for hours in (10, 14):
            async with site.edge():
                await site.live(hours, litres_an_hour=6)
        site.telling = True
        async with site.edge():
            await site.live(14, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert len(site.readings()) == 38 * 4
    assert max(map(abs, delays_s(site))) < 1  # one start of the machine: one count


def test_what_a_machine_held_before_it_was_started_again_is_stamped_at_the_latest(
    tmp_path: Path,
) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        for hours in (10, 14):
            site.machine.start(-START_NS)
            async with site.edge():
                await site.live(hours, litres_an_hour=6)
            await site.rest(0.5)
        site.machine.start(-START_NS)
        site.telling = True
        async with site.edge():
            await site.live(14, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert len(site.readings()) == 38 * 4
    delays = delays_s(site)
    assert min(delays) >= 0
    assert delays[:40] == pytest.approx([1 * 3_600 + 900] * 40, abs=1_000)
    assert delays[40:96] == pytest.approx([1_800 + TAKEN_S] * 56, abs=2)
    assert delays[96:] == pytest.approx([0] * 56, abs=1)
    assert [each.historical for each in site.readings()] == [True] * 96 + [False] * 56
    received = [each.received_ns for each in site.readings()]
    assert received == sorted(received)
    assert site.health[-1]["held_unplaced"] == 24 * 4


def test_at_the_limit_the_rest_stays_with_the_broker_and_the_time_is_still_heard(
    tmp_path: Path,
) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling, site.held_bytes = False, 2_000
        async with site.edge():
            await site.live(12, litres_an_hour=6)
            held = site.held()
            assert 0 < held < 20
            assert site.broker.held("edge") == 48 - held
            await sleep(site.clock, 61)
            assert site.health[-1]["held_refused"] == 48 - held
            site.broker.cut("edge")
            await site.live(12, litres_an_hour=6)
            site.telling = True
            await site.live(14, litres_an_hour=0)
        assert site.broker.held("edge") == 0

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert sorted(each.seq for each in site.readings()) == list(range(1, 38 * 4 + 1))


@pytest.mark.parametrize("step_ns", [DAY_NS, -DAY_NS, 13 * 365 * DAY_NS, -START_NS])
def test_a_clock_that_is_set_while_running_changes_nothing(tmp_path: Path, step_ns: int) -> None:
    async def scenario(site: TimedSite) -> None:
        site.machine.keep()
        async with site.edge():
            await site.live(24, litres_an_hour=6)
            site.machine.set_wall(step_ns)
            await site.live(14, litres_an_hour=0)
            site.machine.keep()
            await site.live(1, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    assert raised(site, "device_silent") == set()
    assert max(map(abs, delays_s(site))) < 1
    assert site.health[-1]["time_jumps"] == 0


def test_a_kernel_kept_in_time_wins_over_the_gateway_and_their_quarrel_shows(
    tmp_path: Path,
) -> None:
    async def scenario(site: TimedSite) -> None:
        site.machine.keep()
        site.telling = False
        async with site.edge():
            await sleep(site.clock, 1)
            asked = site.asked[-1].asked
            await site.answer(Answer(1, asked, site.clock.now_ns() + HOUR_NS))
            await site.live(2, litres_an_hour=6)

    site = play(tmp_path, scenario)
    assert site.health[-1]["clocks_disagree"] == 1.0
    assert max(map(abs, delays_s(site))) < 1


def test_a_correction_starts_the_silences_afresh(tmp_path: Path) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        async with site.edge():
            await sleep(site.clock, 1)
            await site.answer(Answer(1, site.asked[-1].asked, site.clock.now_ns() - 10 * HOUR_NS))
            await site.live(0.5, litres_an_hour=6)
            site.machine.keep()
            await site.live(2, litres_an_hour=6)

    site = play(tmp_path, scenario)
    assert site.health[-1]["time_jumps"] == 1
    assert raised(site, "device_silent") == set()
    assert site.health[-1]["clock_offset_s"] == pytest.approx(0, abs=1)


ANY = Answer(1, 0, START_NS)


@pytest.mark.parametrize("reason", ["stale", "kept", "slow", "twice", "garbage", "1970"])
def test_an_answer_that_cannot_be_used_is_refused_and_counted(tmp_path: Path, reason: str) -> None:
    async def scenario(site: TimedSite) -> None:
        site.telling = False
        if reason == "kept":
            await sleep(site.clock, 0.1)
            await site.answer(ANY, retain=True)
        if reason == "slow":
            site.telling, site.late_s = True, 10.5
        async with site.edge():
            await sleep(site.clock, 0.5)
            asked = site.asked[-1].asked
            answers = {
                "stale": [Answer(1, asked - 1, START_NS)],
                "twice": [Answer(1, asked, START_NS)] * 2,
                "1970": [Answer(1, asked, 0)],
            }
            for answer in answers.get(reason, ()):
                await site.answer(answer)
            if reason == "garbage":
                await site._insist(ANSWERS, b'{"v":1,"asked":')
            await sleep(site.clock, 61)

    site = play(tmp_path, scenario)
    assert site.health[-1]["clock_trusted"] == float(reason == "twice")
    assert site.journal("SELECT count(*) FROM dead_letter") == [(0,)]
    refused = site.health[-1]["time_answers_refused"]
    assert refused != 0


def test_silence_before_the_time_is_known_is_nobodys(tmp_path: Path) -> None:
    async def scenario(site: TimedSite) -> None:
        async with site.edge():
            await site.live(6, litres_an_hour=6)
        site.telling = False
        site.machine.start(3 * DAY_NS)
        async with site.edge():
            await site.rest(5)
            site.telling = True
            await site.live(2, litres_an_hour=6)

    site = play(tmp_path, scenario)
    assert raised(site, "device_silent") == set()
    links = [entry for entry in site.entries() if isinstance(entry, Link)]
    assert [link.up for link in links] == [False, True, False, True]
    assert [link.at_ns for link in links] == sorted(link.at_ns for link in links)
