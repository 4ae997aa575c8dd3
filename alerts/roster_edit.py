"""Changes of the roster by hand, laid over the file: the newest word of the two holds.

Pure. A change remembers what the file said when it was made; a file that says something else by
now was written later, and the change has lapsed.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args

from msgspec import Struct
from pydantic import ValidationError

from alerts.roster import Person, Roster

EditField = Literal["leave", "shift", "instead", "sms", "webhook", "capacity"]
EDITABLE: tuple[EditField, ...] = get_args(EditField)


class Edit(Struct, frozen=True):
    """One field of one person: what holds, in the form of roster.toml, and what the file said."""

    person_id: str
    field: EditField
    value: Any
    base: Any


class RefusedEdit(Exception):  # noqa: N818  (the caller's mistake; nothing changed)
    """The roster would not be one; the text says why and repeats no number."""


def said(person: Person, field: EditField) -> Any:
    """What the roster says of that field, as JSON."""
    return person.model_dump(mode="json", by_alias=True)[field]


def has_lapsed(file: Roster, edit: Edit) -> bool:
    """Whether the file has changed its word, or the person has left it, since the change."""
    person = file.get(edit.person_id)
    return person is None or said(person, edit.field) != edit.base


def edited(file: Roster, edits: Iterable[Edit]) -> Roster:
    """The file with every change that has not lapsed.

    Raises:
        RefusedEdit: a person with their changes is not one.
    """
    mine: dict[str, dict[str, Any]] = {}
    for edit in edits:
        if not has_lapsed(file, edit):
            mine.setdefault(edit.person_id, {})[edit.field] = edit.value
    if not mine:
        return file
    people = tuple(_changed(person, mine.get(person.id, {})) for person in file.person)
    return file.model_copy(update={"person": people})


def standing(file: Roster, edits: Sequence[Edit]) -> list[Edit]:
    """The changes that hold: not lapsed, and of people who are sound with all of theirs."""
    return [edit for edit in edits if not has_lapsed(file, edit) and _is_sound(file, edits, edit)]


def _is_sound(file: Roster, edits: Sequence[Edit], one: Edit) -> bool:
    try:
        edited(file, [edit for edit in edits if edit.person_id == one.person_id])
    except RefusedEdit:
        return False
    return True


def _changed(person: Person, values: dict[str, Any]) -> Person:
    if not values:
        return person
    table = person.model_dump(mode="json", by_alias=True)
    try:
        return Person.model_validate(table | values)
    except ValidationError as error:
        # The framework's own text would repeat the input, which may be a number.
        faults = [f"{_place(fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5]]
        raise RefusedEdit("; ".join(faults)) from None


def _place(where: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in where) or "person"
