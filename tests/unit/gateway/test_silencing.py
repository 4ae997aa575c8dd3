"""A silence keeps messages back for its time and no longer, whatever runs or restarts."""

from collections.abc import Iterator

import pytest

from alerts.incident import Act
from alerts.silence import Kind, Scope, Silence
from edge.reading import HOUR_NS, SECOND_NS, Tier
from gateway import silencing
from gateway.db import silences
from gateway.db.engine import reading
from gateway.silencing import NoSuchSilence
from tests.unit.gateway.held_world import HeldWorld

HOME = "s01/b01/u0"


@pytest.fixture
def world() -> Iterator[HeldWorld]:
    world = HeldWorld()
    yield world
    world.close()


def lay(world: HeldWorld, scope: Scope, value: str, *, hours: float = 1, ahead: float = 0) -> str:
    """A silence of the lesser tiers is laid; its id."""
    start_ns = world.now_ns + int(ahead * HOUR_NS)
    silence = Silence(
        id=f"s{world.now_ns % 10**12:012x}"[:13], kind=Kind.MAINTENANCE, scope=scope, value=value,
        tiers=(Tier.IMPORTANT, Tier.GENERAL), reason="换表", by="duty", created_ns=world.now_ns,
        start_ns=start_ns, end_ns=start_ns + int(hours * HOUR_NS),
    )  # fmt: skip
    with world.engine.working(world.now_ns) as work:
        return silencing.lay(work, silence, may_silence_urgent=False).id


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        (Scope.AREA, "s01"),
        (Scope.AREA, "s01/b01/u0"),
        (Scope.CATEGORY, "water"),
        (Scope.RULE, "leak"),
        (Scope.DEVICE, "u0"),
    ],
)
def test_what_is_within_a_silence_is_shown_and_told_when_it_ends(
    world: HeldWorld, scope: Scope, value: str
) -> None:
    lay(world, scope, value)
    quiet = world.take(world.raised("leak", HOME))
    world.passes(3_599)
    assert world.told == []
    assert world.held() == {quiet: "silence"}
    world.restart()
    assert quiet in world.passes(1)
    assert world.held() == {}


@pytest.mark.parametrize(
    ("scope", "value"),
    [(Scope.AREA, "s01/b1"), (Scope.CATEGORY, "welfare"), (Scope.RULE, "le"), (Scope.DEVICE, "u")],
)
def test_what_is_beside_a_silence_is_told(world: HeldWorld, scope: Scope, value: str) -> None:
    lay(world, scope, value)
    told = world.take(world.raised("leak", HOME))
    assert told in world.passes(60)


def test_an_urgent_incident_breaks_through_a_silence_of_lesser_tiers(world: HeldWorld) -> None:
    lay(world, Scope.AREA, "s01")
    urgent = world.take(world.raised("smoke", HOME))
    assert urgent in world.passes(0)


def test_a_running_plan_obeys_a_new_silence_at_once(world: HeldWorld) -> None:
    running = world.take(world.raised("leak", HOME))
    world.passes(60)
    told = len(world.told)
    world.now_ns += 900 * SECOND_NS
    world.engine.advance_due(world.now_ns)
    lay(world, Scope.AREA, "s01")
    assert world.send() == []
    world.passes(1_800)
    assert len(world.told) == told
    assert world.held() == {running: "silence"}


def test_a_maintenance_window_planned_ahead_begins_and_ends_by_itself(world: HeldWorld) -> None:
    window = lay(world, Scope.AREA, "s01/b01", ahead=2)
    before = world.take(world.raised("leak", HOME))
    assert before in world.passes(60)
    world.restart()
    world.passes(2 * 3_600)
    assert world.held() == {before: "silence"}
    world.restart()
    assert before in world.passes(3_600)
    with reading(world.database) as connection:
        kinds = [event.kind for event in silences.events(connection, window)]
        assert connection.execute(silences.NEXT_DUE).scalar() is None
    assert kinds == ["laid", "begun", "ended"]


def test_a_silence_ended_by_a_person_tells_what_still_lasts(world: HeldWorld) -> None:
    silence = lay(world, Scope.AREA, "s01")
    quiet = world.take(world.raised("leak", HOME))
    over = world.raised("leak", "s01/b01/u1")
    gone = world.take(over)
    world.passes(600)
    world.take(world.cleared(over))
    with world.engine.working(world.now_ns) as work:
        silencing.end(work, silence, "duty")
    assert set(world.passes(0)) == {quiet}
    assert gone not in world.told
    with pytest.raises(NoSuchSilence), world.engine.working(world.now_ns) as work:
        silencing.end(work, silence, "duty")


def test_what_two_silences_cover_waits_for_the_later_end(world: HeldWorld) -> None:
    lay(world, Scope.AREA, "s01", hours=1)
    world.now_ns += SECOND_NS
    lay(world, Scope.RULE, "leak", hours=3)
    quiet = world.take(world.raised("leak", HOME))
    world.passes(3_600)
    assert world.held() == {quiet: "silence"}
    assert quiet in world.passes(2 * 3_600)


def test_an_answered_incident_is_not_told_again_when_a_silence_ends(world: HeldWorld) -> None:
    lay(world, Scope.AREA, "s01")
    quiet = world.take(world.raised("leak", HOME))
    world.act(quiet, Act.ACKNOWLEDGE)
    world.passes(2 * 3_600)
    assert world.told == []
    with reading(world.database) as connection:
        assert connection.execute(silences.NEXT_DUE).scalar() is None
