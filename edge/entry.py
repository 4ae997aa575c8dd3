"""What the journal holds, in the order in which the pipeline folds it.

Messages that were admitted, ticks of the clock that mattered, the broker link going up or
down, what adapters say, a new registry, what people found alarms to be, which rules may
speak to them, and which are as agreed again. `Pipeline.step` knows nothing else.
"""

from msgspec import Struct, msgpack

from edge.labels import Label
from edge.mode import Mode
from edge.reading import Reading

Digest = int | bytes


class Message(Struct, frozen=True, array_like=True, gc=False):
    """One admitted message: its identity, a digest of its content, its readings.

    `digest` is a checksum (CRC-32) of the content in canonical form: a message with the same
    identity and another digest is a reused id, not a duplicate. It seals nothing: whoever may
    speak for a device may say what they like. Older journals hold bytes (blake2b) there.
    """

    device: str
    boot: int
    seq: int
    digest: Digest
    readings: tuple[Reading, ...]


Parts = tuple[str, int, int, Digest, tuple[Reading, ...]]
"""The fields of a message, in their order."""


class Admitted(Struct, frozen=True, array_like=True, tag="admitted"):
    """Messages in the order in which they were received."""

    messages: tuple[Message, ...]


class Tick(Struct, frozen=True, array_like=True, tag="tick"):
    """The wall clock reads `now_ns`."""

    now_ns: int


class Link(Struct, frozen=True, array_like=True, tag="link"):
    """The edge's broker link was accepted (`up`) or lost at `at_ns`.

    `kept` says that the edge listened right up to then; after a crash, or when it stood
    still, nobody knows for how long it did.
    """

    up: bool
    at_ns: int
    kept: bool = False


class Provisioned(Struct, frozen=True, array_like=True, tag="provisioned"):
    """From here on the registry is `table`, the site's `version` of it, as JSON.

    Version 0 with an empty table is the file that the edge was started with.
    """

    version: int
    at_ns: int
    table: bytes


class AdapterStatus(Struct, frozen=True, array_like=True, tag="adapter"):
    """`adapter` said at `at_ns` that it is up, or somebody said for it that it is down.

    `boot` counts its starts, 0 where its vendor does not.
    """

    adapter: str
    up: bool
    boot: int
    at_ns: int


class Labelled(Struct, frozen=True, array_like=True, tag="labelled"):
    """People said at the gateway what alarms of this edge turned out to be."""

    epoch: str
    labels: tuple[Label, ...]


class Ruled(Struct, frozen=True, array_like=True, tag="ruled"):
    """From here on these are the modes that rules were given; it is the `version`th change."""

    version: int
    at_ns: int
    modes: dict[str, Mode]


class Retuned(Struct, frozen=True, array_like=True, tag="retuned"):
    """At `at_ns` what nobody has confirmed for long fades, and some rules are as agreed again.

    `agreed` says how often each rule, or rule in one home, was put back by hand so far.
    """

    at_ns: int
    agreed: dict[str, int]


Timed = Link | AdapterStatus | Provisioned | Ruled | Retuned
"""Entries that say themselves when it was so."""
Entry = Admitted | Tick | Labelled | Timed

_encoder = msgpack.Encoder()
_decoder: msgpack.Decoder[Entry] = msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    """`entry` as msgpack, for the journal."""
    return _encoder.encode(entry)


def decode(blob: bytes) -> Entry:
    """The entry that `encode` wrote.

    Raises:
        msgspec.MsgspecError: `blob` is not an entry.
    """
    return _decoder.decode(blob)
