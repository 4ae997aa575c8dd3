"""InfluxDB's line protocol: one line a reading, one a finding, the same line every time.

A point is its tags and its time, so a line sent twice changes nothing. Two messages may
give one device different values for one moment; to keep both, the last three digits of a
point's time, below the microsecond that no device knows, carry the message's `seq`.
"""

from collections.abc import Mapping
from math import isfinite

from edge import credential
from edge.reading import Finding, Reading

_SEQ_SPAN = 1_000
_TAG_ESCAPES = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})
_TEXT_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})

Field = float | str | bool


def point_ns(at_ns: int, seq: int) -> int:
    """The time under which the point of message `seq` stands: within 1 µs of `at_ns`."""
    return at_ns // _SEQ_SPAN * _SEQ_SPAN + seq % _SEQ_SPAN


def event_ns(point_at_ns: int) -> int:
    """The event time of a point, to the microsecond."""
    return point_at_ns // _SEQ_SPAN * _SEQ_SPAN


def reading_line(reading: Reading, subject: str) -> str | None:
    """The line of `reading`, taken in the home `subject`; None when it has no point.

    A value that is not finite has none, and neither has a channel whose name cannot be a tag. The
    token of a credential has none either: it goes no further than the journal.
    """
    if reading.channel == credential.CHANNEL:
        return None
    site, building, unit = subject.split("/")
    tags = {"bldg": building, "channel": reading.channel, "device": reading.device,
            "kind": reading.kind.value, "site": site, "unit": unit}  # fmt: skip
    value: dict[str, Field] = (
        {"text": reading.value} if isinstance(reading.value, str) else {"value": reading.value}
    )
    fields: dict[str, Field] = value | {
        "quality": reading.quality.value,
        "clock": reading.clock.value,
        "historical": reading.historical,
        "resolution": reading.resolution,
    }
    whole = {"boot": reading.boot, "received_ns": reading.received_ns, "seq": reading.seq}
    if reading.offset_ns:
        whole["offset_ns"] = reading.offset_ns
    return line("reading", tags, fields, whole, point_ns(reading.at_ns, reading.seq))


def finding_line(finding: Finding, seq: int, measurement: str = "finding") -> str | None:
    """The line of `finding`, which is number `seq` of its edge."""
    site, building, unit, *device = finding.subject.split("/")
    tags = {"bldg": building, "category": finding.category, "rule": finding.rule,
            "site": site, "unit": unit}  # fmt: skip
    if device:
        tags["device"] = device[0]
    fields: dict[str, Field] = {
        "id": finding.id,
        "state": finding.state.value,
        "timeliness": finding.timeliness.value,
        "sentence": finding.evidence.sentence_zh,
    }
    whole = {"revision": finding.revision, "since_ns": finding.since_ns, "tier": finding.tier.value}
    return line(measurement, tags, fields, whole, point_ns(finding.at_ns, seq))


def edge_line(
    site: str,
    edge: str,
    numbers: Mapping[str, float | Mapping[str, int]],
    missing_ns: tuple[int, int],
    at_ns: int,
) -> str | None:
    """The line of `edge` at `at_ns`: its numbers, and what it has received and not yet sent.

    `missing_ns` is when the first and the last reading of its backlog were received, 0 and 0
    without one. Numbers by reason are added up.
    """
    fields: dict[str, Field] = {
        name: float(value if isinstance(value, int | float) else sum(value.values()))
        for name, value in numbers.items()
    }
    whole = dict(zip(("missing_from_ns", "missing_to_ns"), missing_ns, strict=True))
    return line("edge", {"edge": edge, "site": site}, fields, whole, at_ns)


def line(
    measurement: str,
    tags: Mapping[str, str],
    fields: Mapping[str, Field],
    whole: Mapping[str, int],
    at_ns: int,
) -> str | None:
    """One line, without its end; None when a tag or a number in it cannot be written."""
    if any(isinstance(value, float) and not isfinite(value) for value in fields.values()):
        return None
    if not all(_writable(value) for value in tags.values()):
        return None
    written_tags = ",".join(
        f"{name}={value.translate(_TAG_ESCAPES)}" for name, value in sorted(tags.items())
    )
    written = [f"{name}={_field(value)}" for name, value in fields.items()]
    written += [f"{name}={value}i" for name, value in whole.items()]
    return f"{measurement},{written_tags} {','.join(written)} {at_ns}"


def _writable(tag: str) -> bool:
    """Whether escapes can carry `tag`: not empty, no line ends, no backslash before a comma."""
    return tag.isprintable() and tag != "" and not tag.endswith("\\")


def _field(value: Field) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value.translate(_TEXT_ESCAPES)}"'
    return repr(value)
