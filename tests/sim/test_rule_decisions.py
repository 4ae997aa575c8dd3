"""What people decide about rules, and find of alarms, reaches the edge and is gone by there."""

from pathlib import Path
from typing import Any

from alerts.incident import Act, Command, Outcome
from edge.places import STEP
from edge.reading import Tier
from gateway.access.role import Role
from tests.sim.provisioned_site import Estate, play
from tests.sim.test_labels import Labelled
from tests.sim.test_labels import play as play_labels

DAY_S = 86_400
CHANGES = {"leak_slow": "shadow"}


async def rules(estate: Estate) -> dict[str, Any]:
    told: dict[str, Any] = (await estate.health())["rules"]
    return told


def test_two_people_put_a_rule_into_the_shadow_and_one_takes_it_back(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway(), estate.edge():
            await estate.wait(5)
            body: dict[str, object] = {"changes": CHANGES, "why": "drips in May"}
            number = (await estate.post("/rules/proposals", body)).json()["id"]
            assert (await rules(estate))["modes"] == {}
            why: dict[str, object] = {"why": "as agreed"}
            path = f"/rules/proposals/{number}"
            approved = await estate.post(f"{path}/approval", why, Role.ADMIN)
            assert approved.status_code == 200
            assert (await rules(estate))["modes"] == CHANGES
            await estate.post(f"{path}/roll-back", why)
            assert (await rules(estate))["modes"] == {}

    play(tmp_path, scenario)


def test_what_was_decided_while_an_edge_was_away_is_gone_by_when_it_is_back(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway():
            async with estate.edge():
                await estate.wait(5)
            body: dict[str, object] = {"changes": CHANGES, "why": "drips in May"}
            number = (await estate.post("/rules/proposals", body)).json()["id"]
            await estate.post(f"/rules/proposals/{number}/approval", {"why": "yes"}, Role.ADMIN)
            await estate.wait(3_600)
            async with estate.edge():
                assert (await rules(estate))["modes"] == CHANGES

    play(tmp_path, scenario)


def test_false_alarms_found_by_two_people_on_three_days_move_a_rule_at_that_home(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Labelled) -> None:
        world = estate.site.world
        async with estate.gateway():
            for by in ("chief", "deputy", "chief"):
                async with estate.edge(pipeline={"tuned": ["leak_slow"]}):
                    world.clock.now = estate.clock.now_ns()
                    told = world.raise_finding("u0301", tier=Tier.GENERAL, rule="leak_slow")
                    command = Command(Act.CLOSE, by, Outcome.FALSE_ALARM)
                    world.desk.engine.act(told, command, now_ns=estate.clock.now_ns())
                    await estate.wait(90)
                    scales = (await rules(estate))["scales"]
                await estate.wait(DAY_S)
        assert scales == {"leak_slow s01/b03/u0301": STEP}

    play_labels(tmp_path, scenario)
