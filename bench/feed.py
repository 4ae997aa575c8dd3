"""What the meters of the benchmark send, and the homes that they belong to."""

import json
from collections.abc import Iterator, Sequence

from edge.reading import HOUR_NS, SECOND_NS

SITE = "s01"
METERS = 1_000
FILTER = f"sw/1/{SITE}/+/+/+/+/obs"


def meter(number: int) -> str:
    """The id of the meter with that number."""
    return f"wm-{number:04d}"


def topic(number: int) -> str:
    """Where that meter publishes."""
    return f"sw/1/{SITE}/b{number // 100:02d}/u{number:04d}/water/{meter(number)}/obs"


def message(number: int, seq: int, at_ns: int, litres: Sequence[int]) -> bytes:
    """One canonical message: hourly registers, the last of them read at `at_ns`."""
    base = at_ns // SECOND_NS - 3_600 * (len(litres) - 1)
    records = [
        {"n": "water.total", "u": "m3", "v": litre / 1000, "r": 0.001, "t": 3_600 * hour}
        for hour, litre in enumerate(litres)
    ]
    body = {"v": 1, "dev": meter(number), "boot": 1, "seq": seq, "t": base, "tsrc": "meter",
            "q": "good", "e": records}  # fmt: skip
    return json.dumps(body, separators=(",", ":")).encode()


def feed(rounds: int, batch: int, now_ns: int, first_seq: int = 1) -> Iterator[tuple[str, bytes]]:
    """`rounds` messages of `batch` hourly readings from every meter, oldest first."""
    start_ns = now_ns - rounds * batch * HOUR_NS
    for step in range(rounds):
        at_ns = start_ns + (step + 1) * batch * HOUR_NS
        hours = range(step * batch + 1, (step + 1) * batch + 1)
        litres = [1_000 + 7 * hour for hour in hours]
        for number in range(METERS):
            yield topic(number), message(number, first_seq + step, at_ns, litres)


def registry_text() -> str:
    """A registry of one-person homes with one hourly meter each."""
    units = (
        f'[[unit]]\ncode = "u{n:04d}"\nbuilding = "b{n // 100:02d}"\ncare = ["alone"]\n'
        f'[[device]]\nid = "{meter(n)}"\nkind = "water"\nunit = "u{n:04d}"\ninterval = "1 h"\n'
        for n in range(METERS)
    )
    return f'version = 1\nsite = "{SITE}"\n' + "".join(units)


def still_feed(now_ns: int, hours: int) -> Iterator[list[tuple[str, bytes]]]:
    """Hour by hour up to `now_ns`, one message of every meter whose register stands still."""
    for hour in range(1, hours + 1):
        at_ns = now_ns - (hours - hour) * HOUR_NS
        yield [(topic(n), message(n, hour, at_ns, [1_000])) for n in range(METERS)]
