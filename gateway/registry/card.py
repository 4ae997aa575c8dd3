"""What may become of one device: bound, moved, unbound, retired, its meter replaced.

Pure. A device's card lists where it hung, from when until when; acts put an end to the last
row or begin one, so that rows never overlap and what is past stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

REPLACEMENTS_MAX = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Placing = Callable[["Card", str, int], "Card"]
Ending = Callable[["Card", int], "Card"]


class Impossible(Exception):  # noqa: N818  (as things stand; not a fault of ours)
    """The act cannot be done; `code` names the reason, `detail` says it for a person."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Row:
    """`unit` is where the device hung between two times; None is since or for ever.

    `terms` is the rest of the row in the form of registry.toml, known to us or not.
    """

    unit: str
    from_ns: int | None
    to_ns: int | None
    terms: Mapping[str, Any]

    def covers(self, at_ns: int) -> bool:
        """Whether it holds at `at_ns`."""
        begun = self.from_ns is None or self.from_ns <= at_ns
        return begun and (self.to_ns is None or at_ns < self.to_ns)


@dataclass(frozen=True, slots=True)
class Card:
    """One device and its rows, oldest first; a retired one is never bound again."""

    device: str
    rows: tuple[Row, ...]
    retired_ns: int | None = None

    @property
    def vendor(self) -> str | None:
        """The vendor's name for it: that of the meter that was put on last."""
        return _vendor(self.rows[-1].terms) if self.rows else None

    def row_at(self, at_ns: int) -> Row | None:
        """Where it hung at `at_ns`."""
        return next((row for row in self.rows if row.covers(at_ns)), None)

    def table(self) -> list[dict[str, Any]]:
        """Its rows in the form of registry.toml."""
        return [_table(self.device, row) for row in self.rows]


def bind(card: Card, unit: str, at_ns: int, terms: Mapping[str, Any] | None = None) -> Card:
    """The device hangs in `unit` from `at_ns` on, on the terms of its last row or these.

    Raises:
        Impossible: it hangs somewhere then or later, or is retired.
    """
    if card.retired_ns is not None:
        raise Impossible("retired", "The device was retired; claim the new one.")
    last = card.rows[-1] if card.rows else None
    if last and (last.to_ns is None or last.to_ns > at_ns):
        raise Impossible("bound_already", "It hangs in a home at that time; unbind or move it.")
    old = {} if last is None else _carried(last.terms)
    row = Row(unit, at_ns, None, MappingProxyType(dict(old if terms is None else terms)))
    return replace(card, rows=(*card.rows, row))


def unbind(card: Card, at_ns: int) -> Card:
    """The device hangs nowhere from `at_ns` on; what it said before stays that home's.

    Raises:
        Impossible: it hangs nowhere then, or that row had not begun.
    """
    last = card.rows[-1] if card.rows else None
    if last is None or not last.covers(at_ns):
        raise Impossible("not_bound", "It hangs in no home at that time.")
    if last.from_ns == at_ns:
        raise Impossible("too_early", "It was bound at that very time.")
    told = last.terms.get("replacement", ())
    if any(_at_ns(each["at"]) >= at_ns for each in told):
        raise Impossible("too_early", "Its meter was replaced after that time.")
    return replace(card, rows=(*card.rows[:-1], replace(last, to_ns=at_ns)))


def move(card: Card, unit: str, at_ns: int) -> Card:
    """The device hangs in `unit` from `at_ns` on, and no longer where it was.

    Raises:
        Impossible: as `unbind` and `bind`; or it hangs in that very home.
    """
    last = card.row_at(at_ns)
    if last is not None and last.unit == unit:
        raise Impossible("there_already", "It hangs in that home.")
    return bind(unbind(card, at_ns), unit, at_ns)


def retire(card: Card, at_ns: int) -> Card:
    """The device hangs nowhere from `at_ns` on, for good.

    Raises:
        Impossible: it is retired, or as `unbind`.
    """
    if card.retired_ns is not None:
        raise Impossible("retired", "The device was retired before.")
    last = card.rows[-1] if card.rows else None
    free = last is None or (last.to_ns is not None and last.to_ns <= at_ns)
    return replace(card if free else unbind(card, at_ns), retired_ns=at_ns)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Another meter took over under the same id: the last word of the old, the first of the new.

    `vendor` is the new meter's, when its radio changed too.
    """

    at_ns: int
    last_m3: float
    first_m3: float
    vendor: str | None = None

    def table(self) -> dict[str, Any]:
        """It in the form of registry.toml."""
        row: dict[str, Any] = {
            "at": iso(self.at_ns), "last_m3": self.last_m3, "first_m3": self.first_m3,
        }  # fmt: skip
        return row if self.vendor is None else row | {"vendor": self.vendor}


def replace_meter(card: Card, told: Replacement) -> Card:
    """The card with `told` in the row in which it happened.

    Raises:
        Impossible: the device is no water meter, hung nowhere then, had a replacement at that
            very time, or has had 16 of them.
    """
    row = card.row_at(told.at_ns)
    if row is None:
        raise Impossible("not_bound", "It hung in no home at that time.")
    if row.terms.get("kind") != "water":
        raise Impossible("not_a_meter", "Only a water meter is replaced; bind the new device.")
    before: Sequence[Mapping[str, Any]] = row.terms.get("replacement", ())
    if any(_at_ns(each["at"]) == told.at_ns for each in before):
        raise Impossible("told_already", "A replacement at that time is registered.")
    if len(before) >= REPLACEMENTS_MAX:
        raise Impossible("too_many", f"At most {REPLACEMENTS_MAX} replacements a home.")
    terms = dict(row.terms) | {"replacement": [*before, told.table()]}
    rows = tuple(replace(each, terms=terms) if each is row else each for each in card.rows)
    return replace(card, rows=rows)


def iso(at_ns: int) -> str:
    """`at_ns` as ISO 8601 in UTC, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=at_ns // 1_000)).isoformat()


def read_ns(moment: datetime | str | None) -> int | None:
    """The time that a row of registry.toml gives, in nanoseconds; None when it gives none."""
    return None if moment is None else _at_ns(moment)


def _at_ns(moment: datetime | str) -> int:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _vendor(terms: Mapping[str, Any]) -> str | None:
    """The newest of the names that the vendor has had for it in one home."""
    told = sorted(terms.get("replacement", ()), key=lambda each: _at_ns(each["at"]))
    named = [each["vendor"] for each in told if each.get("vendor")]
    return named[-1] if named else terms.get("vendor")


def _carried(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What goes along to another home: the meter that hangs there now, not those before it."""
    vendor = _vendor(terms)
    kept = {key: value for key, value in terms.items() if key != "replacement"}
    return kept if vendor is None else kept | {"vendor": vendor}


def _table(device: str, row: Row) -> dict[str, Any]:
    table: dict[str, Any] = {"id": device, "unit": row.unit, **row.terms}
    if row.from_ns is not None:
        table["from"] = iso(row.from_ns)
    if row.to_ns is not None:
        table["to"] = iso(row.to_ns)
    return table
