"""The pipeline's whole state as bytes, so that a start need not replay what is behind it."""

import msgspec
from msgspec import Struct, field, msgpack

from edge.adapters import AdapterState
from edge.episode import WatchState
from edge.labels import LabelState
from edge.lateness import LatenessState
from edge.night_flow import NightFlowState
from edge.numbering import NumberingsState
from edge.places import PlacesState
from edge.quiet import QuietState
from edge.reading import TimeSource
from edge.remembered import (
    ClockState,
    HearingState,
    MeterState,
    NamesState,
    PresenceState,
    SupplyState,
)
from edge.shadow import ShadowState
from edge.signal import SignalState
from edge.tuning import TuningState
from edge.uptime import UptimeState

_VERSION = 3
"""Raised whenever a field changes its meaning or its place."""
_READ = frozenset({2, 3})
"""What can be read: of version 2 the same, which says more of boots and gaps than is needed."""


class CheckpointError(Exception):
    """The blob is no checkpoint of this version: replay the journal from its beginning."""


class Checkpoint(Struct, array_like=True):
    """What every part of the pipeline has come to, by the names under which it finds its own.

    `registry` is the pushed registry it went by, as version and JSON; version 0 is the file's.
    `memory` is how older ones hold what stands in `names` now.
    """

    counts: dict[str, int]
    memory: dict[str, list[tuple[int, int, bytes]]]
    meters: dict[str, MeterState]
    devices: dict[str, PresenceState]
    watches: dict[str, WatchState]
    hearing: HearingState
    adapters: dict[str, AdapterState]
    supplies: dict[str, SupplyState]
    clocks: dict[str, dict[TimeSource, ClockState]] = field(default_factory=dict)
    registry: tuple[int, bytes] = (0, b"")
    labels: LabelState = field(default_factory=LabelState)
    signals: dict[str, SignalState] = field(default_factory=dict)
    quiets: dict[str, QuietState] = field(default_factory=dict)
    points: dict[str, bytes] = field(default_factory=dict)
    uptimes: dict[str, UptimeState] = field(default_factory=dict)
    nights: dict[str, NightFlowState] = field(default_factory=dict)
    shadow: ShadowState = field(default_factory=ShadowState)
    tuning: TuningState = field(default_factory=TuningState)
    instruments: dict[str, bytes] = field(default_factory=dict)
    numberings: NumberingsState = field(default_factory=NumberingsState)
    latenesses: dict[str, LatenessState] = field(default_factory=dict)
    names: dict[str, NamesState] = field(default_factory=dict)
    places: PlacesState = field(default_factory=PlacesState)


class _Versioned(Struct, array_like=True):
    version: int
    state: msgspec.Raw


# The beginning of what `_Versioned` reads: an array of two, and the version.
_HEAD = msgpack.encode((_VERSION, None))[:-1]


def encode(checkpoint: Checkpoint) -> bytearray:
    """`checkpoint` with its version, uncompressed; built in place, for it may be many MB."""
    blob = bytearray(_HEAD)
    msgpack.Encoder().encode_into(checkpoint, blob, len(blob))
    return blob


def decode(blob: bytes | bytearray) -> Checkpoint:
    """The checkpoint that `encode` wrote.

    Raises:
        CheckpointError: the blob cannot be read, or is of another version.
    """
    try:
        versioned = msgpack.decode(blob, type=_Versioned)
        if versioned.version not in _READ:
            raise CheckpointError(f"checkpoint of version {versioned.version}")
        return msgpack.decode(versioned.state, type=Checkpoint)
    except msgspec.MsgspecError as error:
        raise CheckpointError(f"not a checkpoint: {error}") from error
