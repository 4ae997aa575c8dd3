import asyncio
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import httpx
import pytest

from alerts.channels.base import Outcome as SendOutcome
from alerts.channels.base import Receipt, Verdict
from alerts.incident import TRANSITIONS, Act, Command, Outcome, State
from alerts.outbox import DeliveryState
from alerts.plan import Role
from alerts.roster import Places
from edge.completeness import Use
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.access.role import Role as AccountRole
from gateway.console import page, phrase
from gateway.console.texts import TEXTS, Lang, say
from gateway.console.view import OFFERED
from gateway.db.engine import writing
from gateway.db.tables import edge_status
from gateway.health import Link
from tests.unit.gateway.desk_world import NOW_NS, World, make_world

CHINA = timezone(timedelta(hours=8))
TEMPLATES = sorted((page.HERE / "templates").glob("*.html"))
STATIC = page.HERE / "static"
HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"
FIRST_LOAD_BYTES = 200_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def see(world: World, path: str, role: AccountRole = AccountRole.OPERATOR) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with world.signed_in(role) as client:
            return await client.get(path)

    return asyncio.run(ask())


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_there_in_both_languages_with_the_same_places(key: str) -> None:
    zh, en = TEXTS[key]
    assert zh.strip()
    assert en.strip()
    assert _fields(zh) == _fields(en)


def test_the_templates_use_only_texts_that_exist() -> None:
    used = {
        key
        for path in TEMPLATES
        for key in re.findall(r"""\b(?:t|words)\(["']([a-z_0-9.]+)["'][,)]""", path.read_text())
    }
    assert len(used) > 50
    assert used <= TEXTS.keys()


def test_every_code_that_a_page_shows_has_a_word() -> None:
    shown = {
        "state": State,
        "outcome": Outcome,
        "act": Act,
        "event": Act,
        "delivery": DeliveryState,
        "role": Role,
        "use": Use,
        "edges": Link,
    }
    keys = {f"{kind}.{member.value}" for kind, codes in shown.items() for member in codes}
    assert keys | {f"tier.{tier.value}" for tier in Tier} <= TEXTS.keys()


def test_only_possible_acts_are_offered_in_every_state() -> None:
    assert set(OFFERED) == set(State)
    assert {(state, act) for state, acts in OFFERED.items() for act in acts} <= TRANSITIONS.keys()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_can_be_read_in_both_languages(world: World, lang: str) -> None:
    incident_id = world.raise_finding("u0301")
    paths = ("/", f"/incidents/{incident_id}", "/units", "/units/u0301", "/edges", "/none")
    for path in paths:
        answer = see(world, f"{path}?lang={lang}")
        assert f'lang="{Lang(lang).tag}"' in answer.text
        assert (answer.status_code == 404) == (path == "/none")


def test_a_hostile_label_and_sentence_stay_text(world: World) -> None:
    label = Places.model_validate(
        {"version": 1, "place": {"s01/b03/u0301": {"zh": HOSTILE[:24], "en": HOSTILE[:24]}}}
    )
    world.desk.engine.book = replace(world.desk.book, places=label)
    incident_id = world.raise_finding("u0301", said=(HOSTILE, HOSTILE))
    world.desk.engine.act(
        incident_id, Command(Act.ARRIVE, "operator", note=HOSTILE), now_ns=world.clock.now
    )
    for path in ("/", f"/incidents/{incident_id}", "/units", "/units/u0301"):
        text = see(world, path).text
        assert "&lt;script&gt;" in text
        assert "<script>" not in text
        assert "7*7" not in text or "{{7*7}}" in text


def test_no_page_carries_inline_script_or_style(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    for path in ("/", f"/incidents/{incident_id}", "/units/u0301", "/edges"):
        text = see(world, path).text
        assert " style=" not in text
        assert not re.search(r"\son[a-z]+=", text)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_the_first_load_is_small_and_asks_nobody_else(world: World) -> None:
    world.raise_finding("u0301")
    text = see(world, "/").text
    size = len(text.encode()) + sum(path.stat().st_size for path in STATIC.iterdir())
    assert size < FIRST_LOAD_BYTES
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text)


def test_the_most_urgent_stands_first_then_the_oldest(world: World) -> None:
    for unit, tier in (("u0502", Tier.GENERAL), ("u1201", Tier.URGENT), ("u0301", Tier.URGENT)):
        world.clock.now += MINUTE_NS
        world.raise_finding(unit, tier=tier)
    text = see(world, "/").text
    order = [text.index(place) for place in ("5栋1单元1201", "3栋2单元301", "3栋2单元502")]
    assert order == sorted(order)


