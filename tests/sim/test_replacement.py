"""A meter is replaced without a word; somebody is asked, says so, and the use is known again."""

from pathlib import Path

import pytest

from alerts.incident import Incident
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS
from gateway.registry.card import iso
from tests.sim.provisioned_site import Estate, play

DEVICE, HOME = "mu0301", "u0301"
EVERY_MIN = 15
QUIET_H, WINDOW_H = 6, 12
"""The resident stops so long before the change; the rule's window."""


class Swap:
    """The register of one home, reported every quarter of an hour, and its replacement."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.litres = 100_000
        self.changed_ns = self.last_l = 0

    async def live(self, hours: float, litres: int) -> None:
        """Time passes; the home uses so much every quarter of an hour."""
        clock = self.estate.clock
        for _ in range(round(hours * 60 / EVERY_MIN)):
            self.litres += litres
            await self.estate.wait(EVERY_MIN * 60)
            self.estate.site.world.history.add(HOME, clock.now_ns(), self.litres / 1_000)
            await self.estate.report(DEVICE, self.litres)

    async def swap(self, litres: int) -> None:
        """Somebody puts on a new meter, which is heard until the change is noticed."""
        self.changed_ns, self.last_l = self.estate.clock.now_ns() + MINUTE_NS, self.litres
        self.litres = 4
        await self.live(1, litres)

    async def tell(self) -> None:
        """An operator says what both registers showed."""
        body: dict[str, object] = {
            "at": iso(self.changed_ns), "last_m3": self.last_l / 1_000, "first_m3": 0.004,
        }  # fmt: skip
        told = await self.estate.post(f"/devices/{DEVICE}/replacements", body)
        assert told.is_success, told.text
        assert (told.json()["version"], told.json()["applied"]) == (2, False)

    def of(self, rule: str) -> list[Incident]:
        """The incidents of a rule about this home, their condition active or not."""
        desk = self.estate.site.world.desk
        standing = [i for i in desk.incidents.standing() if i.rule == rule]
        return [i for i in standing if HOME in i.subject]


@pytest.mark.parametrize("told", [True, False])
def test_who_stopped_before_a_change_of_the_meter_is_found_across_it_once_it_is_told(
    tmp_path: Path, told: bool
) -> None:
    """Untold, the use across the change is unknown, and the window begins anew after it."""
    found_after_h: list[float] = []

    async def scenario(estate: Estate) -> None:
        home = Swap(estate)
        async with estate.gateway(), estate.edge():
            await home.live(24, 5)
            stopped_ns = estate.clock.now_ns()
            await home.live(QUIET_H, 0)
            await home.swap(0)
            (change,) = home.of("meter_break")
            assert change.condition_active
            if told:
                await home.tell()
                await home.live(0.5, 0)
                assert (await estate.get(f"/devices/{DEVICE}"))["applied"]
                assert not [i for i in home.of("meter_break") if i.condition_active]
            while not home.of("welfare"):
                await home.live(0.25, 0)
            found_after_h.append((estate.clock.now_ns() - stopped_ns) / HOUR_NS)

    play(tmp_path, scenario)
    expected_h = WINDOW_H + (0 if told else QUIET_H)
    assert expected_h <= found_after_h[0] <= expected_h + 1.5


def test_who_goes_on_using_water_is_never_in_doubt_while_the_meter_changes(
    tmp_path: Path,
) -> None:
    async def scenario(estate: Estate) -> None:
        home = Swap(estate)
        async with estate.gateway(), estate.edge():
            await home.live(24, 5)
            await home.swap(5)
            await home.live(3, 5)
            await home.tell()
            await home.live(WINDOW_H, 5)
            assert home.of("welfare") == []
            assert not [i for i in home.of("meter_break") if i.condition_active]
            first_s, last_s = (home.changed_ns // SECOND_NS + h * 3_600 for h in (-3, 3))
            curve = await estate.get(f"/units/{HOME}/history?start={first_s}&end={last_s}")
            assert curve["gaps"] == []

    play(tmp_path, scenario)
