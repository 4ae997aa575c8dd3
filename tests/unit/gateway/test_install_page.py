"""What an installer sees on a telephone."""

import httpx
import pytest

from edge.reading import SECOND_NS
from edge.seen import SeenPage
from gateway.access.role import Role
from gateway.console.texts import TEXTS
from gateway.db import seen
from gateway.db.engine import writing
from tests.unit.gateway.desk_world import ask
from tests.unit.gateway.registry_world import NOW_NS, Site


def call(
    site: Site, path: str, form: dict[str, str] | None = None, role: Role = Role.INSTALLER
) -> httpx.Response:
    if form is None:
        return ask(site.world, "GET", path, role)
    return ask(site.world, "POST", path, role, data=form)


def test_a_claim_leads_to_the_home_and_to_seen_seconds_ago(site: Site) -> None:
    claimed = call(site, "/install", {"code": site.code(), "unit": "u0301"})
    assert (claimed.status_code, claimed.headers["location"]) == (303, "/install?unit=u0301")
    page = call(site, "/install?unit=u0301&lang=en").text
    assert "wmbus-33225544" in page
    assert "not heard yet" in page
    with writing(site.office.database) as connection:
        devices = {"wmbus-33225544": NOW_NS}
        seen.hear(connection, SeenPage(1, "e01", NOW_NS, 2, devices, {"x-1": NOW_NS}), NOW_NS)
    site.world.clock.now += 2 * SECOND_NS
    page = call(site, "/install?unit=u0301&lang=en").text
    assert "ago by e01" in page
    assert "the edge knows it" in page
    assert "x-1" in page
    assert 'http-equiv="refresh"' in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_misread_code_says_so_and_keeps_the_home(site: Site, lang: str) -> None:
    form = {"code": site.code()[:-1] + "5", "unit": "u0301"}
    page = call(site, f"/install?lang={lang}", form)
    assert page.status_code == 422
    assert getattr(TEXTS["claim.wrong_check"], lang) in page.text
    assert 'value="u0301"' in page.text
    assert "http-equiv" not in page.text


def test_an_installer_is_led_to_this_page_and_to_no_other(site: Site) -> None:
    assert call(site, "/").headers["location"] == "/install"
    assert call(site, "/units").status_code == 403
    page = call(site, "/install").text
    assert 'href="/units"' not in page
    assert "data-events" not in page


def test_a_viewer_does_not_install(site: Site) -> None:
    assert call(site, "/install", role=Role.VIEWER).status_code == 403


def test_the_edges_page_tells_how_far_an_edge_is_behind(site: Site) -> None:
    with writing(site.office.database) as connection:
        seen.hear(connection, SeenPage(1, "e01", NOW_NS, 1, {}, {}), NOW_NS)
    site.world.desk.engine.hear("e01", NOW_NS, fresh=True, up=True, boot=1)
    assert "registry version 1<" in call(site, "/edges?lang=en", role=Role.OPERATOR).text
    call(site, "/install", {"code": site.code(), "unit": "u0301"})
    assert "registry version 1, 1 behind" in call(site, "/edges?lang=en", role=Role.OPERATOR).text


def test_a_page_that_reloads_takes_nothing_half_typed_and_leads_on_to_the_next_device(
    site: Site,
) -> None:
    watching = call(site, "/install?unit=u0301").text
    assert 'http-equiv="refresh"' in watching
    assert "<form" not in watching.partition("<main")[2]
    assert 'href="/install?home=u0301"' in watching
    form = call(site, "/install?home=u0301").text
    assert 'value="u0301"' in form
    assert 'http-equiv="refresh"' not in form
