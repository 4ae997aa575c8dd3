"""Versions of plans and calls over both databases."""

import tomllib
from typing import Any

import pytest

from alerts.whistle import CallAct, CallState
from edge.reading import MINUTE_NS
from gateway import whistling
from gateway.db import calls
from gateway.db import plans as rows
from gateway.db.engine import reading
from gateway.engine import Engine
from gateway.plans.office import PlanOffice, open_plans
from gateway.proposing import Refused
from gateway.whistling import Wanted
from tests.unit.gateway.test_engine import CONFIG, NOW, engine, only_incident, raise_one

__all__ = ["engine"]


def shipped() -> dict[str, Any]:
    return tomllib.loads((CONFIG / "plans.toml").read_text("utf-8"))


def test_a_version_is_kept_whole_and_decided_once(engine: Engine) -> None:
    open_plans(engine.database, shipped(), NOW)
    office = PlanOffice(engine)
    number = office.propose(shipped()["plan"][0] | {"ack_within": "2 min"}, "an", "sooner", NOW)
    made = office.approve(number, "bo", "agreed", NOW)
    with pytest.raises(Refused, match="approved already"):
        office.reject(number, "bo", "", NOW)
    with reading(engine.database) as connection:
        assert rows.document(connection, 1) == shipped()
        assert rows.newest(connection) == made.version == 2
    raise_one(engine)
    assert only_incident(engine).plan_version == 2


def test_a_call_is_kept_with_what_was_said_to_it(engine: Engine) -> None:
    incident = raise_one(engine)
    with engine.working(NOW) as work:
        call = whistling.call_in(work, incident.id, Wanted(person="street"), "wang")
    with engine.working(NOW + MINUTE_NS) as work:
        whistling.act(work, call, CallAct.ARRIVE, "street")
    with reading(engine.database) as connection:
        (kept,) = calls.of_incident(connection, incident.id)
    assert (kept.state, kept.arrived_ns) == (CallState.ARRIVED, NOW + MINUTE_NS)
    assert kept.on_miss == call.on_miss
