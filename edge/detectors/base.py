"""What a detector is: a pure judgement of one subject, found by being in this folder.

A detector watches a home (its water meters), a device (its presence or an alarm channel), a
point (`edge.point_rule`), an adapter or the water supply of several homes. It says whether its
condition holds; what becomes of that, raised or cleared, is the pipeline's business.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Protocol, TypeVar

from msgspec import Struct

from edge.adapters import Adapter
from edge.completeness import Home
from edge.presence import Presence
from edge.reading import HOUR_NS, MINUTE_NS, Evidence, Reading, Tier
from edge.registry import Device, Unit
from edge.rest import Rest
from edge.signal import Signal
from edge.supply import Supply

S = TypeVar("S")


class Condition(StrEnum):
    """Whether what a detector looks for is there."""

    HOLDS = "holds"
    GONE = "gone"
    UNKNOWN = "unknown"


class WarmingUp(Struct, frozen=True):
    """The detector has `seen` of the `needed`, in its own unit of measure, and says nothing."""

    seen: float
    needed: float


class Status(Struct, frozen=True):
    """The condition at `at_ns`; where it holds, `since_ns` is when it began.

    `interval_ns` is how often news comes that could change it: data older than that are late.
    """

    condition: Condition
    since_ns: int
    at_ns: int
    interval_ns: int


class Detector(Protocol[S]):
    """A rule about one subject, whose memory is `S` and is handed in."""

    @property
    def rule(self) -> str:
        """The rule's name, part of every finding id."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the same input may give another answer."""
        ...

    @property
    def category(self) -> str:
        """What kind of trouble this is; plans are chosen by it."""
        ...

    @property
    def tier(self) -> Tier:
        """How urgent it is."""
        ...

    def observe(self, state: S, reading: Reading) -> S:
        """The state with `reading` in it."""
        ...

    def evaluate(
        self, state: S, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """The condition at `now_ns`, or at the watermark if that is earlier.

        `active_since_ns` is the beginning of what was raised and not yet cleared.
        """
        ...

    def next_due(self, state: S) -> int | None:
        """When time alone, without a reading, could make the condition hold."""
        ...

    def evidence(self, state: S, status: Status, utc_offset_h: float) -> Evidence:
        """Why `evaluate` gave `status`; the same `state` must be handed in."""
        ...


class HomeDetector(Detector[Home], Protocol):
    """A rule about the water of one dwelling; evaluated whenever a meter moves on."""

    @classmethod
    def install(cls, unit: Unit) -> tuple["HomeDetector", ...]:
        """The rules that apply to `unit`; their names differ."""
        ...

    def rest(self, state: Home) -> Rest | None:
        """For how long the condition cannot hold, where that is known.

        It spares the evaluation of readings that change no answer, and must change nothing.
        """
        ...


class DeviceDetector(Detector[Presence], Protocol):
    """A rule about one device being heard; evaluated by its messages and by the clock.

    No silence shorter than `soonest_ns` makes it hold.
    """

    soonest_ns: ClassVar[int]

    @classmethod
    def install(cls, device: Device) -> tuple["DeviceDetector", ...]:
        """The rules that apply to `device`; their names differ."""
        ...


class AdapterDetector(Detector[Adapter], Protocol):
    """A rule about one adapter; evaluated by what it says and by the clock."""

    @classmethod
    def install(cls) -> tuple["AdapterDetector", ...]:
        """The rules that apply to every adapter; their names differ."""
        ...


class SupplyDetector(Detector[Supply], Protocol):
    """A rule about the homes on one water supply; evaluated whenever one of their meters moves."""

    @classmethod
    def install(cls) -> tuple["SupplyDetector", ...]:
        """The rules that apply to every supply; their names differ."""
        ...


class SignalDetector(Detector[Signal], Protocol):
    """A rule about an alarm channel of a device; evaluated whenever the channel says something."""

    @classmethod
    def install(cls, channel: str) -> tuple["SignalDetector", ...]:
        """The rules that apply to `channel`; their names differ."""
        ...

    @classmethod
    def channels(cls) -> Mapping[str, int]:
        """The channels that it has rules for, each with the `again_ns` of its `Signal`."""
        ...


def home_detectors() -> tuple[type[HomeDetector], ...]:
    """Every home detector in this folder, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is Home)


def device_detectors() -> tuple[type[DeviceDetector], ...]:
    """Every device detector in this folder, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is Presence)


def adapter_detectors() -> tuple[type[AdapterDetector], ...]:
    """Every adapter detector in this folder, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is Adapter)


def supply_detectors() -> tuple[type[SupplyDetector], ...]:
    """Every supply detector in this folder, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is Supply)


def signal_detectors() -> tuple[type[SignalDetector], ...]:
    """Every detector of alarm channels in this folder, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is Signal)


def point_detectors(point: type) -> tuple[Any, ...]:
    """Every detector in this folder of such a `point`, by module name."""
    return tuple(kind for kind in detectors() if kind.watches is point)


@lru_cache(maxsize=1)
def detectors() -> tuple[Any, ...]:
    """Every detector in this folder, of whatever it watches, by module name."""
    package = importlib.import_module("edge.detectors")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"edge.detectors.{name}") for name in names]
    kinds = [(module, kind) for module in modules for kind in vars(module).values()]
    return tuple(
        kind
        for module, kind in kinds
        if getattr(kind, "watches", None) and kind.__module__ == module.__name__
    )


def hhmm(at_ns: int, utc_offset_h: float) -> str:
    """The local time of day, as sentences say it."""
    minutes = (at_ns + int(utc_offset_h * HOUR_NS)) // MINUTE_NS
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
