import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome, Verdict
from alerts.incident import State
from edge.history import HistoryUnavailable, Span
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.access.role import Role
from gateway.api.incidents import PAGE_MAX
from gateway.api.routes import _stream
from gateway.db.engine import writing
from gateway.db.tables import edge_status
from gateway.health import EDGE_STALE_NS, OVERDUE_NS, Link, Pulse, check
from gateway.live import QUEUE_MAX, SUBSCRIBERS_MAX, Live, TooManySubscribersError
from tests.unit.edge.worlds import registry
from tests.unit.gateway.desk_world import NOW_NS, World, make_world

Ask = Callable[[httpx.AsyncClient], Awaitable[Any]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def as_role(world: World, ask: Ask, role: Role = Role.OPERATOR) -> Any:
    async def run() -> Any:
        async with world.signed_in(role) as client:
            return await ask(client)

    return asyncio.run(run())


def get(world: World, path: str) -> httpx.Response:
    answer: httpx.Response = as_role(world, lambda client: client.get(path))
    return answer


def post(world: World, path: str, body: Any, role: Role = Role.OPERATOR) -> httpx.Response:
    answer: httpx.Response = as_role(world, lambda client: client.post(path, json=body), role)
    return answer


def _hear(world: World, *, up: bool = True, age_ns: int = 0) -> None:
    with writing(world.desk.db) as connection:
        connection.execute(
            sa.insert(edge_status).values(
                edge="e01", up=up, boot=1, at_ns=world.clock.now - age_ns, health="{}"
            )
        )


def test_incidents_come_in_pages_without_gap_or_repeat(world: World) -> None:
    made = []
    for number in range(7):
        world.clock.now += SECOND_NS
        made.append(world.raise_finding("u0301", hours=12 + number))
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        page = get(world, f"/api/v1/incidents?limit=3{cursor}").json()
        seen += [row["incident"]["id"] for row in page["incidents"]]
        cursor = f"&cursor={page['next']}"
        if page["next"] is None:
            break
    assert seen == list(reversed(made))


def test_incidents_are_filtered_by_state_and_tier(world: World) -> None:
    urgent = world.raise_finding("u0301")
    world.raise_finding("u0502", tier=Tier.GENERAL)
    rows = get(world, "/api/v1/incidents?tier=1&state=dispatched&state=closed").json()["incidents"]
    assert [row["incident"]["id"] for row in rows] == [urgent]
    assert rows[0]["place_zh"] == "3栋2单元301"
    assert get(world, "/api/v1/incidents?state=closed").json()["incidents"] == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", f"limit={PAGE_MAX + 1}", "tier=9", "state=gone", "cursor=x", "cursor=1.%27--"],
)
def test_a_question_out_of_bounds_is_refused(world: World, query: str) -> None:
    assert get(world, f"/api/v1/incidents?{query}").status_code == 422


def test_a_cursor_beyond_every_time_finds_nothing_amiss(world: World) -> None:
    assert get(world, "/api/v1/incidents?cursor=9999999999999999999.i1").status_code == 200


