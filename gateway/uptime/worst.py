"""The devices that most want a visit: for how long they were in trouble, why, and if it grows.

Trouble is the time in which an incident about the device itself stood open; two at once are one.
What people closed is over then, whatever the device says.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import sqlalchemy as sa
from msgspec import Struct

from edge.reading import DAY_NS, HOUR_NS, SECOND_NS
from gateway.api.desk import Desk
from gateway.db.engine import reading
from gateway.db.tables import incident

WORST_MAX = 50
_ROWS_MAX = 50_000
_CLOCK_OFF_S = 60.0
_HOUR_S = HOUR_NS / SECOND_NS
_DEVICE_DEPTH = 4
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "device_silent": "silent",
        "meter_break": "breaks",
        "battery_low": "battery",
        "battery_weak": "battery",
        "value_frozen": "frozen",
        "value_impossible": "impossible",
        "value_drift": "drift",
        "device_cloned": "cloned",
        "device_replayed": "replayed",
        "device_late": "late",
        "device_tamper": "tamper",
        "camera_down": "down",
        "camera_slow": "picture",
        "camera_view": "picture",
        "camera_flapping": "flapping",
        "lift_out_of_service": "down",
        "lift_repeat_fault": "flapping",
    }
)
"""The rules about a device itself, and the reason that each gives."""

_NOBODY: Mapping[str, tuple[float, float]] = MappingProxyType({})


class Troubled(Struct, frozen=True):
    """A device, by its path; hours in trouble within the last days, and within as many before.

    `reasons` count incidents. Its clock is off by `clock_off_s`, 0 where it is right or unknown.
    Its messages came up to `late_s` late this week, and `late_before_s` in the week before.
    """

    subject: str
    trouble_h: float
    before_h: float
    reasons: Mapping[str, int]
    clock_off_s: float
    late_s: float = 0.0
    late_before_s: float = 0.0

    @property
    def weight(self) -> float:
        """What it is sorted by: hours in trouble and of delay; what grows worse counts twice."""
        late_h, late_before_h = self.late_s / _HOUR_S, self.late_before_s / _HOUR_S
        grows_h = max(0.0, self.trouble_h - self.before_h) + max(0.0, late_h - late_before_h)
        return self.trouble_h + late_h + grows_h


class Spell(Struct, frozen=True):
    """An incident about a device, from its beginning until it ended or now."""

    subject: str
    reason: str
    from_ns: int
    to_ns: int


def worst_of(desk: Desk, days: int) -> list[Troubled]:
    """At most 50 devices, the worst first."""
    now_ns = desk.clock.now_ns()
    with reading(desk.db) as connection:
        spells = _spells(connection, now_ns - 2 * days * DAY_NS, now_ns)
    clocks = {
        subject: float(off_s)
        for subject, off_s in _told(desk, "clocks", now_ns)
        if isinstance(off_s, int | float) and abs(off_s) >= _CLOCK_OFF_S
    }
    lates = {
        subject: (float(pair[0]), float(pair[1]))
        for subject, pair in _told(desk, "late", now_ns)
        if isinstance(pair, list) and [type(each) for each in pair] == [float, float]
    }
    return ranked(spells, clocks, now_ns, days, lates)


def ranked(
    spells: Iterable[Spell],
    clocks: Mapping[str, float],
    now_ns: int,
    days: int,
    lates: Mapping[str, tuple[float, float]] = _NOBODY,
) -> list[Troubled]:
    """The devices of `spells`, and those whose clock is off or that come late, the worst first."""
    by_subject: defaultdict[str, list[Spell]] = defaultdict(list)
    for spell in spells:
        by_subject[spell.subject].append(spell)
    middle_ns = now_ns - days * DAY_NS
    found = []
    for subject in by_subject.keys() | clocks.keys() | lates.keys():
        mine = by_subject.get(subject, [])
        late = [each for each in mine if each.to_ns > middle_ns]
        trouble_h = hours(mine, middle_ns, now_ns)
        before_h = hours(mine, middle_ns - days * DAY_NS, middle_ns)
        reasons = dict(Counter(each.reason for each in late))
        off_s = clocks.get(subject, 0.0)
        if late or off_s or subject in lates:
            delays_s = lates.get(subject, (0.0, 0.0))
            found.append(Troubled(subject, trouble_h, before_h, reasons, off_s, *delays_s))
    return sorted(found, key=lambda each: (-each.weight, each.subject))[:WORST_MAX]


def hours(spells: Iterable[Spell], from_ns: int, to_ns: int) -> float:
    """For how long any of them lasted within that time."""
    total_ns, counted_ns = 0, from_ns
    for spell in sorted(spells, key=lambda each: each.from_ns):
        begins_ns, ends_ns = max(spell.from_ns, counted_ns), min(spell.to_ns, to_ns)
        if ends_ns > begins_ns:
            total_ns += ends_ns - begins_ns
            counted_ns = ends_ns
    return round(total_ns / HOUR_NS, 2)


def _spells(connection: sa.Connection, from_ns: int, now_ns: int) -> list[Spell]:
    table = incident.c
    ends = sa.case(
        (table.cleared_ns.is_not(None), table.cleared_ns),
        (table.condition_active.is_(False), table.changed_ns),
        else_=now_ns,
    )
    query = (
        sa.select(table.subject, table.rule, table.since_ns, ends.label("ends_ns"))
        .where(table.rule.in_(list(REASONS)), ends >= from_ns)
        .order_by(table.opened_ns.desc())
        .limit(_ROWS_MAX)
    )
    return [
        Spell(row.subject, REASONS[row.rule], row.since_ns, min(row.ends_ns, now_ns))
        for row in connection.execute(query)
        if row.subject.count("/") == _DEVICE_DEPTH - 1
    ]


def _told(desk: Desk, what: str, now_ns: int) -> Iterator[tuple[str, object]]:
    """Yield what edges last told of their devices under that name, by the device's path."""
    for edge in desk.vitals().edges:
        for device, said in _table(edge.health.get(what)).items():
            subject = desk.homes.registry.device_subject(device, now_ns)
            if subject:
                yield subject, said


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