def test_closing_takes_two_taps_and_is_offered_with_every_outcome(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    text = see(world, "/").text
    assert set(re.findall(r'name="outcome" value="([a-z_]+)"', text)) == set(Outcome)

    async def close() -> httpx.Response:
        async with world.signed_in() as client:
            data = {"act": "close", "version": "2", "outcome": "false_alarm"}
            return await client.post(f"/incidents/{incident_id}/acts", data=data)

    assert asyncio.run(close()).status_code == 303
    assert "误报" in see(world, f"/incidents/{incident_id}").text


def test_a_lost_race_shows_the_incident_as_it_stands(world: World) -> None:
    incident_id = world.raise_finding("u0301")

    async def act_late() -> httpx.Response:
        async with world.signed_in() as client:
            data = {"act": "acknowledge", "version": "1"}
            return await client.post(f"/incidents/{incident_id}/acts", data=data)

    answer = asyncio.run(act_late())
    assert answer.status_code == 409
    assert say(Lang.ZH, "act.moved_on") in answer.text


def test_a_viewer_is_offered_no_act(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    assert "/acts" in see(world, f"/incidents/{incident_id}").text
    assert "/acts" not in see(world, f"/incidents/{incident_id}", AccountRole.VIEWER).text


def test_hours_without_data_are_hatched_and_named_not_drawn_as_zero(world: World) -> None:
    for hour in (*range(10, 16), *range(20, 25)):
        world.history.add("u0301", NOW_NS - (24 - hour) * HOUR_NS, 10 + hour / 100)
    text = see(world, "/units/u0301").text
    wide = text[text.index('<div class="curve-wide">') : text.index('<div class="curve-narrow">')]
    bars = re.findall(r'class="plot-(bar|zero|partial)"', wide)
    assert len(bars) == 9
    assert wide.count('class="plot-fog"') == 2
    assert "其间共用 50 升" in text
    assert text.count('class="unknown"') == 24 - 9


def test_a_measured_zero_is_drawn_as_a_dash_on_the_line(world: World) -> None:
    for hour in range(25):
        world.history.add("u0301", NOW_NS - hour * HOUR_NS, 10.0)
    wide = see(world, "/units/u0301").text.partition('<div class="curve-narrow">')[0]
    assert wide.count('class="plot-zero"') == 24
    assert "plot-fog" not in wide


def test_a_home_shows_unknown_while_its_data_are_old(world: World) -> None:
    for quarter in range(60):
        world.history.add("u0301", NOW_NS - quarter * 15 * MINUTE_NS, 20 - quarter / 100)
    assert "tile-used" in see(world, "/units/u0301").text
    world.clock.now += DAY_NS
    text = see(world, "/units/u0301").text
    assert "tile-unknown" in text
    assert "数据已停 1 天" in text


def test_the_page_says_so_when_nobody_can_be_told(world: World) -> None:
    warning = say(Lang.ZH, "system.cannot_notify")
    world.raise_finding("u0301")
    assert warning not in see(world, "/").text
    world.clock.now += 2 * MINUTE_NS
    assert warning in see(world, "/").text


def test_the_page_says_so_when_an_edge_is_down(world: World) -> None:
    with writing(world.desk.db) as connection:
        connection.execute(
            edge_status.insert().values(
                edge="e07", up=False, boot=1, at_ns=world.clock.now, health="{}"
            )
        )
    assert "边缘站 e07 离线" in see(world, "/").text


def test_an_edges_journal_is_told_in_megabytes_and_every_number_has_its_label(world: World) -> None:
    health = '{"journal_bytes": 4194304, "findings_unacked": 0}'
    with writing(world.desk.db) as connection:
        connection.execute(
            edge_status.insert().values(
                edge="e07", up=True, boot=1, at_ns=world.clock.now, health=health
            )
        )
    page = see(world, "/edges").text
    assert "日志 4.2 MB" in page
    # On a telephone the head of the table is gone and each number carries its own.
    assert re.findall(r'data-label="([^"]+)"', page) == ["状态", "上次消息", "启动次数", "自检"]


def _link(world: World) -> str:
    """The path of the one-time link in the message that was just sent."""
    world.raise_finding("u0301")
    engine, now_ns = world.desk.engine, world.clock.now
    claims = engine.claim(now_ns, 10)
    for claim in claims:
        engine.record(claim, Verdict(SendOutcome.DELIVERED, ""), now_ns)
    found = re.search(r"http://console\.test(/a/[\w.-]+)", "".join(str(c.out) for c in claims))
    assert found is not None
    return found[1]


def test_opening_a_link_changes_nothing_and_confirming_acts_once(world: World) -> None:
    path = _link(world)

    async def tap() -> list[tuple[int, str]]:
        async with world.client() as client:
            taps = [await client.get(path), await client.get(path)]
            taps += [await client.post(path), await client.post(path), await client.get(path)]
            return [(tap.status_code, tap.text) for tap in taps]

    (first, text), (again, _), (done, _), (twice, spent), (later, _) = asyncio.run(tap())
    assert (first, again, done, twice, later) == (200, 200, 200, 404, 404)
    assert "3栋2单元301" in text
    assert "3栋2单元301" not in spent
    (incident,) = world.desk.incidents.standing()
    assert (incident.state, incident.owner) == (State.ACKNOWLEDGED, "p01")


def test_a_used_a_forged_and_an_expired_link_look_the_same(world: World) -> None:
    path = _link(world)

    async def tap() -> list[str]:
        async with world.client() as client:
            forged = (await client.get(f"{path[:-2]}xx")).text
            garbage = (await client.get("/a/%00%ff")).text
            world.clock.now += 30 * DAY_NS
            expired = (await client.get(path)).text
            return [re.sub(r'data-now="[\d.]+"', "", text) for text in (forged, garbage, expired)]

    pages = asyncio.run(tap())
    assert len({re.sub(r"<footer.*", "", text, flags=re.DOTALL) for text in pages}) == 1


def test_language_and_large_type_are_kept_in_cookies(world: World) -> None:
    async def visit() -> str:
        async with world.signed_in() as client:
            await client.get("/?lang=en&large=1")
            return (await client.get("/units")).text

    text = asyncio.run(visit())
    assert '<html lang="en" class="large">' in text


@pytest.mark.parametrize(
    ("at_ns", "zh", "en"),
    [
        (NOW_NS, "今天 08:00", "today 08:00"),
        (NOW_NS - 9 * HOUR_NS, "昨天 23:00", "yesterday 23:00"),
        (NOW_NS - 3 * DAY_NS, "12月29日 08:00", "29 Dec 08:00"),
    ],
)
def test_times_are_told_by_day_and_clock(at_ns: int, zh: str, en: str) -> None:
    assert phrase.moment(Lang.ZH, at_ns, NOW_NS, CHINA) == zh
    assert phrase.moment(Lang.EN, at_ns, NOW_NS, CHINA) == en


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 秒"),
        (59, "59 秒"),
        (60, "1 分钟"),
        (5_400, "1.5 小时"),
        (43_200, "12 小时"),
        (86_400, "1 天"),
    ],
)
def test_spans_are_told_in_their_largest_unit(seconds: int, told: str) -> None:
    assert phrase.span(Lang.ZH, seconds) == told


