"""The fields of a reading, taken out of it once.

Compiled code looks up a field of a record by its name each time; those of `Fields` lie open to it.
"""

from typing import Final, cast

from msgspec import structs

from edge.reading import Kind, Quality, Reading, TimeSource

_Parts = tuple[
    str, str, Kind, str, float | str, int, int, TimeSource, Quality, bool, int, int, float, int
]
_astuple: Final = structs.astuple


class Fields:
    """What the fold asks of one `reading`, by the names that it has there."""

    __slots__ = (
        "at_ns", "boot", "channel", "clock", "device", "historical", "offset_ns", "quality",
        "reading", "received_ns", "resolution", "value",
    )  # fmt: skip

    def __init__(self, reading: Reading) -> None:
        (
            self.device, _, _, self.channel, self.value, self.at_ns, self.received_ns,
            self.clock, self.quality, self.historical, _, self.boot, self.resolution,
            self.offset_ns,
        ) = cast("_Parts", _astuple(reading))  # fmt: skip
        self.reading = reading
