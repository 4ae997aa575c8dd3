"""Readings and findings by the number, for tests of stores."""

from edge.entry import Admitted, Message
from edge.reading import (
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Kind,
    Quality,
    Reading,
    Tier,
    Timeliness,
    TimeSource,
)

NOW_NS = 1_780_000_000 * SECOND_NS


def reading(seq: int, *, device: str = "wm-1", at_ns: int | None = None) -> Reading:
    """Reading `seq` of `device`: one a minute, one litre each; of every other the clock was off."""
    at_ns = NOW_NS + seq * MINUTE_NS if at_ns is None else at_ns
    return Reading(
        device=device,
        unit="u1",
        kind=Kind.WATER,
        channel="water.total",
        value=1.0 + seq / 1_000,
        at_ns=at_ns,
        received_ns=at_ns + SECOND_NS,
        clock=TimeSource.METER,
        quality=Quality.GOOD,
        historical=False,
        seq=seq,
        boot=1,
        resolution=0.001,
        offset_ns=seq % 2 * -3_600 * SECOND_NS,
    )


def admitted(*readings: Reading) -> Admitted:
    """An entry with one message a reading."""
    return Admitted(
        tuple(Message(r.device, r.boot, r.seq, r.seq.to_bytes(8), (r,)) for r in readings)
    )


def finding(number: int) -> Finding:
    """Welfare finding `number`."""
    return Finding(
        id=f"{number:016x}",
        revision=0,
        rule="welfare",
        rule_version=1,
        subject="s01/b01/u1",
        category="welfare",
        tier=Tier.URGENT,
        state=FindingState.RAISED,
        since_ns=NOW_NS,
        at_ns=NOW_NS + number * MINUTE_NS,
        timeliness=Timeliness.LIVE,
        evidence=Evidence({"volume_l": 0.0}, {}, NOW_NS, 900.0, "未用水，“零”升", "no water used"),
    )
