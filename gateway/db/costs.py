"""What messages have cost so far, and whether one more fits below its channel's caps.

A message counts when it is claimed, and no longer when its provider is known to have refused
it. Thirteen months are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import sqlalchemy as sa

from alerts.channels.catalog import kinds
from alerts.cost import Period, Tariff, segments
from alerts.message import units
from edge.reading import SECOND_NS, Tier
from gateway.db.cost_tables import message_cost as table

_KEPT = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a channel has cost in the current period; `cap_micros` None: without a cap."""

    channel: str
    period: Period
    since_ns: int
    micros: int
    cap_micros: int | None

    @property
    def share(self) -> float:
        """How much of the cap is used: 1 and more when it is reached, 0 without a cap."""
        return self.micros / self.cap_micros if self.cap_micros else 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """The tariff of each channel that costs something, and where days begin."""

    of: Mapping[str, Tariff] = field(default_factory=dict)
    zone: tzinfo = UTC

    def room_ns(
        self, connection: sa.Connection, channel: str, text: str, tier: Tier, now_ns: int
    ) -> int:
        """When the message fits below every cap: `now_ns`, or the beginning of a later period."""
        tariff = self.of.get(channel)
        if tariff is None or tier is Tier.URGENT:
            return now_ns
        price = tariff.micros(_segments(channel, tariff, text))
        full = [
            spent.period
            for spent in self._spent(connection, channel, tariff, now_ns)
            if spent.cap_micros is not None and spent.micros + price > spent.cap_micros
        ]
        return max((_next_ns(self._at(now_ns), period) for period in full), default=now_ns)

    def book(self, connection: sa.Connection, channel: str, text: str, now_ns: int) -> None:
        """The message counts."""
        tariff = self.of.get(channel)
        if tariff is not None:
            self._add(connection, channel, tariff, _segments(channel, tariff, text), now_ns)

    def give_back(self, connection: sa.Connection, channel: str, text: str, now_ns: int) -> None:
        """The message was refused and costs nothing after all."""
        tariff = self.of.get(channel)
        if tariff is not None:
            self._add(connection, channel, tariff, -_segments(channel, tariff, text), now_ns)

    def spent(self, connection: sa.Connection, now_ns: int) -> list[Spent]:
        """Each channel's current day and month."""
        return [
            spent
            for channel, tariff in self.of.items()
            for spent in self._spent(connection, channel, tariff, now_ns)
        ]

    def capped(self, connection: sa.Connection, now_ns: int) -> tuple[str, ...]:
        """The channels over which only urgent messages go now."""
        full = {spent.channel for spent in self.spent(connection, now_ns) if spent.share >= 1.0}
        return tuple(sorted(full))

    def _spent(
        self, connection: sa.Connection, channel: str, tariff: Tariff, now_ns: int
    ) -> Iterator[Spent]:
        for period in Period:
            start = _start(self._at(now_ns), period)
            query = sa.select(sa.func.coalesce(sa.func.sum(table.c.micros), 0)).where(
                table.c.channel == channel, table.c.day >= _day(start)
            )
            micros = int(connection.execute(query).scalar_one())
            since_ns = round(start.timestamp()) * SECOND_NS
            yield Spent(channel, period, since_ns, micros, tariff.cap_micros(period))

    def _add(
        self, connection: sa.Connection, channel: str, tariff: Tariff, count: int, now_ns: int
    ) -> None:
        at = self._at(now_ns)
        today = sa.and_(table.c.channel == channel, table.c.day == _day(at))
        columns = sa.select(table.c.segments, table.c.micros).where(today)
        known = connection.execute(columns).first()
        held, micros = (int(known.segments), int(known.micros)) if known else (0, 0)
        added = {
            "segments": max(0, held + count),
            "micros": max(0, micros + tariff.micros(count)),
        }
        if known is not None:
            connection.execute(sa.update(table).where(today).values(added))
            return
        aged = table.c.day < _day(at - _KEPT)
        connection.execute(sa.delete(table).where(table.c.channel == channel, aged))
        connection.execute(sa.insert(table).values({"channel": channel, "day": _day(at)} | added))

    def _at(self, now_ns: int) -> datetime:
        return datetime.fromtimestamp(now_ns // SECOND_NS, self.zone)


def _segments(channel: str, tariff: Tariff, text: str) -> int:
    """One for what is no text message: a call, a card in a chat."""
    kind = kinds().get(channel)
    return segments(units(text) + tariff.added_units) if kind and kind.short else 1


def _day(at: datetime) -> int:
    return at.year * 10_000 + at.month * 100 + at.day


def _start(at: datetime, period: Period) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if period is Period.DAY else midnight.replace(day=1)


def _next_ns(at: datetime, period: Period) -> int:
    """When the next period begins."""
    far = _start(at, period) + timedelta(days=1 if period is Period.DAY else 32)
    return round(_start(far, period).timestamp()) * SECOND_NS
