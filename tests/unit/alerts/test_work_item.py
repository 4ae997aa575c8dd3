"""The life of a work item, row by row of its table."""

from typing import Any

import pytest
from msgspec import structs

from alerts.work_item import (
    TRANSITIONS,
    IllegalItemAct,
    ItemAct,
    ItemCommand,
    ItemState,
    WorkClass,
    WorkItem,
    act,
)


def an_item(state: ItemState = ItemState.OPEN, **changes: Any) -> WorkItem:
    item = WorkItem(
        id=1, work_class=WorkClass.SMALL, title="换灯泡", subject="s01/b01", incident_id=None,
        team="志愿队", owner=None, state=state, version=3, by="li", opened_ns=0, due_ns=100,
        changed_ns=0, hand_overs=0, result="",
    )  # fmt: skip
    return structs.replace(item, **changes)


def the(doing: ItemAct, **changes: Any) -> ItemCommand:
    return structs.replace(ItemCommand(doing, "wang", "因为", "楼栋长"), **changes)


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("doing", ItemAct)
def test_each_act_leads_where_the_table_says_or_is_illegal(
    state: ItemState, doing: ItemAct
) -> None:
    if (state, doing) in TRANSITIONS:
        after = act(an_item(state), the(doing), 5)
        assert (after.state, after.version, after.changed_ns) == (TRANSITIONS[state, doing], 4, 5)
    else:
        with pytest.raises(IllegalItemAct):
            act(an_item(state), the(doing), 5)


@pytest.mark.parametrize("doing", [ItemAct.HAND_OVER, ItemAct.FINISH, ItemAct.DROP])
def test_an_act_that_others_must_understand_needs_a_note(doing: ItemAct) -> None:
    with pytest.raises(IllegalItemAct, match="note"):
        act(an_item(ItemState.TAKEN), the(doing, note=" "), 5)


@pytest.mark.parametrize("team", ["", " ", "志愿队"])
def test_a_hand_over_needs_another_team(team: str) -> None:
    with pytest.raises(IllegalItemAct, match="another team"):
        act(an_item(), the(ItemAct.HAND_OVER, team=team), 5)


def test_a_hand_over_frees_the_item_and_keeps_its_due_time() -> None:
    taken = act(an_item(), the(ItemAct.TAKE), 5)
    handed = act(taken, the(ItemAct.HAND_OVER), 6)
    assert taken.owner == "wang"
    assert (handed.team, handed.owner, handed.hand_overs, handed.due_ns) == ("楼栋长", None, 1, 100)


def test_what_came_of_it_is_kept() -> None:
    assert act(an_item(ItemState.TAKEN), the(ItemAct.FINISH, note="已换"), 5).result == "已换"
