"""For how long the edge could hear: time in which it was cut off is no device's silence.

An account, not a starting time: a link that comes and goes does not make every silence begin
anew, and of each stretch only what is proven to have been listened through is counted.
"""

from collections.abc import Iterable

from edge.remembered import HearingState, ListeningState


class Listening:
    """`total_ns` was listened through and `missed_ns` was not; since `open_ns` it listens.

    A silence that began before the account stood at `fresh_ns` counts from there only.
    """

    __slots__ = ("fresh_missed_ns", "fresh_ns", "missed_ns", "open_ns", "shut_ns", "total_ns")

    def __init__(self) -> None:
        self.total_ns = self.missed_ns = self.fresh_ns = self.fresh_missed_ns = 0
        self.open_ns: int | None = None
        self.shut_ns: int | None = None

    def state(self) -> ListeningState:
        """The account, for a checkpoint."""
        return ListeningState(
            self.total_ns, self.missed_ns, self.open_ns, self.shut_ns,
            self.fresh_ns, self.fresh_missed_ns,
        )  # fmt: skip

    def restore(self, state: ListeningState) -> None:
        """Stand as the account did that gave `state`."""
        self.total_ns, self.missed_ns = state.total_ns, state.missed_ns
        self.open_ns, self.shut_ns = state.open_ns, state.shut_ns
        self.fresh_ns, self.fresh_missed_ns = state.fresh_ns, state.fresh_missed_ns

    def open(self, at_ns: int) -> None:
        """Listen from `at_ns` on."""
        if self.shut_ns is not None:
            self.missed_ns += max(0, at_ns - self.shut_ns)
        self.open_ns, self.shut_ns = at_ns, None

    def shut(self, at_ns: int) -> None:
        """Listen up to `at_ns` and no further."""
        if self.open_ns is not None:
            self.total_ns += max(0, at_ns - self.open_ns)
            self.open_ns, self.shut_ns = None, at_ns

    def start_afresh(self) -> None:
        """Let every silence that is going on count from now."""
        self.fresh_ns, self.fresh_missed_ns = self.total_ns, self.missed_ns

    def at(self, at_ns: int) -> int:
        """Where the account stands at `at_ns`."""
        return self.total_ns + (0 if self.open_ns is None else max(0, at_ns - self.open_ns))

    def due_ns(self, total_ns: int) -> int | None:
        """The wall time at which the account will stand at `total_ns`; None while it is shut."""
        return None if self.open_ns is None else self.open_ns + total_ns - self.total_ns


class Hearing:
    """The accounts of one edge: its own link, and the same behind each adapter.

    What is heard behind an adapter is heard while both the link and the adapter are up.
    """

    def __init__(self, adapters: Iterable[str]) -> None:
        self._up = False
        self._proof_ns = 0
        self._edge = Listening()
        self._adapters = {name: Listening() for name in adapters}
        self._down: set[str] = set()

    def account(self, adapter: str | None) -> Listening:
        """The account of the devices behind `adapter`, or of those without one that is known."""
        return self._edge if adapter is None else self._adapters.get(adapter, self._edge)

    def prove(self, at_ns: int) -> None:
        """Something was heard at `at_ns`: up to then the edge listened, if its link was up."""
        self._proof_ns = max(self._proof_ns, at_ns)

    def link(self, at_ns: int, *, up: bool, kept: bool) -> int:
        """Open or shut every account; `kept` says that the edge listened right up to now.

        Returns until when it is known to have listened.
        """
        known_ns = at_ns if kept else min(at_ns, self._proof_ns)
        for account in (self._edge, *self._adapters.values()):
            if account.open_ns is not None:
                account.shut(max(known_ns, account.open_ns))
        self._up, self._proof_ns = up, at_ns
        for name, account in self._adapters.items():
            if up and name not in self._down:
                account.open(at_ns)
        if up:
            self._edge.open(at_ns)
        return known_ns

    def adapter_down(self, name: str, at_ns: int) -> None:
        """Shut the account of the devices behind `name`."""
        self._down.add(name)
        self._adapters[name].shut(at_ns)

    def adapter_up(self, name: str, at_ns: int, *, afresh: bool) -> None:
        """Open it again; `afresh` lets the silences behind it count from now."""
        self._down.discard(name)
        account = self._adapters[name]
        if afresh:
            account.start_afresh()
        if self._up and account.open_ns is None:
            account.open(at_ns)

    def state(self) -> HearingState:
        """Everything, for a checkpoint."""
        adapters = {name: account.state() for name, account in self._adapters.items()}
        return HearingState(self._up, self._proof_ns, self._edge.state(), adapters, set(self._down))

    def restore(self, saved: HearingState) -> None:
        """Take up what was saved, of the adapters that there still are; keep the accounts."""
        self._up, self._proof_ns = saved.up, saved.proof_ns
        self._down = saved.down & self._adapters.keys()
        self._edge.restore(saved.edge)
        for name, account in self._adapters.items():
            account.restore(saved.adapters.get(name, saved.edge))
