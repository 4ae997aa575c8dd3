"""Which ways to people there are: every file of this folder that holds a KIND.

A new channel is one file. It names itself, its settings, what an address of it looks like
and how one is made; settings, plans, people and the console learn of it from here.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import Field

from alerts.budget import Budget
from alerts.channels.base import Channel
from alerts.channels.callback import Callback
from alerts.cost import Tariff
from edge.settings import Settings


class ChannelSettings(Settings):
    """Base of every channel's settings.

    `budget` stands instead of the channel's own limits. `cost` is what it costs, and its caps.
    """

    budget: tuple[Budget, ...] = Field(default=(), max_length=8)
    cost: Tariff | None = None


def _whole(address: str) -> str:
    return address


def _silent(_: Any) -> None:
    """No callback: this provider never calls."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to people.

    `address` matches a whole address of it, and `hint` says in words what to write there.
    With `short` it carries one text of 70 UTF-16 units without a link, else the full text.
    `check` raises ConfigError for what of the settings only a look at the files shows.
    `budgets` are the provider's published limits; `account` says whose an address is, where
    several addresses share one limit. With `rush` lesser messages keep clear of the full and the
    half hour, as its provider asks. `callback` makes the reader of what the provider tells us at
    our own door, or None where the settings ask for no calls.
    """

    name: str
    zh: str
    en: str
    settings: type[ChannelSettings]
    make: Callable[[Any], Channel]
    address: re.Pattern[str]
    hint: str
    short: bool = False
    budgets: tuple[Budget, ...] = ()
    account: Callable[[str], str] = _whole
    rush: bool = False
    check: Callable[[Any], object] = lambda settings: settings
    callback: Callable[[Any], Callback | None] = _silent


@cache
def kinds() -> Mapping[str, Kind]:
    """Every way to people, by name, in the order of their names."""
    package = importlib.import_module("alerts.channels")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"alerts.channels.{name}") for name in names]
    found = [module.KIND for module in modules if hasattr(module, "KIND")]
    return MappingProxyType({kind.name: kind for kind in found})
