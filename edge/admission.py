"""Which messages were admitted lately, so that a second copy is known for one.

A message is named by device, boot and sequence number; its digest tells a copy from a
reused name. The memory is bounded for each device, the oldest name goes first: a copy
older than that is admitted again, and changes nothing in a cumulative register.
"""

from typing import Final

from edge.entry import Digest
from edge.message_names import Known, Names
from edge.remembered import NamesState

__all__ = ["Identity", "Known", "Memory"]

Identity = tuple[str, int, int]
"""Device, boot, sequence number."""

_NEW: Final = Known.NEW


class Memory:
    """What the last messages of each device said, by their names."""

    __slots__ = ("_limit", "_names")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: dict[str, Names] = {}

    def known(self, identity: Identity, digest: Digest) -> Known:
        """Whether a message of that name was remembered, and said the same."""
        device, boot, seq = identity
        names = self._names.get(device)
        return _NEW if names is None else names.known(boot, seq, digest)

    def admit(self, identity: Identity, digest: Digest) -> Known:
        """As `known`; a new name is kept, and the device's oldest beyond the limit forgotten."""
        device, boot, seq = identity
        return self.admit_to(self.names(device), boot, seq, digest)

    def names(self, device: str) -> Names:
        """The names of `device`, the same object for good."""
        names = self._names.get(device)
        if names is None:
            names = self._names[device] = Names()
        return names

    def admit_to(self, names: Names, boot: int, seq: int, digest: Digest) -> Known:
        """As `admit`, to the `names` of a device."""
        known = names.known(boot, seq, digest)
        if known is _NEW:
            names.add(boot, seq, digest, self._limit)
        return known

    def state(self) -> dict[str, NamesState]:
        """Every name by device."""
        states = {device: names.state() for device, names in self._names.items()}
        return {device: state for device, state in states.items() if state.runs}

    def restore(self, state: dict[str, NamesState]) -> None:
        """Remember just what `state` holds."""
        for names in self._names.values():
            names.forget()
        for device, saved in state.items():
            self.names(device).restore(saved, self._limit)

    def restore_listed(self, state: dict[str, list[tuple[int, int, bytes]]]) -> None:
        """Remember what older checkpoints hold: boot, number and digest of each name."""
        for device, names in state.items():
            for boot, seq, digest in names:
                self.admit((device, boot, seq), digest)