def test_an_incident_tells_who_was_told_and_what_became_of_it(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    engine, now_ns = world.desk.engine, world.clock.now
    engine.advance_due(now_ns)
    for claim in engine.claim(now_ns, 10):
        engine.record(claim, Verdict(Outcome.DELIVERED, ""), now_ns)
    detail = get(world, f"/api/v1/incidents/{incident_id}").json()
    told = {(d["person_id"], d["channel"], d["state"]) for d in detail["deliveries"]}
    assert told == {("p01", "sms", "delivered"), ("p01", "webhook", "delivered")}
    assert [event["kind"] for event in detail["timeline"]] == ["opened", "step"]
    assert detail["finding"]["evidence"]["seen"]["volume_l"] == 0
    assert len(detail["plan"]["step"]) == 3


def test_no_telephone_number_leaves_by_the_api(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    world.desk.engine.advance_due(world.clock.now)
    assert "1380000" not in get(world, f"/api/v1/incidents/{incident_id}").text


def test_an_act_changes_the_incident_and_names_the_person(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    body = {"act": "acknowledge", "version": 2}
    answer = post(world, f"/api/v1/incidents/{incident_id}/acts", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
    assert answer.json()["owner"] == "operator"


def test_an_act_on_an_older_version_is_a_conflict_and_changes_nothing(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    path = f"/api/v1/incidents/{incident_id}/acts"
    assert post(world, path, {"act": "acknowledge", "version": 2}).status_code == 200
    answer = post(world, path, {"act": "close", "version": 2, "outcome": "real"})
    assert (answer.status_code, answer.json()["code"]) == (409, "moved_on")
    detail = get(world, f"/api/v1/incidents/{incident_id}").json()
    assert detail["incident"]["state"] == State.ACKNOWLEDGED


def test_nothing_closes_without_an_outcome(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    answer = post(world, f"/api/v1/incidents/{incident_id}/acts", {"act": "close", "version": 2})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_possible")


def test_a_viewer_reads_but_does_not_act(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    path, body = f"/api/v1/incidents/{incident_id}/acts", {"act": "acknowledge", "version": 2}
    assert post(world, path, body, Role.VIEWER).status_code == 403
    read = as_role(world, lambda c: c.get(f"/api/v1/incidents/{incident_id}"), Role.VIEWER)
    assert read.json()["incident"]["version"] == 2


@pytest.mark.parametrize(
    "raw",
    [
        '{"act": "acknowledge", "version": NaN}',
        '{"act": "acknowledge", "version": 1e999}',
        '{"act": "acknowledge", "version": true}',
        '{"act": "acknowledge", "version": 2, "owner": "canary-4471"}',
        '{"act": "canary-4471", "version": 2}',
        '{"act": "acknowledge", "version": 2, "note": "\\ud800"}',
        "[" * 20_000,
        "canary-4471",
        "",
    ],
)
def test_a_bad_body_is_refused_and_never_repeated(world: World, raw: str) -> None:
    incident_id = world.raise_finding("u0301")
    answer = as_role(
        world,
        lambda client: client.post(
            f"/api/v1/incidents/{incident_id}/acts",
            content=raw.encode(),
            headers={"content-type": "application/json"},
        ),
    )
    assert answer.status_code in {400, 422}
    assert "canary" not in answer.text
    assert set(answer.json()) == {"title", "detail", "code"}


@pytest.mark.parametrize(
    "path", ["/api/v1/incidents/i404", "/api/v1/units/u9999/history?start=0&end=9", "/api/v1/no"]
)
def test_what_is_not_there_is_a_problem_not_a_crash(world: World, path: str) -> None:
    answer = get(world, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def _fill(world: World, *, hours: float, m3_an_hour: float) -> None:
    for quarter in range(int(hours * 4) + 1):
        at_ns = world.clock.now - int(hours * HOUR_NS) + quarter * 15 * MINUTE_NS
        world.history.add("u0301", at_ns, round(10 + quarter * m3_an_hour / 4, 6))


def _status(world: World) -> dict[str, Any]:
    rows = get(world, "/api/v1/units").json()["units"]
    found: dict[str, Any] = next(row for row in rows if row["unit"] == "u0301")
    return found


def test_a_home_without_readings_is_unknown_never_well(world: World) -> None:
    assert {row["use"] for row in get(world, "/api/v1/units").json()["units"]} == {"unknown"}


@pytest.mark.parametrize(("m3_an_hour", "use"), [(0.008, "used"), (0.0, "not_used")])
def test_a_home_with_full_data_shows_its_use(world: World, m3_an_hour: float, use: str) -> None:
    _fill(world, hours=14, m3_an_hour=m3_an_hour)
    assert _status(world)["use"] == use


def test_a_home_under_a_routine_shows_a_day_and_not_terms_that_are_off(world: World) -> None:
    units = [{"code": "u0301", "building": "b03", "care": ["alone"], "routine": {}}]
    devices = [{"id": "mu0301", "kind": "water", "unit": "u0301", "interval": "15 min"}]
    world.desk.homes.go_by(registry(units, devices))
    _fill(world, hours=26, m3_an_hour=0.001)
    status = _status(world)
    assert (status["window_h"], status["threshold_l"]) == (24, 2)
    assert (status["use"], status["judged_by"]) == ("used", "routine")


def test_a_home_whose_data_have_stopped_is_unknown_again(world: World) -> None:
    _fill(world, hours=14, m3_an_hour=0.008)
    world.clock.now += 2 * HOUR_NS
    status = _status(world)
    assert (status["use"], status["stale"]) == ("unknown", True)


def test_a_home_lists_its_open_incidents(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    assert _status(world)["open"] == [incident_id]


def test_history_is_hourly_and_says_what_is_unknown(world: World) -> None:
    _fill(world, hours=2, m3_an_hour=0.012)
    end = world.clock.now // SECOND_NS
    curve = get(world, f"/api/v1/units/u0301/history?start={end - 4 * 3600}&end={end}").json()
    known = [(hour["known"], hour["volume_l"]) for hour in curve["hours"]]
    assert known[:2] == [("unknown", None)] * 2
    assert known[2:] == [("complete", pytest.approx(12))] * 2


def test_a_curve_names_what_an_edge_has_yet_to_hand_over(world: World) -> None:
    end = NOW_NS // SECOND_NS
    world.history.on_the_way = [Span(0, 5), Span(NOW_NS - 7200 * SECOND_NS, NOW_NS)]
    curve = get(world, f"/api/v1/units/u0301/history?start={end - 4 * 3600}&end={end}").json()
    assert curve["on_the_way"] == [[NOW_NS - 7200 * SECOND_NS, NOW_NS]]


@pytest.mark.parametrize("query", ["start=0&end=9e9", "start=9&end=9", "start=nan&end=9", "end=9"])
def test_history_of_an_endless_or_empty_range_is_refused(world: World, query: str) -> None:
    assert get(world, f"/api/v1/units/u0301/history?{query}").status_code == 422


def test_a_history_that_cannot_be_read_is_said_and_homes_are_unknown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise HistoryUnavailable("down")

    monkeypatch.setattr(world.history, "readings", refuse)
    assert get(world, "/api/v1/units/u0301/history?start=0&end=9").status_code == 503
    assert _status(world)["use"] == "unknown"


def test_health_is_open_and_tells_no_details(world: World) -> None:
    _hear(world, age_ns=30 * SECOND_NS)

    async def ask() -> httpx.Response:
        async with world.client() as client:
            return await client.get("/healthz")

    assert asyncio.run(ask()).json() == {"status": "ok", "intake_age_s": 30.0}


def test_the_vitals_see_what_is_left_undone(world: World) -> None:
    _hear(world)
    world.raise_finding("u0301")
    assert check(world.desk.db, Pulse(), world.clock.now).can_notify
    later_ns = world.clock.now + OVERDUE_NS + SECOND_NS
    assert not check(world.desk.db, Pulse(), later_ns).can_notify


def test_a_channel_on_which_nothing_gets_through_is_failing(world: World) -> None:
    for unit in ("u0301", "u0502", "u1201"):
        world.raise_finding(unit)
    engine, now_ns = world.desk.engine, world.clock.now
    engine.advance_due(now_ns)
    for claim in engine.claim(now_ns, 20):
        outcome = Outcome.UNKNOWN if claim.channel == "sms" else Outcome.DELIVERED
        engine.record(claim, Verdict(outcome, "no answer"), now_ns)
    vitals = check(world.desk.db, Pulse(), now_ns)
    assert (vitals.failing, vitals.can_notify) == (("sms",), False)


def test_a_stopped_dispatcher_and_a_dead_channel_are_seen(world: World) -> None:
    stopped = Pulse(beat_ns=world.clock.now - HOUR_NS)
    assert not check(world.desk.db, stopped, world.clock.now).can_notify
    assert not check(world.desk.db, Pulse(dead=("sms",)), world.clock.now).can_notify


@pytest.mark.parametrize(
    ("up", "age_ns", "state"),
    [(True, 0, Link.UP), (True, EDGE_STALE_NS + 1, Link.STALE), (False, 0, Link.DOWN)],
)
def test_an_edge_is_up_stale_or_down(world: World, up: bool, age_ns: int, state: Link) -> None:
    _hear(world, up=up, age_ns=age_ns)
    (edge,) = get(world, "/api/v1/edges").json()["edges"]
    assert edge["state"] == state


def test_metrics_count_incidents_by_tier_and_state(world: World) -> None:
    world.raise_finding("u0301")
    text = get(world, "/metrics").text
    assert 'shouwang_gateway_incidents{state="dispatched",tier="1"} 1.0' in text


def test_every_json_answer_is_finite(world: World) -> None:
    _fill(world, hours=14, m3_an_hour=0.004)
    incident_id = world.raise_finding("u0301")
    for path in ("incidents", f"incidents/{incident_id}", "units", "edges"):
        text = get(world, f"/api/v1/{path}").text
        json.loads(text, parse_constant=pytest.fail)


def test_a_change_reaches_every_listener_and_a_slow_one_is_dropped() -> None:
    async def run() -> tuple[int, list[tuple[str, ...]]]:
        live = Live()
        with live.subscribe() as quick, live.subscribe():
            for number in range(QUEUE_MAX + 1):
                live.publish({f"i{number}"})
                if number < 2:
                    quick.queue.get_nowait()
            live.close()
            rest = [change.incident_ids async for change in quick.changes(1.0) if change]
            return live.dropped, rest

    dropped, rest = asyncio.run(run())
    assert dropped == 1
    assert rest == [(f"i{number}",) for number in range(2, QUEUE_MAX + 1)]


def test_listeners_are_bounded() -> None:
    live = Live()
    held = [live.subscribe() for _ in range(SUBSCRIBERS_MAX)]
    for subscription in held:
        subscription.__enter__()
    with pytest.raises(TooManySubscribersError), live.subscribe():
        pass
    held[0].__exit__(None, None, None)
    with live.subscribe():
        assert live.subscribers == SUBSCRIBERS_MAX
    for subscription in held[1:]:
        subscription.__exit__(None, None, None)


def test_the_stream_tells_of_a_change_and_ends_with_the_session(world: World) -> None:
    async def run() -> list[bytes]:
        token = world.desk.sessions.open(1, world.clock.now)
        stream = _stream(world.desk, token)
        said = [await anext(stream)]
        incident_id = world.raise_finding("u0301")
        said.append(await anext(stream))
        assert incident_id.encode() in said[-1]
        world.desk.sessions.close(token)
        world.desk.live.publish({"i2"})
        said += [chunk async for chunk in stream]
        return said

    said = asyncio.run(run())
    assert len(said) == 2
    assert said[1].startswith(b"event: incident\ndata: ")
