"""The pages that somebody looks things up in have all there is, and nothing else.

Routes are asked of the application, metrics of the collectors, settings of their records.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.edge_settings import EdgeSettings
from edge.health import METRICS, Nature
from edge.profiles import profiles
from edge.profiles.channel import CHANNELS
from edge.profiles.template import parse as parse_templates
from edge.registry import Device, Unit
from edge.settings import parse
from edge.wire import decode
from gateway.access.bearer import EXAMPLE as TOKEN_OF_THE_EXAMPLE
from gateway.metrics import GatewayCollector
from gateway.settings import GatewaySettings
from tests.unit.gateway.desk_world import World, make_world

ROOT = Path(__file__).parents[2]
PARAMETER = re.compile(r"\{[^}]*\}")
ROUTE = re.compile(r"^\| `((?:GET|POST|PUT|DELETE) /api/v1/[^`]*)`", re.MULTILINE)
METRIC = re.compile(r"^\| `(shouwang_\w+)` \| (.*) \|$", re.MULTILINE)
COMMENTED = re.compile(r"^#(?=\[|[\w.]+ = )", re.MULTILINE)
IN_DOCUMENTS = ("docs/*.md", "docs/decisions/*.md", "config/*.toml")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def test_every_route_of_the_api_is_on_its_page_and_no_other(world: World) -> None:
    served = {
        f"{method} {found.path}"
        for route in world.app.routes
        for found in getattr(route, "effective_route_contexts", lambda r=route: [r])()
        for method in getattr(found, "methods", None) or ()
        if found.path.startswith("/api/v1/") and method != "HEAD"
    }
    told = ROUTE.findall((ROOT / "docs/api.md").read_text("utf-8"))
    assert len(told) == len(set(told)) > 60
    assert {"missing": served - set(told), "gone": set(told) - served} == {
        "missing": set(),
        "gone": set(),
    }


def test_every_address_in_any_document_is_one_of_the_api() -> None:
    served = {route.split()[1] for route in ROUTE.findall((ROOT / "docs/api.md").read_text())}
    known = [re.compile(PARAMETER.sub("[^/]+", path)) for path in served]
    wrong = [
        f"{page.name}: {address}"
        for page in sorted((ROOT / "docs").glob("*.md"))
        for address in re.findall(r"/api/v1/[\w/{}.-]+", page.read_text("utf-8"))
        if not any(p.fullmatch(PARAMETER.sub("x", address.rstrip("./"))) for p in known)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_metric_is_on_its_page_with_its_meaning_and_no_other(world: World) -> None:
    collector = GatewayCollector(world.desk.engine, world.desk.live, world.desk.vitals)
    has = {each.name + "_total" * (each.type == "counter"): each.documentation
           for each in collector.collect()}  # fmt: skip
    for name, (nature, meaning) in METRICS.items():
        has[f"shouwang_edge_{name}{'_total' * (nature is Nature.COUNTER)}"] = meaning
    page = set(METRIC.findall((ROOT / "docs/metrics.md").read_text("utf-8")))
    missing = [f"| `{name}` | {meaning} |" for name, meaning in set(has.items()) - page]
    gone = [name for name, _ in page - set(has.items())]
    assert not missing, "add to docs/metrics.md:\n" + "\n".join(missing)
    assert not gone, f"not in docs/metrics.md any more: {gone}"


def test_every_metric_that_a_document_names_is_told() -> None:
    known = set(dict(METRIC.findall((ROOT / "docs/metrics.md").read_text("utf-8"))))
    wrong = [
        f"{page.name}: {name}"
        for page in sorted((ROOT / "docs").glob("*.md"))
        for name in re.findall(r"shouwang_(?:gateway|edge)_\w+", page.read_text("utf-8"))
        if name not in known
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "record"), [("edge", EdgeSettings), ("gateway", GatewaySettings), ("roster", Roster)]
)
def test_an_example_that_is_commented_out_can_be_taken_in_but_for_a_token_of_ones_own(
    name: str, record: Any
) -> None:
    file = ROOT / f"config/{name}.toml"
    text, shown = COMMENTED.subn("", file.read_text("utf-8"))
    assert shown > 3
    parse(tomllib.loads(text.replace(TOKEN_OF_THE_EXAMPLE, "a token of this site")), record, file)


def _keys(record: Any, seen: set[Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a record of settings, and of those in it, each with the record's name."""
    fields = getattr(record, "__pydantic_fields__", {})
    if not fields or record in seen:
        return
    seen.add(record)
    for name, field in fields.items():
        yield record.__name__, field.alias or name
        waiting = [field.annotation]
        while waiting:
            part = waiting.pop()
            waiting += getattr(part, "__args__", ())
            if isinstance(part, type):
                yield from _keys(part, seen)


@pytest.mark.parametrize(
    "record", [EdgeSettings, GatewaySettings, Plans, Roster, Places, Unit, Device]
)
def test_every_setting_is_shown_in_an_example_or_a_document(record: Any) -> None:
    text = "\n".join(
        path.read_text("utf-8") for pattern in IN_DOCUMENTS for path in ROOT.glob(pattern)
    )
    code = "\n".join(re.findall(r"`[^`\n]+`", text))
    hidden = [
        f"{owner}.{key}"
        for owner, key in _keys(record, set())
        if not re.search(rf'(?<!\w){key}"? ?=|^#?\[+[\w.]*\b{key}\]', text, re.MULTILINE)
        and not re.search(rf"(?<!\w){key}(?!\w)", code)
    ]
    assert not hidden, "\n".join(hidden)


def test_the_page_of_devices_has_every_format_with_its_topics_and_every_channel() -> None:
    page = (ROOT / "docs/devices.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    ours = {"canonical"}
    for profile in profiles():
        if profile.name not in ours:
            told = rows[profile.name]
            assert all(f"`{each}`" in told for each in profile.filters), profile.name
            assert profile.filters or "HTTP push" in told, profile.name
    assert {name for name in CHANNELS if f"`{name}`" not in page} == set()


def test_the_examples_of_the_page_of_devices_are_understood() -> None:
    page = (ROOT / "docs/devices.md").read_text("utf-8")
    (message,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    (template,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    decoded = decode("sw/1/s01/b01/u0101/water/wm-0101/obs", message.encode(), 0)
    assert [each.channel for each in decoded.readings] == ["water.total"] * 2 + ["battery.pct"]
    assert not decoded.rejected
    (profile,) = parse_templates(tomllib.loads(template), ROOT)
    assert profile.name == "acme-nb"
