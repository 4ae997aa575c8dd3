"""Rows of which a file may hold a hundred thousand: checked as settings are, held in slots.

Declare one as a frozen, slotted dataclass of pydantic with `ROW`, and its fields by what is here:
a file's own texts would keep the memory in which it was read, and most rows say much the same.
"""

from functools import lru_cache
from sys import intern
from typing import Annotated, TypeVar

from pydantic import AfterValidator, ConfigDict

T = TypeVar("T")
_KINDS_MAX = 1_024
"""So many different terms are shared; a file with more of them only takes more room."""

ROW = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _copied(text: str) -> str:
    """The same text in memory of its own: one that lay between a file's others holds a page."""
    return f"{text} "[:-1]


def _interned(text: str) -> str:
    return intern(_copied(text))


@lru_cache(maxsize=_KINDS_MAX)
def _one(terms: T) -> T:
    """The first of all equal terms."""
    return terms


Text = Annotated[str, AfterValidator(_copied)]
"""A text of one row."""
Word = Annotated[str, AfterValidator(_interned)]
"""A text that several rows have, as one object for all."""
Shared = Annotated[T, AfterValidator(_one)]
"""Terms that many rows have, as one object for all; they have to be hashable."""
