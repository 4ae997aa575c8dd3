"""What must be true at the end of every world, whatever went wrong in it.

Pure: an ending in, the promises it breaks out, each as a sentence that names the evidence.
"""

from collections import Counter
from collections.abc import Iterator

from simulators.chronicle import Chronicle
from simulators.ending import Ending

WELFARE, DEVICE_SILENT = "welfare", "device_silent"


def broken(ending: Ending, *, stopped: str, silent: str) -> list[str]:
    """The promises that `ending` breaks; `stopped` used no water, `silent` reported nothing."""
    chronicle = ending.chronicle
    return [
        *_one_answered_incident(chronicle, stopped),
        *_the_worker_was_told(ending, stopped),
        *_silence_is_of_the_device(chronicle, silent),
        *_nothing_is_sent_twice(ending),
        *_nothing_is_left_owed(chronicle),
    ]


def _one_answered_incident(chronicle: Chronicle, home: str) -> Iterator[str]:
    found = chronicle.about(home, WELFARE)
    if len(found) != 1:
        yield f"{home} stopped using water and has {len(found)} incidents, not one"
    if any(line.acked_ns is None for line in found):
        yield f"nobody answered for {home}"


def _the_worker_was_told(ending: Ending, home: str) -> Iterator[str]:
    room = home.rpartition("-")[2]
    if not any(f"{room}室" in text for _, text in ending.texts):
        yield f"no phone ever showed a text about {home}"


def _silence_is_of_the_device(chronicle: Chronicle, home: str) -> Iterator[str]:
    if any(line.home == home and line.rule == WELFARE for line in chronicle.findings):
        yield f"the silence of the meter of {home} was taken for its resident's"
    if not chronicle.about(home, DEVICE_SILENT):
        yield f"nobody was told that the meter of {home} is silent"


def _nothing_is_sent_twice(ending: Ending) -> Iterator[str]:
    """A phone shows no text more often than it was owed; the daemon is never killed here."""
    owed = Counter(
        (line.address, line.text) for line in ending.chronicle.deliveries if line.channel == "sms"
    )
    for (number, text), times in Counter(ending.texts).items():
        if times > owed[number, text]:
            yield f"{number} got {times} times what it was owed {owed[number, text]} times: {text}"


def _nothing_is_left_owed(chronicle: Chronicle) -> Iterator[str]:
    for line in chronicle.deliveries:
        if line.state in {"queued", "submitted"}:
            yield f"{line.key} is still {line.state} long after the faults ended"
