"""小事 · 大事 · 难事: what cannot be settled on the spot, and whose it is until it is.

Pure: a change is `(item, command, now_ns) -> item`. Each class has a team and a time by the
gateway's settings; an item without a team waits in a queue that people look at.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, structs


class WorkClass(StrEnum):
    """How large a matter is, and so whose."""

    SMALL = "small"  # 小事
    BIG = "big"  # 大事
    HARD = "hard"  # 难事


class ItemState(StrEnum):
    """Where an item stands: 提出, 承接, 办成, 反馈."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    CLOSED = "closed"
    DROPPED = "dropped"


class ItemAct(StrEnum):
    """What a person can do to an item."""

    TAKE = "take"
    HAND_OVER = "hand_over"  # to another team, with a reason
    FINISH = "finish"  # with what came of it
    RETURN = "return"  # not settled after all, with a reason
    CONFIRM = "confirm"  # whoever raised it has heard what came of it
    DROP = "drop"  # with a reason


class IllegalItemAct(Exception):  # noqa: N818  (the caller's mistake or a lost race)
    """The act is not allowed now, or lacks what it needs; nothing changed."""


ENDED = frozenset({ItemState.CLOSED, ItemState.DROPPED})
TRANSITIONS: Mapping[tuple[ItemState, ItemAct], ItemState] = MappingProxyType(
    {
        (ItemState.OPEN, ItemAct.TAKE): ItemState.TAKEN,
        (ItemState.OPEN, ItemAct.HAND_OVER): ItemState.OPEN,
        (ItemState.OPEN, ItemAct.DROP): ItemState.DROPPED,
        (ItemState.TAKEN, ItemAct.HAND_OVER): ItemState.OPEN,
        (ItemState.TAKEN, ItemAct.FINISH): ItemState.DONE,
        (ItemState.TAKEN, ItemAct.DROP): ItemState.DROPPED,
        (ItemState.DONE, ItemAct.RETURN): ItemState.OPEN,
        (ItemState.DONE, ItemAct.CONFIRM): ItemState.CLOSED,
        (ItemState.CLOSED, ItemAct.RETURN): ItemState.OPEN,
    }
)
_NEEDS_NOTE = frozenset({ItemAct.HAND_OVER, ItemAct.FINISH, ItemAct.RETURN, ItemAct.DROP})


class WorkItem(Struct, frozen=True, kw_only=True):
    """One matter; `team` is "" while nobody's. `due_ns` stays through hand-overs."""

    id: int
    work_class: WorkClass
    title: str
    subject: str
    incident_id: str | None
    team: str
    owner: str | None
    state: ItemState
    version: int
    by: str
    opened_ns: int
    due_ns: int
    changed_ns: int
    hand_overs: int
    result: str


class ItemCommand(Struct, frozen=True):
    """One act by one person; `team` is needed to hand over, a note where a reason is."""

    act: ItemAct
    by: str
    note: str = ""
    team: str = ""


def act(item: WorkItem, command: ItemCommand, now_ns: int) -> WorkItem:
    """The item after `command`.

    Raises:
        IllegalItemAct: its state does not allow it, or a note or a team is missing.
    """
    after = TRANSITIONS.get((item.state, command.act))
    if after is None:
        raise IllegalItemAct(f"{command.act} is not possible while {item.state}")
    if command.act in _NEEDS_NOTE and not command.note.strip():
        raise IllegalItemAct(f"{command.act} needs a note that says why or what")
    hands_over = command.act is ItemAct.HAND_OVER
    if hands_over and command.team.strip() in {"", item.team}:
        raise IllegalItemAct("a hand-over needs another team")
    return structs.replace(
        item,
        state=after,
        version=item.version + 1,
        changed_ns=now_ns,
        team=command.team.strip() if hands_over else item.team,
        owner=_owner(item, command),
        hand_overs=item.hand_overs + hands_over,
        result=command.note if command.act is ItemAct.FINISH else item.result,
    )


def _owner(item: WorkItem, command: ItemCommand) -> str | None:
    if command.act is ItemAct.TAKE:
        return command.by
    return None if command.act in {ItemAct.HAND_OVER, ItemAct.RETURN} else item.owner
