"""A value above a threshold for a while, as Home Assistant's `numeric_state` trigger has it.

The trigger fires once when the value goes above, with `for` once it has stayed there so long, and
again only after the value was below.
"""

from collections.abc import Callable, Iterable, Iterator

from edge.reading import Reading
from simulators.evaluate.labelled.scenario import Alarm

Above = Callable[[Reading], bool | None]
"""Whether a reading is above the threshold; None where it says nothing of it."""


def above(readings: Iterable[Reading], is_above: Above, for_ns: int = 0) -> Iterator[Alarm]:
    """Yield an alarm whenever a device has said so for so long, by its readings as they come."""
    since_ns: dict[str, int] = {}
    told: set[str] = set()
    for each in readings:
        so = is_above(each)
        if so is None:
            continue
        if not so:
            since_ns.pop(each.device, None)
            told.discard(each.device)
            continue
        began_ns = since_ns.setdefault(each.device, each.at_ns)
        if each.device not in told and each.at_ns - began_ns >= for_ns:
            told.add(each.device)
            yield Alarm(each.device, began_ns, each.received_ns)
