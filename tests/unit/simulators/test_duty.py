import tomllib
from pathlib import Path

from alerts.plan import Plans, Role
from alerts.roster import Roster, recipients
from edge.reading import Tier
from edge.settings import parse
from simulators.duty import PLANS, WORKER_NUMBER, roster_text

ROSTER = parse(tomllib.loads(roster_text("s01", "http://127.0.0.1:1/hook")), Roster, Path("r"))


def test_the_estate_has_a_worker_with_a_phone_for_every_home() -> None:
    (worker,) = recipients(ROSTER, (Role.GRID_WORKER,), "s01/b01/home-031")
    assert worker.sms == WORKER_NUMBER


def test_every_step_of_every_plan_reaches_somebody() -> None:
    plans = parse(tomllib.loads(PLANS), Plans, Path("p"))
    assert plans.select("welfare", Tier.URGENT).id == "welfare"
    for plan in plans.plan:
        for step in plan.step:
            told = recipients(ROSTER, step.roles, "s01/b01/home-031")
            assert any(set(step.channels) & set(person.channels) for person in told)