def test_a_time_to_come_is_never_told_as_an_age(world: World) -> None:
    assert phrase.ago(Lang.ZH, NOW_NS + 9 * SECOND_NS, NOW_NS) == "刚刚"
    assert world.clock.now == NOW_NS


@pytest.mark.parametrize(
    "ink", ["--ink", "--soft", "--seal", "--amber", "--slate", "--fog", "--pine"]
)
@pytest.mark.parametrize("ground", ["--paper", "--sheet"])
def test_text_stands_out_from_its_ground(ink: str, ground: str) -> None:
    css = (STATIC / "console.css").read_text()
    colours = dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", css))
    assert _contrast(colours[ink], colours[ground]) >= 4.5


def _contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours."""
    lights = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_provider_that_says_the_same_twice_is_shown_once_at_its_first_time(world: World) -> None:
    incident_id = world.raise_finding("u0301")
    engine = world.desk.engine
    for claim in engine.claim(world.clock.now, 10):
        engine.record(claim, Verdict(SendOutcome.ACCEPTED, ""), world.clock.now)
        again = Receipt(claim.out.idempotency_id, SendOutcome.ACCEPTED, "SendingOK", 0, "report/1")
        engine.receipt(again, world.clock.now + HOUR_NS)
    reports = see(world, f"/incidents/{incident_id}").text.partition('<ol class="reports">')[2]
    assert reports.partition("</ol>")[0].count("通道已接收") == 1
