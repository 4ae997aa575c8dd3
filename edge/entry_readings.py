"""The readings of an entry: one after the other, and when they happened."""

from collections.abc import Iterator

from edge.entry import Admitted, Entry, Labelled, Tick, Timed
from edge.reading import Reading


def readings_of(entry: Entry) -> Iterator[Reading]:
    """Yield the readings of an entry, in the order they were admitted."""
    if isinstance(entry, Admitted):
        for message in entry.messages:
            yield from message.readings


def span(entry: Entry) -> tuple[int, int, int]:
    """First and last event time of an entry, and how many readings it holds: its row says so."""
    messages = entry.messages if isinstance(entry, Admitted) else ()
    if times := [reading.at_ns for message in messages for reading in message.readings]:
        return min(times), max(times), len(times)
    if isinstance(entry, Timed):
        return entry.at_ns, entry.at_ns, 0
    match entry:
        case Tick(now_ns=at_ns):
            return at_ns, at_ns, 0
        case Labelled(labels=(*_, last)):
            return last.at_ns, last.at_ns, 0
    return 0, 0, 0
