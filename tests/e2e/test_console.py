"""The console in a real browser, over a real server: it works, it fits, it stays quiet."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e.console_scene import Served, morning, served
from tests.unit.gateway.desk_world import PASSWORD, World

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TOUCH_PX = 44
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
PATHS = {
    "home": "/",
    "units": "/units",
    "unit": "/units/u0502",
    "week": "/units/u0502?hours=168",
    "edges": "/edges",
    "silences": "/silences",
    "rules": "/rules",
    "rule-modes": "/rules/modes",
    "uptime": "/uptime",
    "campaigns": "/campaigns",
    "work-items": "/work-items",
    "roster": "/roster",
    "plans": "/plans",
    "plan": "/plans/default-1",
    "plan-change": "/plans/proposals/1",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("SHOUWANG_REQUIRE_ALL") != "1",
        reason="chromium is not installed",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = morning(tmp_path)
    yield world
    world.desk.db.dispose()


@pytest.fixture
def console(world: World) -> Iterator[Served]:
    with served(world) as console:
        yield console


@pytest.fixture
def url(console: Served) -> str:
    return console.url


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SHOUWANG_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _page(browser: Browser, viewport: ViewportSize, faults: list[str]) -> Page:
    page = browser.new_context(viewport=viewport).new_page()
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return page


def _sign_in(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/login{query}")
    page.fill("[name=login]", "operator")
    page.fill("[name=password]", PASSWORD)
    page.click(".door-form button")
    page.wait_for_url(f"{url}/")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "360"])
@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_every_page_fits_its_screen_and_breaks_no_policy(
    browser: Browser,
    world: World,
    url: str,
    screenshots: Path,
    *,
    lang: str,
    viewport: ViewportSize,
    large: bool,
) -> None:
    faults: list[str] = []
    page = _page(browser, viewport, faults)
    _sign_in(page, url, f"?lang={lang}&large={large:d}")
    (urgent, *_) = world.desk.incidents.standing()
    for name, path in (PATHS | {"incident": f"/incidents/{urgent.id}"}).items():
        page.goto(url + path)
        size = "large-" if large else ""
        shot = f"console-{lang}-{size}{viewport['width']}-{name}.png"
        page.screenshot(path=str(screenshots / shot), full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], f"{name} is {width} px wide"
    page.context.close()
    assert faults == []


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "360"])
def test_every_page_is_accessible(
    browser: Browser,
    world: World,
    url: str,
    subtests: pytest.Subtests,
    *,
    lang: str,
    viewport: ViewportSize,
) -> None:
    page = _page(browser, viewport, [])
    page.goto(f"{url}/login?lang={lang}")
    with subtests.test(page="login"):
        assert _grave(page) == []
    _sign_in(page, url, f"?lang={lang}")
    (urgent, *_) = world.desk.incidents.standing()
    pages = PATHS | {
        "incident": f"/incidents/{urgent.id}",
        "missing": "/incidents/none",
        "link": "/a/none",
        "feedback": "/f/none",
    }
    for name, path in pages.items():
        page.goto(url + path)
        with subtests.test(page=name):
            assert _grave(page) == []
    page.context.close()


def _grave(page: Page) -> list[str]:
    """What axe finds serious or critical, and where, with all that folds unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page).response
    assert len(found["passes"]) > 8, "axe has looked at nothing"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def test_a_thumb_finds_every_button_and_the_text_is_large_enough(
    browser: Browser, url: str
) -> None:
    page = _page(browser, NARROW, [])
    _sign_in(page, url)
    page.click(".card .close summary")
    heights = page.eval_on_selector_all(
        "button, summary, .nav a, .tools a",
        "nodes => nodes.filter(n => n.offsetParent).map(n => n.getBoundingClientRect().height)",
    )
    assert len(heights) > 8
    assert min(heights) >= TOUCH_PX
    sizes = page.eval_on_selector_all(
        ".reason, .facts dd, button", "ns => ns.map(n => parseFloat(getComputedStyle(n).fontSize))"
    )
    assert min(sizes) >= 18
    page.context.close()


def test_two_taps_close_an_incident(browser: Browser, world: World, url: str) -> None:
    page = _page(browser, NARROW, [])
    _sign_in(page, url)
    before = len(world.desk.incidents.standing())
    page.click(".card-1 .close summary")
    page.click(".card-1 .outcomes >> nth=1 >> button >> nth=0")
    page.wait_for_url("**/incidents/*")
    assert len(world.desk.incidents.standing()) == before - 1
    page.context.close()


def test_a_new_incident_appears_without_a_reload(
    browser: Browser, world: World, console: Served
) -> None:
    page = _page(browser, WIDE, [])
    with page.expect_response("**/api/v1/events"):
        _sign_in(page, console.url)
    page.wait_for_function("document.getElementById('offline').hidden")
    assert page.locator(".card").count() == 2
    console.call(lambda: world.raise_finding("u0502"))
    page.wait_for_selector(".card >> text=3栋2单元502", timeout=10_000)
    assert page.locator(".card").count() == 3
    page.context.close()


def test_what_is_half_typed_outlives_a_change_and_the_page_is_new_all_the_same(
    browser: Browser, world: World, console: Served
) -> None:
    page = _page(browser, WIDE, [])
    _sign_in(page, console.url)
    with page.expect_response("**/api/v1/events"):
        page.goto(f"{console.url}/plans/default-1")
    page.fill("textarea", "half a plan")
    page.fill("[name=why]", "half a reason")
    page.evaluate("document.activeElement.blur()")
    stamp = page.inner_text("#live")
    world.clock.now += 3_600 * 1_000_000_000
    console.call(lambda: world.raise_finding("u0502"))
    page.wait_for_function("was => document.getElementById('live').textContent !== was", arg=stamp)
    assert page.input_value("textarea") == "half a plan"
    assert page.input_value("[name=why]") == "half a reason"
    page.context.close()


def test_the_console_works_without_script(browser: Browser, world: World, url: str) -> None:
    page = browser.new_context(viewport=NARROW, java_script_enabled=False).new_page()
    _sign_in(page, url)
    page.click(".card-1 .acts .primary")
    page.wait_for_url("**/incidents/*")
    (urgent, *_) = world.desk.incidents.standing()
    assert urgent.owner == "operator"
    page.context.close()
