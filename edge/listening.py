"""For how long the edge could hear: time in which it was cut off is no device's silence.

An account, not a starting time: a link that comes and goes does not make every silence begin
anew, and of each stretch only what is proven to have been listened through is counted.
"""

from collections.abc import Iterable

from msgspec import Struct, field


class Listening(Struct, array_like=True):
    """`total_ns` was listened through and `missed_ns` was not; since `open_ns` it listens.

    A silence that began before the account stood at `fresh_ns` counts from there only.
    """

    total_ns: int = 0
    missed_ns: int = 0
    open_ns: int | None = None
    shut_ns: int | None = None
    fresh_ns: int = 0
    fresh_missed_ns: int = 0

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


class HearingState(Struct, array_like=True):
    """What is counted, for a checkpoint."""

    up: bool = False
    proof_ns: int = 0
    edge: Listening = field(default_factory=Listening)
    adapters: dict[str, Listening] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)


class Hearing:
    """The accounts of one edge: its own link, and the same behind each adapter.

    What is heard behind an adapter is heard while both the link and the adapter are up.
    """

    def __init__(self, adapters: Iterable[str]) -> None:
        self._state = HearingState(adapters={name: Listening() for name in adapters})

    def account(self, adapter: str | None) -> Listening:
        """The account of the devices behind `adapter`, or of those without one that is known."""
        state = self._state
        return state.edge if adapter is None else state.adapters.get(adapter, state.edge)

    def prove(self, at_ns: int) -> None:
        """Something was heard at `at_ns`: up to then the edge listened, if its link was up."""
        self._state.proof_ns = max(self._state.proof_ns, at_ns)

    def link(self, at_ns: int, *, up: bool, kept: bool) -> int:
        """Open or shut every account; `kept` says that the edge listened right up to now.

        Returns until when it is known to have listened.
        """
        state = self._state
        known_ns = at_ns if kept else min(at_ns, state.proof_ns)
        for account in self._accounts():
            if account.open_ns is not None:
                account.shut(max(known_ns, account.open_ns))
        state.up, state.proof_ns = up, at_ns
        for name, account in state.adapters.items():
            if up and name not in state.down:
                account.open(at_ns)
        if up:
            state.edge.open(at_ns)
        return known_ns

    def adapter_down(self, name: str, at_ns: int) -> None:
        """Shut the account of the devices behind `name`."""
        self._state.down.add(name)
        self._state.adapters[name].shut(at_ns)

    def adapter_up(self, name: str, at_ns: int, *, afresh: bool) -> None:
        """Open it again; `afresh` lets the silences behind it count from now."""
        self._state.down.discard(name)
        account = self._state.adapters[name]
        if afresh:
            account.start_afresh()
        if self._state.up and account.open_ns is None:
            account.open(at_ns)

    def state(self) -> HearingState:
        """Everything, for a checkpoint."""
        return self._state

    def restore(self, saved: HearingState) -> None:
        """Take up what was saved, of the adapters that there still are; keep the accounts."""
        mine = self._state
        mine.up, mine.proof_ns = saved.up, saved.proof_ns
        mine.down = saved.down & mine.adapters.keys()
        _copy(saved.edge, mine.edge)
        for name, account in mine.adapters.items():
            _copy(saved.adapters.get(name, saved.edge), account)

    def _accounts(self) -> tuple[Listening, ...]:
        return self._state.edge, *self._state.adapters.values()


def _copy(source: Listening, target: Listening) -> None:
    for name in Listening.__struct_fields__:
        setattr(target, name, getattr(source, name))
