"""Every route that changes something is tried by who may not: each body is one that fits."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx

from alerts.incident import Act
from alerts.silence import Kind, Scope
from alerts.whistle import CallAct
from alerts.work_item import ItemAct, WorkClass
from gateway.access.gate import OPEN_PATHS, OPEN_PREFIXES
from gateway.access.origin import SAFE_METHODS
from gateway.access.role import Role
from gateway.neighbours.reports import Topic
from tests.unit.gateway.desk_world import World, routes
from tests.unit.gateway.registry_world import Site
from tests.unit.gateway.test_forged_requests import PARTS

WORDS = ("u0301", "m1", "s01/b03", "13800000009", "", "s000000000000")
OWN_BUSINESS = {"/logout"}
ACT = {"act": Act.ACKNOWLEDGE, "version": 1}
SILENCE = {
    "kind": next(iter(Kind)),
    "scope": next(iter(Scope)),
    "value": "s01",
    "hours": "1",
    "reason": "drill",
}
RULE = {"rule": "leak_slow", "mode": "shadow", "why": "drill"}
DAYS = {"first": "2026-01-02", "last": "2026-01-03"}
REASON = {"why": "drill", "rule": "leak_slow"}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/incidents/{incident_id}/acts": {"json": ACT},
    "/api/v1/incidents/{incident_id}/calls": {"json": {"party": "lift"}},
    "/api/v1/rules/proposals": {"json": {"changes": {"leak_slow": "shadow"}, "why": "drill"}},
    "/api/v1/units/{unit}/absences": {"json": {"to": "2026-01-03T00:00:00Z"}},
    "/campaigns": {"data": {"area": "s01"}},
    "/incidents/{incident_id}/acts": {"data": ACT},
    "/incidents/{incident_id}/calls": {"data": {"whom": "plan:lift"}},
    "/incidents/{incident_id}/calls/{number}/acts": {"data": {"act": CallAct.ACCEPT}},
    "/incidents/{incident_id}/evidence": {"files": {"file": ("a.txt", b"text", "text/plain")}},
    "/incidents/{incident_id}/rework": {"data": {"version": "1", "note": "drill"}},
    "/install": {"data": {"code": "x", "unit": "u0301"}},
    "/neighbour-reports": {"data": {"topic": next(iter(Topic)), "home": "u0301"}},
    "/plans/{plan_id}": {"data": {"toml": "id = 1", "why": "drill"}},
    "/plans/proposals/{number}/approval": {"data": REASON},
    "/plans/proposals/{number}/rejection": {"data": REASON},
    "/roster/{person_id}/leave": {"data": DAYS},
    "/rules/modes": {"data": RULE},
    "/rules/modes/resets": {"data": REASON},
    "/rules/modes/{number}/approval": {"data": REASON},
    "/rules/modes/{number}/rejection": {"data": REASON},
    "/rules/modes/{number}/roll-back": {"data": REASON},
    "/silences": {"data": SILENCE},
    "/units/{unit}/absences": {"data": DAYS},
    "/work-items": {"data": {"work_class": next(iter(WorkClass)), "title": "lamp"}},
    "/work-items/{number}/acts": {"data": {"act": next(iter(ItemAct)), "version": "1"}},
}
"""What fits a form of a page, and where the form of an API route does not say all that it asks."""


class Form:
    """What the application says about its bodies, and an example of each."""

    def __init__(self, world: World) -> None:
        self._described = world.app.openapi()

    def sent(self, method: str, path: str) -> dict[str, Any]:
        """A body of the form that the route asks for, as the client takes it."""
        if path in BODIES:
            return BODIES[path]
        told = self._described["paths"].get(path, {}).get(method.lower(), {})
        body = told.get("requestBody", {}).get("content", {}).get("application/json")
        return {} if body is None else {"json": self._example(body["schema"])}

    def _example(self, form: dict[str, Any]) -> Any:
        if "$ref" in form:
            named = self._described["components"]["schemas"]
            return self._example(named[form["$ref"].rpartition("/")[2]])
        if "anyOf" in form:
            return self._example(form["anyOf"][0])
        if "enum" in form:
            return form["enum"][0]
        return self._plain(form)

    def _plain(self, form: dict[str, Any]) -> Any:
        match form.get("type"):
            case "object":
                required = form.get("required", [])
                return {name: self._example(form["properties"][name]) for name in required}
            case "array":
                return [self._example(form["items"])] * form.get("minItems", 0)
            case "integer" | "number":
                return int(max(form.get("minimum", 1), 1))
            case "boolean":
                return True
        return next(word for word in WORDS if re.search(form.get("pattern", ""), word))


def changing(world: World) -> Iterator[tuple[str, str]]:
    for method, path in routes(world):
        open_to_all = path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)
        if method not in SAFE_METHODS and not open_to_all and path not in OWN_BUSINESS:
            yield method, path


def answers(world: World, role: Role) -> dict[tuple[str, str], httpx.Response]:
    form, parts = Form(world), PARTS | {"incident_id": world.raise_finding("u0301")}

    async def run() -> dict[tuple[str, str], httpx.Response]:
        told = {}
        async with world.signed_in(role) as client:
            for method, path in changing(world):
                real = re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], path)
                told[method, path] = await client.request(method, real, **form.sent(method, path))
        return told

    return asyncio.run(run())


def test_who_may_only_look_changes_nothing_on_any_route(site: Site) -> None:
    told = answers(site.world, Role.VIEWER)
    assert len(told) > 50
    assert {each: got.status_code for each, got in told.items() if got.status_code != 403} == {}


def test_who_installs_reaches_what_they_install_and_nothing_else(site: Site) -> None:
    told = answers(site.world, Role.INSTALLER)
    reached = {path for (_, path), got in told.items() if got.status_code != 403}
    assert reached == {"/install", "/api/v1/claims"}
