"""What two sets of plans, as documents, do not say alike: by plan, by key, before and after."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

CHANGES_MAX = 500
_NONE = object()


class PlanChange(Struct, frozen=True):
    """One value of one plan, or all of it where `key` is ""; None stands for nothing there."""

    plan: str
    key: str
    before: Any
    after: Any


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PlanChange]:
    """Every value that differs, up to 500; plans in the order of their ids."""
    old, new = _by_id(before), _by_id(after)
    found: list[PlanChange] = []
    for plan in sorted(old.keys() | new.keys()):
        if plan in old and plan in new:
            found += [PlanChange(plan, *each) for each in _differs("", old[plan], new[plan])]
        else:
            found.append(PlanChange(plan, "", old.get(plan), new.get(plan)))
    return found[:CHANGES_MAX]


def _by_id(document: Mapping[str, Any]) -> dict[str, Any]:
    return {plan["id"]: plan for plan in document["plan"]}


def _differs(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from _differs(_join(key, name), old.get(name, _NONE), new.get(name, _NONE))
    elif isinstance(old, list) and isinstance(new, list) and _are_tables(old + new):
        for number in range(max(len(old), len(new))):
            here = [side[number] if number < len(side) else _NONE for side in (old, new)]
            yield from _differs(_join(key, str(number)), *here)
    elif old != new:
        yield key, None if old is _NONE else old, None if new is _NONE else new


def _are_tables(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
