"""What an operator decided about rules: promoted, put into the shadow, rolled back.

A small file beside the journal, replaced as a whole. It says what is wanted; that the edge went
by it, and from which entry on, stands in the journal.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from edge.mode import Mode, Modes
from edge.registry_copy import write_copy
from edge.rule_names import faults_of

ACTS_MAX = 100
"""Older acts keep their effect; only who did them when is forgotten."""
_BYTES_MAX = 256 * 1024
_ENDING = ".rules"
ROLL_BACK = "roll-back"

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


class RuleActs(Struct, frozen=True):
    """The last acts, and the modes that older ones had come to."""

    v: int = 1
    modes_before: dict[str, Mode] = {}
    acts: tuple[RuleAct, ...] = ()

    def modes(self) -> dict[str, Mode]:
        """The modes that all acts together come to."""
        given = dict(self.modes_before)
        for each in self.acts:
            given = _given(given, each.after)
        return given

    def with_act(self, act: str, rule: str, changes: Given, *, by: str, at: str) -> "RuleActs":
        """These acts and one more, which makes `changes`.

        Raises:
            RuleActError: a rule is unknown, or may not be put into the shadow.
        """
        wanted = {name: mode for name, mode in changes.items() if mode is not None}
        if wrong := faults_of(wanted):
            raise RuleActError("; ".join(f"{name}: {why}" for name, why in sorted(wrong.items())))
        now = self.modes()
        before = {name: now.get(name) for name in changes}
        acts = (*self.acts, RuleAct(act, rule, by, at, before, dict(changes)))
        older, kept = acts[:-ACTS_MAX], acts[-ACTS_MAX:]
        base = dict(self.modes_before)
        for each in older:
            base = _given(base, each.after)
        return RuleActs(self.v, base, kept)

    def rolled_back(self, rule: str, *, by: str, at: str) -> "RuleActs":
        """These acts and one that undoes the last one about `rule`, whatever else it changed.

        Raises:
            RuleActError: there is none, or it was undone already.
        """
        about = [each for each in self.acts if rule in each.after]
        if not about or about[-1].act == ROLL_BACK:
            raise RuleActError(f"{rule}: nothing was done that could be rolled back")
        return self.with_act(ROLL_BACK, rule, about[-1].before, by=by, at=at)


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
    except msgspec.MsgspecError as error:
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


def _given(given: Modes, changes: Given) -> dict[str, Mode]:
    merged = {**given, **changes}
    return {name: mode for name, mode in merged.items() if mode is not None}
