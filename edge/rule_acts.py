"""What operators decided about rules: promoted, put into the shadow, rolled back, put back.

What one proposes another approves; what was in force before is one person's to return to. A small
file beside the journal, replaced as a whole. It says what is wanted; that the edge went by it, and
from which entry on, stands in the journal.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from edge.mode import Mode, Modes, rule_in
from edge.registry_copy import write_copy
from edge.rule_names import faults_of, tunable_rules

ACTS_MAX = 100
"""Older acts keep their effect; only who did them when is forgotten."""
_BYTES_MAX = 256 * 1024
_ENDING = ".rules"
ROLL_BACK = "roll-back"
PUT_BACK = "reset"
PROPOSALS_MAX = 20

Given = Mapping[str, Mode | None]
"""Modes of some rules; None: not given one."""


class RuleActError(ValueError):
    """An act makes no sense, or the file of acts cannot be used; the message says why."""


class RuleAct(Struct, frozen=True):
    """One act on `rule`, by whom and when, and what it changed."""

    act: str
    rule: str
    by: str
    at: str
    before: dict[str, Mode | None]
    after: dict[str, Mode | None]
    approved_by: str = ""


class Proposal(Struct, frozen=True):
    """An act that waits for somebody else to approve it."""

    act: str
    rule: str
    by: str
    at: str
    changes: dict[str, Mode | None]


class RuleActs(Struct, frozen=True):
    """The last acts, the modes that older ones had come to, and what waits to be approved.

    `agreed` says how often each rule, or rule in one home, was put back to what was agreed.
    """

    v: int = 1
    modes_before: dict[str, Mode] = {}
    acts: tuple[RuleAct, ...] = ()
    proposed: tuple[Proposal, ...] = ()
    agreed: dict[str, int] = {}

    def modes(self) -> dict[str, Mode]:
        """The modes that all acts together come to."""
        given = dict(self.modes_before)
        for each in self.acts:
            given = _given(given, each.after)
        return given

    def proposing(self, act: str, rule: str, changes: Given, *, by: str, at: str) -> "RuleActs":
        """These acts, and the proposal of one that would make `changes`, instead of an earlier one.

        Raises:
            RuleActError: a rule is unknown, may not be put into the shadow, or too much waits.
        """
        _check(changes)
        others = tuple(each for each in self.proposed if each.rule != rule)
        if len(others) >= PROPOSALS_MAX:
            raise RuleActError(f"{PROPOSALS_MAX} proposals wait; approve or withdraw one first")
        return structs.replace(self, proposed=(*others, Proposal(act, rule, by, at, dict(changes))))

    def approved(self, rule: str, *, by: str, at: str) -> "RuleActs":
        """These acts and the one about `rule` that somebody else than `by` had proposed.

        Raises:
            RuleActError: nothing about it waits, or it is one's own.
        """
        waits = self._waiting(rule)
        if waits.by == by:
            raise RuleActError(f"{rule}: proposed by {by}; somebody else has to approve it")
        done = self.with_act(waits.act, rule, waits.changes, by=waits.by, at=at)
        last = structs.replace(done.acts[-1], approved_by=by)
        return structs.replace(done, acts=(*done.acts[:-1], last)).withdrawn(rule)

    def withdrawn(self, rule: str) -> "RuleActs":
        """These acts without what was proposed about `rule`.

        Raises:
            RuleActError: nothing about it waits.
        """
        self._waiting(rule)
        others = tuple(each for each in self.proposed if each.rule != rule)
        return structs.replace(self, proposed=others)

    def put_back(self, rule: str, *, by: str, at: str) -> "RuleActs":
        """These acts and one that puts what outcomes made of `rule` back to what was agreed.

        Raises:
            RuleActError: outcomes never move that rule.
        """
        if rule_in(rule) not in tunable_rules():
            raise RuleActError(f"{rule}: is never moved; {', '.join(sorted(tunable_rules()))} are")
        done = self.with_act(PUT_BACK, rule, {}, by=by, at=at)
        counts = {**self.agreed, rule: self.agreed.get(rule, 0) + 1}
        return structs.replace(done, agreed=dict(sorted(counts.items())[-ACTS_MAX:]))

    def with_act(self, act: str, rule: str, changes: Given, *, by: str, at: str) -> "RuleActs":
        """These acts and one more, which makes `changes`.

        Raises:
            RuleActError: a rule is unknown, or may not be put into the shadow.
        """
        _check(changes)
        now = self.modes()
        before = {name: now.get(name) for name in changes}
        acts = (*self.acts, RuleAct(act, rule, by, at, before, dict(changes)))
        older, kept = acts[:-ACTS_MAX], acts[-ACTS_MAX:]
        base = dict(self.modes_before)
        for each in older:
            base = _given(base, each.after)
        return structs.replace(self, modes_before=base, acts=kept)

    def rolled_back(self, rule: str, *, by: str, at: str) -> "RuleActs":
        """These acts and one that undoes the last one about `rule`, whatever else it changed.

        Raises:
            RuleActError: there is none, or it was undone already.
        """
        about = [each for each in self.acts if rule in each.after]
        if not about or about[-1].act == ROLL_BACK:
            raise RuleActError(f"{rule}: nothing was done that could be rolled back")
        return self.with_act(ROLL_BACK, rule, about[-1].before, by=by, at=at)

    def _waiting(self, rule: str) -> Proposal:
        waits = next((each for each in self.proposed if each.rule == rule), None)
        if waits is None:
            raise RuleActError(f"{rule}: nothing about it waits to be approved")
        return waits


def acts_file(journal: Path) -> Path:
    """Where the acts of the edge with that `journal` are kept."""
    return journal.with_name(journal.name + _ENDING)


def read_acts(path: Path) -> RuleActs:
    """The acts in `path`; none where there is no file.

    Raises:
        RuleActError: the file cannot be read, or is no file of acts.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return RuleActs()
    except OSError as error:
        raise RuleActError(f"{path}: {error.strerror}") from None
    if len(text) > _BYTES_MAX:
        raise RuleActError(f"{path}: {len(text)} bytes; at most {_BYTES_MAX}")
    try:
        acts = msgspec.json.decode(text, type=RuleActs)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RuleActError(f"{path}: {error}; mend or remove it") from None
    if acts.v != 1:
        raise RuleActError(f"{path}: version {acts.v}; this edge reads 1")
    if wrong := faults_of(acts.modes()):
        raise RuleActError(f"{path}: {wrong}; mend or remove it")
    return acts


def write_acts(path: Path, acts: RuleActs) -> None:
    """Put `acts` in the place of what is there, whole or not at all."""
    write_copy(path, msgspec.json.format(msgspec.json.encode(acts)))


def combined(own: Modes, acts: RuleActs) -> dict[str, Mode]:
    """The modes that hold: those of edge.toml, but for what was done since."""
    return {**own, **acts.modes()}


def _check(changes: Given) -> None:
    wanted = {name: mode for name, mode in changes.items() if mode is not None}
    if wrong := faults_of(wanted):
        raise RuleActError("; ".join(f"{name}: {why}" for name, why in sorted(wrong.items())))


def _given(given: Modes, changes: Given) -> dict[str, Mode]:
    merged = {**given, **changes}
    return {name: mode for name, mode in merged.items() if mode is not None}
