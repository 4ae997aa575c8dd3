"""What became of one delivery at the gate."""

from msgspec import Struct

from edge.entry import AdapterStatus, Message
from edge.reading import Reading
from edge.wire_form import Rejection


class Admission(Struct, frozen=True, gc=False):
    """What became of one delivery; append `message` and `status`, where given, to the journal."""

    message: Message | None
    duplicates: int
    rejections: tuple[Rejection, ...]
    clocks: tuple[str, ...] = ()
    """The metrics that count what was done about the device's clock."""
    status: AdapterStatus | None = None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What was admitted; empty when nothing was."""
        return self.message.readings if self.message else ()
