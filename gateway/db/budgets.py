"""What has been asked of each provider lately, so that budgets hold over every restart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import sqlalchemy as sa

from alerts.budget import Budget, Per, clear_of_rush_ns
from edge.reading import Tier
from gateway.db.costs import Costs
from gateway.db.tables import spend


@dataclass(frozen=True, slots=True)
class Sending:
    """What of a message decides whether there is room for it."""

    channel: str
    address: str
    text: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of each channel, what account an address of it belongs to, and what it costs.

    `rush` are the channels on which lesser messages keep clear of the full and the half hour.
    """

    of: Mapping[str, Sequence[Budget]] = field(default_factory=dict)
    accounts: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    rush: frozenset[str] = frozenset()

    def room_ns(self, connection: sa.Connection, out: Sending, now_ns: int) -> int:
        """When a message has room in all budgets and below all caps: `now_ns`, or later."""
        affordable = self.costs.room_ns(connection, out.channel, out.text, out.tier, now_ns)
        rooms = [
            budget.room_ns(out.tier, _spent_ns(connection, key, budget, now_ns), now_ns)
            for budget, key in self._keys(out.channel, out.address)
        ]
        calm_ns = clear_of_rush_ns(out.tier, now_ns) if out.channel in self.rush else now_ns
        return max(affordable, calm_ns, *rooms)

    def book(self, connection: sa.Connection, out: Sending, now_ns: int) -> None:
        """Note one send in every budget of the channel, and forget what no window holds."""
        self.costs.book(connection, out.channel, out.text, now_ns)
        for budget, key in self._keys(out.channel, out.address):
            connection.execute(
                sa.delete(spend).where(
                    spend.c.budget == key, spend.c.at_ns <= now_ns - budget.window_ns
                )
            )
            connection.execute(sa.insert(spend).values(budget=key, at_ns=now_ns))

    def _keys(self, channel: str, address: str) -> list[tuple[Budget, str]]:
        account = self.accounts.get(channel, str)(address)
        whose = {Per.ACCOUNT: account, Per.CHANNEL: ""}
        return [
            (budget, _key(f"{channel}\n{number}\n{whose[budget.per]}"))
            for number, budget in enumerate(self.of.get(channel, ()))
        ]


def _key(text: str) -> str:
    """A name that tells nothing: addresses of robots hold their keys."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _spent_ns(connection: sa.Connection, key: str, budget: Budget, now_ns: int) -> Sequence[int]:
    """The newest sends of a window, as many as can matter, ascending."""
    query = (
        sa.select(spend.c.at_ns)
        .where(spend.c.budget == key, spend.c.at_ns > now_ns - budget.window_ns)
        .order_by(spend.c.at_ns.desc())
        .limit(budget.limit)
    )
    return list(connection.execute(query).scalars())[::-1]
