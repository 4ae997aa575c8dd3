"""An outcome reaches the edge that raised the alarm, over absences and restarts of either."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alerts.incident import Act, Command, Outcome
from gateway.campaign.asking import CampaignSettings
from gateway.duties import Duties
from gateway.intake import Intake, filters
from gateway.registry.ownership import Owned
from simulators.clock import VirtualClock, run
from tests.sim.provisioned_site import Estate, running
from tests.unit.gateway.registry_world import NOW_NS


@dataclass(frozen=True)
class OwnWork:
    """The gateway's own work here: labels only."""

    site: str = "s01"
    drill: None = None
    campaign: CampaignSettings = field(default_factory=CampaignSettings)


class Labelled(Estate):
    """An estate whose gateway also does its duties."""

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        engine = self.site.world.desk.engine
        owned = Owned(None, (), self.clock)
        duties = Duties(engine, owned, OwnWork(), clock=self.clock, leads=lambda: True)
        session = self.broker.session("gateway", [*filters("s01"), *duties.filters])
        intake = Intake(engine, session, site="s01", clock=self.clock, aside=duties.aside)
        parts = duties.parts(session)
        async with running(intake.run(), *parts.values()):
            yield

    def close(self, outcome: Outcome, unit: str = "u0301", hours: float = 12.0) -> str:
        """An incident that e01 raised is closed."""
        incident_id = self.site.world.raise_finding(unit, hours=hours)
        self.act(incident_id, Act.CLOSE, outcome)
        return incident_id

    def act(self, incident_id: str, act: Act, outcome: Outcome | None = None) -> None:
        engine = self.site.world.desk.engine
        engine.act(incident_id, Command(act, "chief", outcome), now_ns=self.clock.now_ns())

    async def told(self) -> object:
        """What the edge's next health message says of labels."""
        return (await self.health())["labels"]


def play(folder: Path, scenario: Callable[[Labelled], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        estate = Labelled(clock, folder)
        await scenario(estate)
        estate.site.world.desk.db.dispose()

    run(main, start_ns=NOW_NS)


def test_an_outcome_is_counted_by_the_edge_and_survives_its_restart(tmp_path: Path) -> None:
    async def scenario(estate: Labelled) -> None:
        async with estate.gateway():
            async with estate.edge():
                estate.close(Outcome.FALSE_ALARM)
                await estate.wait(90)
                assert await estate.told() == {"welfare": {"false_alarm": 1}}
            async with estate.edge():
                assert await estate.told() == {"welfare": {"false_alarm": 1}}

    play(tmp_path, scenario)


def test_outcomes_wait_for_an_edge_that_is_away_and_are_counted_once(tmp_path: Path) -> None:
    async def scenario(estate: Labelled) -> None:
        async with estate.edge():
            await estate.wait(5)
        async with estate.gateway():
            for number in range(120):
                estate.close(Outcome.REAL, hours=1.0 + number)
            await estate.wait(3 * 86_400)
        async with estate.gateway(), estate.edge():
            await estate.wait(300)
            assert await estate.told() == {"welfare": {"real": 120}}
            await estate.wait(7_200)
            assert await estate.told() == {"welfare": {"real": 120}}

    play(tmp_path, scenario)


def test_a_reopened_case_takes_its_label_back_and_a_drill_gives_none(tmp_path: Path) -> None:
    async def scenario(estate: Labelled) -> None:
        async with estate.gateway(), estate.edge():
            incident_id = estate.close(Outcome.FALSE_ALARM)
            estate.act(incident_id, Act.REOPEN)
            estate.close(Outcome.DRILL, "u0502")
            await estate.wait(300)
            assert await estate.told() == {"welfare": {"false_alarm": 0}}
            estate.act(incident_id, Act.CLOSE, Outcome.REAL)
            await estate.wait(300)
            assert await estate.told() == {"welfare": {"false_alarm": 0, "real": 1}}

    play(tmp_path, scenario)
