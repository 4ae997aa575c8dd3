"""Events that follow each other closely, as one: since when, how many, heard how lately."""

from msgspec import Struct


class Run(Struct, frozen=True, array_like=True):
    """`count` events from `since_ns` to `last_ns`; of the last of them we heard at `heard_ns`."""

    since_ns: int = 0
    last_ns: int = 0
    heard_ns: int = 0
    count: int = 0

    def then(self, at_ns: int, heard_ns: int, gap_ns: int) -> "Run":
        """The run with an event at `at_ns` in it; another run, if `gap_ns` or more lie between."""
        if not self.count or at_ns - self.last_ns >= gap_ns:
            return Run(at_ns, at_ns, heard_ns, 1)
        since_ns, last_ns = min(self.since_ns, at_ns), max(self.last_ns, at_ns)
        return Run(since_ns, last_ns, max(self.heard_ns, heard_ns), self.count + 1)
