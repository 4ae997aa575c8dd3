"""Codes to choose from while typing: areas and homes, each beside what people call it."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.api.desk import Desk
from gateway.console.page import Voice

SHOWN_MAX = 500
"""A longer list of homes helps nobody; their codes can still be typed."""


class Choice(NamedTuple):
    """A code and its place's name."""

    code: str
    name: str


def areas(desk: Desk, voice: Voice) -> Sequence[Choice]:
    """The site and its buildings."""
    registry = desk.homes.registry
    buildings = sorted({f"{registry.site}/{unit.building}" for unit in registry.units()})
    return [_choice(desk, voice, path, path) for path in (registry.site, *buildings)][:SHOWN_MAX]


def homes(desk: Desk, voice: Voice) -> Sequence[Choice]:
    """The first homes, by code."""
    registry = desk.homes.registry
    codes = sorted(unit.code for unit in registry.units())[:SHOWN_MAX]
    return [_choice(desk, voice, code, registry.subject(code)) for code in codes]


def _choice(desk: Desk, voice: Voice, code: str, path: str) -> Choice:
    return Choice(code, desk.book.places.label(path, voice.lang.value))
