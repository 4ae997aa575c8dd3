"""Parts what rules say to people from what they only write down.

It looks at finished findings alone, so no judgement depends on a mode, and a rule that is put
back into the shadow leaves nothing behind. Pure, and a part of the fold: a change of modes is a
journal entry, from which on every replay parts alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field, structs

from edge.entry import Ruled
from edge.mode import Mode, mode_of, name_at
from edge.reading import Finding, FindingState, Timeliness, finding_id
from edge.watch import Watch


class ShadowState(Struct, array_like=True):
    """What is remembered, for a checkpoint.

    `standing` holds the last statement of whatever stands in the shadow, `owed` the ids of what
    people were told before its rule was put there: its end is told to them too.
    """

    version: int = 0
    modes: dict[str, Mode] = field(default_factory=dict)
    standing: dict[str, Finding] = field(default_factory=dict)
    owed: list[str] = field(default_factory=list)


class Parted(NamedTuple):
    """Findings for people, and findings for the record."""

    live: tuple[Finding, ...]
    shadow: tuple[Finding, ...]


NOTHING = Parted((), ())


class Shadow:
    """The modes in force at one edge, and what stands in the shadow."""

    def __init__(self) -> None:
        self.state = ShadowState()

    @property
    def version(self) -> int:
        """How often the modes were changed."""
        return self.state.version

    @property
    def modes(self) -> Mapping[str, Mode]:
        """The modes that rules were given."""
        return self.state.modes

    def speaks(self, watch: Watch[Any], subject: str) -> bool:
        """Whether what `watch` has raised about `subject`, or would raise, is for people."""
        about = watch.episode
        if about is None:
            return self._is_live(watch.rule, subject)
        known_as = finding_id(watch.rule, about.subject, about.since_ns)
        return self._is_live(watch.rule, about.subject) or known_as in self.state.owed

    def part(self, findings: Sequence[Finding]) -> Parted:
        """`findings` in their order, by whom they are for."""
        live: list[Finding] = []
        shadow: list[Finding] = []
        for finding in findings:
            (live if self._is_for_people(finding) else shadow).append(finding)
        return Parted(tuple(live), tuple(shadow))

    def go_by(self, change: Ruled, raised: Iterable[tuple[str, str, str]]) -> tuple[Finding, ...]:
        """Go by the modes of `change`; what a rule that is promoted by it stands by is told now.

        `raised` are the rule, subject and id of all that is raised and not cleared.
        """
        state, before = self.state, self.state.modes
        state.version, state.modes = change.version, dict(change.modes)
        for rule, subject, known_as in raised:
            name = name_at(rule, subject)
            hidden = mode_of(name, state.modes) is Mode.SHADOW
            if hidden and mode_of(name, before) is Mode.LIVE and known_as not in state.owed:
                state.owed.append(known_as)
            elif not hidden and known_as in state.owed:
                state.owed.remove(known_as)
        return tuple(self._promoted())

    def _promoted(self) -> Iterable[Finding]:
        for known_as, last in tuple(self.state.standing.items()):
            if self._is_live(last.rule, last.subject):
                del self.state.standing[known_as]
                yield structs.replace(
                    last, state=FindingState.RAISED, timeliness=_by_now(last.timeliness)
                )

    def _is_live(self, rule: str, subject: str) -> bool:
        modes = self.state.modes
        if not modes:
            return mode_of(rule, modes) is Mode.LIVE  # the usual case: no home has its own
        return mode_of(name_at(rule, subject), modes) is Mode.LIVE

    def _is_for_people(self, finding: Finding) -> bool:
        """Note what `finding` says of its episode, and tell whom it is for."""
        if self._is_live(finding.rule, finding.subject):
            return True
        is_over = finding.state is FindingState.CLEARED
        if finding.id in self.state.owed:
            if is_over:
                self.state.owed.remove(finding.id)
            return True
        if is_over:
            self.state.standing.pop(finding.id, None)
        else:
            self.state.standing[finding.id] = finding
        return False


def _by_now(timeliness: Timeliness) -> Timeliness:
    """What was said in time in the shadow comes late to people; history stays history."""
    return Timeliness.BACKFILL if timeliness is Timeliness.BACKFILL else Timeliness.LATE
