"""From the label to "seen two seconds ago", and from a move to silence on the old place."""

from pathlib import Path

import pytest

from edge.reading import HOUR_NS, SECOND_NS
from edge.registry_copy import read_copy
from gateway.access.role import Role
from gateway.registry.card import iso
from gateway.registry.office import Office
from tests.sim.provisioned_site import CONFIG, Estate, play

DEVICE, HOME, OTHER_HOME = "mu0301", "u0301", "u0502"


def test_a_claimed_device_is_seen_within_seconds(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway(), estate.edge():
            await estate.wait(10)
            await estate.report("wm-new", 1_000)
            await estate.wait(3)
            (stranger,) = (await estate.get("/strangers", Role.INSTALLER))["strangers"]
            assert (stranger["name"], stranger["edge"]) == ("wm-new", "e01")
            body: dict[str, object] = {"code": estate.site.code("wm-new"), "unit": HOME}
            claimed = (await estate.post("/claims", body, Role.INSTALLER)).json()
            assert (claimed["unit"], claimed["applied"]) == (HOME, False)
            await estate.wait(3)
            await estate.report("wm-new", 1_001)
            await estate.wait(3)
            told = await estate.get("/devices/wm-new", Role.INSTALLER)
            assert told["last_seen_s"] <= 3
            assert (told["edge"], told["applied"], told["unit"]) == ("e01", True, HOME)
            assert (await estate.get("/strangers")) == {"strangers": []}

    play(tmp_path, scenario)


def test_an_edge_that_starts_after_the_push_goes_by_it(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway():
            await estate.wait(5)
        async with estate.edge():
            await estate.wait(5)
        async with estate.gateway(), estate.edge():
            assert (await estate.health())["registry_version"] == 1

    play(tmp_path, scenario)


def test_an_edge_that_was_away_for_three_changes_gets_the_last(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway():
            async with estate.edge():
                await estate.wait(10)
            for unit in (OTHER_HOME, HOME, OTHER_HOME):
                assert (await estate.post(f"/devices/{DEVICE}/move", {"unit": unit})).is_success
                await estate.wait(5)
            async with estate.edge():
                assert (await estate.health())["registry_version"] == 4
                assert (await estate.get("/registry"))["edges"] == [
                    {"edge": "e01", "version": 4, "behind": 0}
                ]

    play(tmp_path, scenario)


def test_a_registry_of_yesterday_played_back_is_refused_and_counted(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway(), estate.edge():
            await estate.wait(10)
            first = estate.broker.retained[CONFIG]
            await estate.post(f"/devices/{DEVICE}/retire", {})
            await estate.wait(5)
            for forged in (first, first[:-1] + b"\0", b"nonsense"):
                await estate.push_as_attacker(forged)
            report = await estate.health()
            assert report["registry_version"] == 2
            assert report["registries_refused"] == {
                "rollback": 1, "bad_signature": 1, "bad_form": 1,
            }  # fmt: skip

    play(tmp_path, scenario)


def test_a_forged_push_is_replaced_when_the_gateway_s_link_comes_back(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway():
            await estate.wait(5)
            sound = estate.broker.retained[CONFIG]
            await estate.push_as_attacker(b"nonsense")
            estate.broker.cut("gateway")
            await estate.wait(120)
            assert estate.broker.retained[CONFIG] == sound

    play(tmp_path, scenario)


def test_a_move_silences_the_old_place_even_if_the_gateway_dies_before(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        old = await estate.leave_state(HOME, DEVICE)
        await estate.post(f"/devices/{DEVICE}/move", {"unit": OTHER_HOME})
        assert old in estate.broker.retained
        async with estate.gateway():
            await estate.wait(5)
        assert old not in estate.broker.retained

    play(tmp_path, scenario)


def test_a_ghost_that_nobody_owed_is_found_when_the_gateway_connects(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        ghost = await estate.leave_state(OTHER_HOME, DEVICE)
        sound = await estate.leave_state(HOME, DEVICE)
        async with estate.gateway():
            await estate.wait(70)
        assert ghost not in estate.broker.retained
        assert sound in estate.broker.retained

    play(tmp_path, scenario)


def test_a_silence_raised_about_a_device_ends_when_the_device_is_taken_away(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Estate) -> None:
        desk = estate.site.world.desk
        async with estate.gateway(), estate.edge():
            for litres in range(6):
                await estate.report(DEVICE, 1_000 + litres)
                await estate.wait(900)
            await estate.wait(3_600)
            (raised,) = [i for i in desk.incidents.standing() if i.subject.endswith(DEVICE)]
            assert (raised.rule, raised.condition_active) == ("device_silent", True)
            await estate.post(f"/devices/{DEVICE}/retire", {})
            await estate.wait(30)
            detail = desk.incidents.detail(raised.id)
            assert detail is not None
            assert not detail.incident.condition_active

    play(tmp_path, scenario)


def test_a_change_restarts_no_silence_that_is_being_counted(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        desk = estate.site.world.desk
        async with estate.gateway(), estate.edge():
            for litres in range(6):
                await estate.report(DEVICE, 1_000 + litres)
                await estate.wait(900)
            for _ in range(4):  # an installer is busy elsewhere in the site
                await estate.wait(900)
                unit = estate.site.office.registry.unit_at("mu0001", estate.clock.now_ns())
                other = "u1201" if unit == "u0001" else "u0001"
                assert (await estate.post("/devices/mu0001/move", {"unit": other})).is_success
            assert [i for i in desk.incidents.standing() if i.subject.endswith(DEVICE)]

    play(tmp_path, scenario)


def test_an_edge_that_lost_its_journal_goes_by_its_copy_before_it_hears_the_gateway(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway(), estate.edge():
            await estate.wait(10)
            await estate.post(f"/devices/{DEVICE}/retire", {})
            await estate.wait(10)
        assert read_copy(tmp_path / "registry.pushed") == estate.broker.retained.pop(CONFIG)
        estate.lose_journal()
        async with estate.edge():
            await estate.wait(5)
        async with estate.gateway():
            await estate.wait(5)
            assert estate.site.office.held.version == 2

    play(tmp_path, scenario)


def test_an_edge_whose_provisioning_is_switched_off_goes_by_its_file_again(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Estate) -> None:
        async with estate.gateway():
            async with estate.edge():
                await estate.wait(10)
                await estate.post(f"/devices/{DEVICE}/retire", {})
                assert (await estate.health())["registry_version"] == 2
            async with estate.edge(provisioning=None):
                assert (await estate.health())["registry_version"] == 0
            async with estate.edge():
                assert (await estate.health())["registry_version"] == 2

    play(tmp_path, scenario)


@pytest.mark.parametrize("age_h", [0.0, 1.0])
def test_readings_in_flight_at_a_move_stay_with_the_home_they_are_about(
    tmp_path: Path, age_h: float
) -> None:
    """What was read before the move and comes after it must not show in the new home."""
    homes: list[str | None] = []

    async def scenario(estate: Estate) -> None:
        async with estate.gateway(), estate.edge():
            await estate.wait(5)
            await estate.report(DEVICE, 1_000)
            await estate.wait(2 * 3_600)
            moved_ns = estate.clock.now_ns() - int(age_h * HOUR_NS)
            body: dict[str, object] = {"unit": OTHER_HOME, "at": iso(moved_ns)}
            assert (await estate.post(f"/devices/{DEVICE}/move", body)).is_success
            await estate.wait(10)
            for offset_s in (-60.0, 60.0):  # read a minute before the move, and a minute after
                at_ns = moved_ns + int(offset_s * SECOND_NS)
                await estate.wait(max(0.0, (at_ns - estate.clock.now_ns()) / SECOND_NS))
                age_s = (estate.clock.now_ns() - at_ns) / SECOND_NS
                await estate.report(DEVICE, 1_100, age_s)
                homes.append(estate.site.office.registry.unit_at(DEVICE, at_ns))
            report = await estate.health()
            assert report["readings_admitted"] == 3
            assert report["pipeline"].get("unbound", 0) == 0

    play(tmp_path, scenario)
    assert homes == [HOME, OTHER_HOME]


def test_the_office_writes_nothing_that_an_edge_would_refuse(tmp_path: Path) -> None:
    async def scenario(estate: Estate) -> None:
        office: Office = estate.site.office
        async with estate.gateway(), estate.edge():
            await estate.post(f"/devices/{DEVICE}/move", {"unit": OTHER_HOME})
            await estate.wait(1)
            await estate.post(f"/devices/{DEVICE}/unbind", {})
            await estate.wait(1)
            await estate.post(f"/devices/{DEVICE}/bind", {"unit": HOME})
            await estate.wait(1)
            await estate.post(f"/devices/{DEVICE}/retire", {})
            report = await estate.health()
            assert report["registry_version"] == office.held.version == 5
            assert "registries_refused" not in {k for k, v in report.items() if v}

    play(tmp_path, scenario)
