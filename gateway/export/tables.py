"""Stories as tables for a spreadsheet: UTF-8 with its mark, and no cell that could be a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec

from edge.reading import SECOND_NS
from gateway.export.story import Story

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CUT = "older rows are left out"
"""Stands in the last column of a row of its own, after an incident that is not whole."""
Cell = str | int | None
Row = tuple[Cell, ...]


class Sheet(StrEnum):
    """Which table."""

    INCIDENTS = "incidents"
    TIMELINE = "timeline"
    LEDGER = "ledger"


_HEADS: Mapping[Sheet, Row] = MappingProxyType(
    {
        Sheet.INCIDENTS: (
            "incident", "category", "rule", "tier", "subject", "state", "opened", "since",
            "answered", "cleared", "changed", "owner", "outcome", "note", "plan", "plan_version",
            "drill", "evidence_zh", "evidence_en",
        ),
        Sheet.TIMELINE: ("incident", "at", "version", "kind", "by", "detail"),
        Sheet.LEDGER: (
            "incident", "message", "person", "channel", "purpose", "step", "round", "at", "state",
            "source", "reason",
        ),
    }
)  # fmt: skip


def table(stories: Iterable[Story], sheet: Sheet, *, head: bool = True) -> str:
    """The rows of `sheet` as CSV; with its `head`, it begins with the mark of UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if head:
        writer.writerow(_HEADS[sheet])
    for story in stories:
        writer.writerows([safe(cell) for cell in row] for row in _ROWS[sheet](story))
    return (BOM if head else "") + out.getvalue()


def safe(cell: Cell) -> str:
    """`cell` as a text that no spreadsheet computes; numbers of ours stay as they are."""
    if cell is None or isinstance(cell, int):
        return "" if cell is None else str(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _incidents(story: Story) -> Iterator[Row]:
    each = story.detail.incident
    yield (
        each.id, each.category, each.rule, int(each.tier), each.subject, each.state.value,
        time(each.opened_ns), time(each.since_ns), time(each.acked_ns), time(each.cleared_ns),
        time(each.changed_ns), each.owner, each.outcome.value if each.outcome else None,
        each.note, each.plan_id, each.plan_version, "yes" if story.drill else "no",
        each.sentence_zh, each.sentence_en,
    )  # fmt: skip


def _timeline(story: Story) -> Iterator[Row]:
    for event in story.detail.timeline:
        detail = msgspec.json.encode(event.detail).decode()
        yield (
            story.detail.incident.id, time(event.at_ns), event.version, event.kind, event.by, detail
        )  # fmt: skip
    if not story.complete:
        cut = (None,) * (len(_HEADS[Sheet.TIMELINE]) - 2)
        yield (story.detail.incident.id, *cut, _CUT)


def _ledger(story: Story) -> Iterator[Row]:
    for owed in story.detail.deliveries:
        for report in owed.reports:
            yield (
                story.detail.incident.id, owed.id, owed.person_id, owed.channel, owed.purpose,
                owed.step, owed.round, time(report.at_ns), report.state, report.source,
                report.reason,
            )  # fmt: skip
    if not story.complete:
        cut = (None,) * (len(_HEADS[Sheet.LEDGER]) - 2)
        yield (story.detail.incident.id, *cut, _CUT)


_ROWS: Mapping[Sheet, Callable[[Story], Iterator[Row]]] = MappingProxyType(
    {Sheet.INCIDENTS: _incidents, Sheet.TIMELINE: _timeline, Sheet.LEDGER: _ledger}
)


def time(at_ns: int | None) -> str | None:
    """A moment in UTC, to the second, with its zone."""
    if at_ns is None:
        return None
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).isoformat()
