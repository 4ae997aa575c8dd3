"""A rule in the shadow disturbs nobody; promoted, it speaks; rolled back, it is silent again."""

from pathlib import Path

import msgspec
import pytest

from edge import topic
from edge.clock import sleep
from edge.mode import Mode
from edge.reading import FindingState, Timeliness
from edge.rule_acts import RuleActs, acts_file, read_acts, write_acts
from edge.ruling import LOOK_S
from tests.contract import test_agent
from tests.contract.test_agent import Site, _background, _ignore, play, raised

AT = {"by": "chief", "at": "2026-05-28T08:00:00+00:00"}
HIDDEN = RuleActs().with_act("shadow", "welfare", {"welfare": Mode.SHADOW}, **AT)
SHOWN = HIDDEN.with_act("promote", "welfare", {"welfare": Mode.LIVE}, **AT)


def acts(site: Site) -> Path:
    return acts_file(site.folder / "journal.db")


async def a_quiet_day(site: Site) -> None:
    await site.live(24, litres_an_hour=6)
    await site.live(14, litres_an_hour=0)


def test_what_a_rule_in_the_shadow_finds_is_kept_and_told_nobody(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        write_acts(acts(site), HIDDEN)
        async with site.edge():
            await a_quiet_day(site)

    site = play(tmp_path, scenario)
    assert raised(site) == set()
    assert site.journal("SELECT count(*) FROM shadow") == [(1,)]
    assert site.journal("SELECT count(*) FROM finding") == [(0,)]
    rules = site.health[-1]["rules"]
    assert rules == {
        "version": 1,
        "modes": {"welfare": "shadow"},
        "budget_scale": 1.0,
        "scales": {},
    }


def test_a_promotion_tells_within_seconds_what_stands_in_the_shadow(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        write_acts(acts(site), HIDDEN)
        async with site.edge():
            await a_quiet_day(site)
            write_acts(acts(site), SHOWN)
            await sleep(site.clock, LOOK_S + 2)

    site = play(tmp_path, scenario)
    (told,) = [each.finding for each in site.findings]
    assert (told.rule, told.state, told.timeliness) == (
        "welfare",
        FindingState.RAISED,
        Timeliness.LATE,
    )


def test_a_roll_back_still_tells_the_end_of_what_was_told_and_nothing_new(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        async with site.edge():
            await a_quiet_day(site)
            write_acts(acts(site), HIDDEN)
            await sleep(site.clock, LOOK_S + 2)
        async with site.edge():
            await site.live(6, litres_an_hour=60)
            await site.live(14, litres_an_hour=0)

    site = play(tmp_path, scenario)
    assert [each.finding.state for each in site.findings] == [
        FindingState.RAISED,
        FindingState.CLEARED,
    ]
    assert site.journal("SELECT count(*) FROM shadow") == [(1,)]


def test_a_broken_file_of_acts_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    async def scenario(site: Site) -> None:
        write_acts(acts(site), HIDDEN)
        async with site.edge():
            await sleep(site.clock, LOOK_S + 2)
            acts(site).write_text("{", "utf-8")
            await a_quiet_day(site)

    site = play(tmp_path, scenario)
    assert raised(site) == set()
    assert site.health[-1]["rule_acts_refused"] != 0


def test_acts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_acts(tmp_path / "x.rules", SHOWN)
    assert read_acts(tmp_path / "x.rules") == SHOWN


def test_what_stands_in_the_shadow_is_stated_to_nobody_else_either(tmp_path: Path) -> None:
    hidden: list[object] = []
    shown: list[object] = []

    async def scenario(site: Site) -> None:
        write_acts(acts(site), HIDDEN)
        reader = site.broker.session("reader", [topic.home_state_topic("s01", "b01", "u0101")])

        async def states() -> list[object]:
            deliveries = await reader.receive(10_000, 1.0)
            return [msgspec.json.decode(each.payload)["state"] for each in deliveries]

        async with _background(reader.run(_ignore)), site.edge():
            await a_quiet_day(site)
            hidden.extend(await states())
            write_acts(acts(site), SHOWN)
            await sleep(site.clock, LOOK_S + 60)
            shown.extend(await states())

    play(tmp_path, scenario)
    assert set(hidden) == {"unknown"}
    assert shown[-1] == "raised"


def under(monkeypatch: pytest.MonkeyPatch, rules: str) -> None:
    """The registry says besides what the gateway has decided."""
    monkeypatch.setattr(test_agent, "REGISTRY", f"{test_agent.REGISTRY}\nrules = {rules}\n")


def test_what_the_gateway_decided_goes_before_what_stands_at_the_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(monkeypatch, '{modes = {welfare = "shadow"}}')

    async def scenario(site: Site) -> None:
        write_acts(acts(site), SHOWN)
        async with site.edge():
            await a_quiet_day(site)

    site = play(tmp_path, scenario)
    assert raised(site) == set()
    assert site.journal("SELECT count(*) FROM shadow") == [(1,)]


def test_a_push_that_would_silence_an_emergency_changes_no_mode_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(monkeypatch, '{modes = {welfare = "shadow", smoke_alarm = "shadow"}}')

    async def scenario(site: Site) -> None:
        async with site.edge():
            await a_quiet_day(site)

    site = play(tmp_path, scenario)
    assert len(raised(site)) == 1
    counted = site.health[-1]["rule_acts_refused"]
    assert isinstance(counted, int)
    assert counted > 0


def test_a_reset_of_either_side_is_gone_by_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under(monkeypatch, "{agreed = {leak_slow = 1}}")

    async def scenario(site: Site) -> None:
        async with site.edge():
            await site.live(1, litres_an_hour=6)
            write_acts(acts(site), RuleActs().put_back("leak_slow", **AT))
            await site.live(1, litres_an_hour=6)

    assert play(tmp_path, scenario).health[-1]["rules_retuned"] == 2
