"""Device profiles: vendors' formats become readings; one file each, found by being here."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from edge.profiles.base import Profile


@cache
def profiles() -> tuple[Profile, ...]:
    """Every profile of this folder, by name."""
    return tuple(sorted(_found(), key=lambda profile: profile.name))


def find(topic: str, payload: bytes) -> Profile | None:
    """The first profile, by name, that claims `payload`; None when none does."""
    return next((each for each in profiles() if each.claims(topic, payload)), None)


def _found() -> Iterator[Profile]:
    for module in iter_modules(__path__):
        profile = getattr(import_module(f"{__name__}.{module.name}"), "PROFILE", None)
        if isinstance(profile, Profile):
            yield profile
