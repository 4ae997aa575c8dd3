"""How often somebody may try: a bounded table of token buckets.

Nobody is ever locked out for good: a bucket refills by itself, and an account seen to sign
in from an address keeps a bucket of its own there, which strangers cannot empty.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from edge.reading import SECOND_NS

_KEYS_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` tries at once, then one more every `refill_s` seconds."""

    burst: int
    refill_s: float


PER_ADDRESS = Pace(burst=20, refill_s=6.0)
PER_ACCOUNT = Pace(burst=8, refill_s=15.0)


class Buckets:
    """Token buckets by key, at most `_KEYS_MAX`; the longest untouched is forgotten first."""

    def __init__(self, pace: Pace, keys_max: int = _KEYS_MAX) -> None:
        self._pace = pace
        self._keys_max = keys_max
        self._full_ns: OrderedDict[Hashable, int] = OrderedDict()

    def wait_s(self, key: Hashable, now_ns: int) -> float:
        """Seconds until `key` may try again; 0 when it may try now."""
        refill_ns = int(self._pace.refill_s * SECOND_NS)
        # Never more than a full bucket, whatever the clock was when it was spent.
        spent_ns = min(max(0, self._full_ns.get(key, 0) - now_ns), self._pace.burst * refill_ns)
        return max(0, spent_ns - (self._pace.burst - 1) * refill_ns) / SECOND_NS

    def spend(self, key: Hashable, now_ns: int) -> None:
        """One try of `key` is used up."""
        refill_ns = int(self._pace.refill_s * SECOND_NS)
        full_ns = max(self._full_ns.pop(key, 0), now_ns) + refill_ns
        self._full_ns[key] = min(full_ns, now_ns + self._pace.burst * refill_ns)
        while len(self._full_ns) > self._keys_max:
            self._full_ns.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        """One try of `key` did not count after all."""
        if key in self._full_ns:
            self._full_ns[key] -= int(self._pace.refill_s * SECOND_NS)


class LoginThrottle:
    """What an address and an account have tried; memory is bounded, time is passed in."""

    def __init__(self) -> None:
        self._addresses = Buckets(PER_ADDRESS)
        self._accounts = Buckets(PER_ACCOUNT)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_s(self, login: str, address: str, now_ns: int) -> float:
        """Seconds until this login may be tried from this address; 0 for now."""
        return max(
            self._addresses.wait_s(address, now_ns),
            self._accounts.wait_s(self._account_key(login, address), now_ns),
        )

    def tried(self, login: str, address: str, now_ns: int) -> None:
        """A try begins; it counts until `succeeded` says otherwise."""
        self._addresses.spend(address, now_ns)
        self._accounts.spend(self._account_key(login, address), now_ns)

    def succeeded(self, login: str, address: str) -> None:
        """The right password came; the address is now known for this account."""
        self._accounts.give_back(self._account_key(login, address))
        self._addresses.give_back(address)
        self._known[login, address] = None
        self._known.move_to_end((login, address))
        while len(self._known) > _KEYS_MAX:
            self._known.popitem(last=False)

    def _account_key(self, login: str, address: str) -> tuple[str, ...]:
        return (login, address) if (login, address) in self._known else (login,)
