"""A rule that breaks on one subject stops neither the other rules nor the edge.

An entry that broke a rule is in the journal, so every start would meet it again: what broke
is counted and kept with its trace, and the fold goes on.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from traceback import format_exception
from typing import NamedTuple

from edge.reading import Finding

Guard = Callable[[str, str, Iterator[Finding]], Iterator[Finding]]
"""`Supervisor.guarded`, as it is handed to those who let rules judge."""
_FAILURES_KEPT = 100
_TRACE_MAX = 2_000


class Failure(NamedTuple):
    """A rule broke on a subject, which it cannot judge until it is mended; with its trace."""

    rule: str
    subject: str
    trace: str


class Supervisor:
    """What broke: every time counts in `counts`, the last 100 are kept to be taken."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._failures: deque[Failure] = deque(maxlen=_FAILURES_KEPT)

    def guarded(self, rule: str, of: str, judged: Iterator[Finding]) -> Iterator[Finding]:
        """Yield what is `judged` of `of`, up to where the rule breaks."""
        try:
            yield from judged
        except Exception as error:  # noqa: BLE001  (the supervisor of the rules)
            self.note(rule, of, error)

    def note(self, rule: str, of: str, error: Exception) -> None:
        """Count that `rule` broke on `of`.

        Raises:
            MemoryError: that is what it was, and no fault of the rule: the edge must end, and fold
                the entry again at its next start.
        """
        if isinstance(error, MemoryError):
            raise error
        self._counts["rules_broken"] += 1
        trace = "".join(format_exception(error))[-_TRACE_MAX:]
        self._failures.append(Failure(rule, of, trace))

    def take_failures(self) -> tuple[Failure, ...]:
        """The failures since the last call, at most the last 100."""
        failures = tuple(self._failures)
        self._failures.clear()
        return failures
