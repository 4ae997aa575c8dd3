"""Our incidents in the form of Alertmanager's GET /api/v2/alerts, for its tools and dashboards."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from alerts.incident import ENDED, Incident
from edge.reading import SECOND_NS, Finding, Tier
from gateway.alertmanager.alert import Alert
from gateway.alertmanager.mapping import PREFIX
from gateway.db.engine import reading
from gateway.db.hold_tables import hold
from gateway.db.incidents import from_row, latest_finding
from gateway.db.tables import incident

LISTED_MAX = 500
_RECEIVER = "shouwang"
_SEVERITY = {Tier.URGENT: "critical", Tier.IMPORTANT: "warning"}
_MATCHER = re.compile(r'\{?([a-zA-Z_][a-zA-Z0-9_]*)(!?=)"?([^"{}~]*)"?\}?')
_ZERO = "0001-01-01T00:00:00.000Z"


class BadMatcher(ValueError):  # noqa: N818  (the asker's fault)
    """A filter that is not of the forms name="text" and name!="text"."""


def listing(database: sa.Engine, filters: Sequence[str], public_url: str) -> list[dict[str, Any]]:
    """The incidents that stand, the most urgent first, as alerts that pass all `filters`.

    At most 500 are looked at; an alert of its own, whatever the filters, says if there are more.

    Raises:
        BadMatcher: a filter cannot be read.
    """
    wanted = [_matcher(text) for text in filters]
    standing = sa.select(incident).where(incident.c.state.not_in([s.value for s in ENDED]))
    with reading(database) as connection:
        rows = connection.execute(
            standing.order_by(incident.c.tier, incident.c.opened_ns.desc()).limit(LISTED_MAX + 1)
        ).mappings()
        every = [from_row(row) for row in rows]
        found = every[:LISTED_MAX]
        held = set(connection.execute(sa.select(hold.c.incident_id)).scalars())
        listed = [
            _alert(each, latest_finding(connection, each.finding_id), each.id in held, public_url)
            for each in found
        ]
    passed = [each for each in listed if all(passes(each["labels"]) for passes in wanted)]
    return passed if found == every else [*passed, _cut_off(every[LISTED_MAX], public_url)]


def _alert(each: Incident, finding: Finding, held: bool, public_url: str) -> dict[str, Any]:
    labels = _labels(each, finding)
    return {
        "labels": labels,
        "annotations": {"summary": each.sentence_en, "summary_zh": each.sentence_zh},
        "startsAt": _time(each.since_ns),
        "endsAt": _time(each.cleared_ns) if each.cleared_ns else _ZERO,
        "updatedAt": _time(each.changed_ns),
        "generatorURL": f"{public_url}/incidents/{each.id}",
        "fingerprint": Alert(labels, "", None, None).fingerprint,
        "receivers": [{"name": _RECEIVER}],
        "status": {
            "state": "suppressed" if held else "active",
            "inhibitedBy": [],
            "silencedBy": [],
        },
    }


def _cut_off(first: Incident, public_url: str) -> dict[str, Any]:
    """That more stand than are listed, as an alert."""
    labels = {"alertname": "more_incidents", "severity": "warning"}
    said = f"more than {LISTED_MAX} incidents stand; the others are at {public_url}"
    return {
        "labels": labels,
        "annotations": {
            "summary": said,
            "summary_zh": f"未结事件超过 {LISTED_MAX} 件，其余见值守台",
        },
        "startsAt": _time(first.opened_ns),
        "endsAt": _ZERO,
        "updatedAt": _time(first.changed_ns),
        "generatorURL": f"{public_url}/",
        "fingerprint": Alert(labels, "", None, None).fingerprint,
        "receivers": [{"name": _RECEIVER}],
        "status": {"state": "active", "inhibitedBy": [], "silencedBy": []},
    }


def _labels(each: Incident, finding: Finding) -> dict[str, str]:
    """What an alert of the outside came with, or what an incident of ours is."""
    if each.rule.startswith(PREFIX):
        return {name: str(text) for name, text in finding.evidence.seen.items()}
    return {
        "alertname": each.rule,
        "category": each.category,
        "severity": _SEVERITY.get(each.tier, "info"),
        "state": each.state.value,
        "subject": each.subject,
    }


def _time(at_ns: int) -> str:
    at = datetime.fromtimestamp(at_ns // SECOND_NS, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ns // 1_000_000 % 1_000:03d}Z"


def _matcher(text: str) -> Any:
    match = _MATCHER.fullmatch(text.strip())
    if match is None:
        raise BadMatcher('write a filter as name="text" or name!="text"')
    name, sign, value = match.groups()

    def passes(labels: Mapping[str, str]) -> bool:
        return (labels.get(name, "") == value) == (sign == "=")

    return passes
