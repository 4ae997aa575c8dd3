"""What else of a home shows that somebody is up and about: a sign of life, found by being here.

A sign is one file of this folder. It says which channels tell of it; what the home does with nobody
there, and so what is a sign in it, the home has to show (`edge.signs.nobody`).
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from edge.reading import Kind


class Source(NamedTuple):
    """A channel of a sign: a register that only rises, or, if `is_rate`, an amount an hour.

    One of the channel's units is `per_unit` of the sign's.
    """

    per_unit: float
    is_rate: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """What people switch on or open, as the terms name it, in its own `unit` of amount.

    An hour that is not `least` above the one before is nobody's doing, whatever the home.
    """

    name: str
    kind: Kind
    unit: str
    least: float
    channels: Mapping[str, Source]
    words: tuple[str, str]


@lru_cache(maxsize=1)
def signs() -> Mapping[Kind, Sign]:
    """Every sign in this folder, by the kind of device that tells of it."""
    package = importlib.import_module("edge.signs")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"edge.signs.{name}") for name in names]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Sign)]
    return MappingProxyType({each.kind: each for each in found})


def sign_names() -> tuple[str, ...]:
    """The names of all signs, as the terms may choose among them."""
    return tuple(sorted(each.name for each in signs().values()))
