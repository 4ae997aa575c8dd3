"""A daily time of day as "07:00-21:00", also over midnight, and whether a moment is in it."""

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS

HOURS = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
"""The pattern of such a text."""


def last_end_ns(hours: str, at_ns: int, utc_offset_h: float) -> int:
    """When `hours` last ended at or before `at_ns`."""
    to_ns = _of_day_ns(hours.split("-")[1]) - int(utc_offset_h * HOUR_NS)
    return (at_ns - to_ns) // DAY_NS * DAY_NS + to_ns


def length_ns(hours: str) -> int:
    """How long `hours` are; a whole day where they end when they begin."""
    from_ns, to_ns = (_of_day_ns(time) for time in hours.split("-"))
    return (to_ns - from_ns - 1) % DAY_NS + 1


def is_within(hours: str, at_ns: int, utc_offset_h: float) -> bool:
    """Whether the local time of `at_ns` is within `hours`; the end is without."""
    of_day_ns = (at_ns + int(utc_offset_h * HOUR_NS)) % DAY_NS
    from_ns, to_ns = (_of_day_ns(time) for time in hours.split("-"))
    if from_ns <= to_ns:
        return from_ns <= of_day_ns < to_ns
    return of_day_ns >= from_ns or of_day_ns < to_ns


def _of_day_ns(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * HOUR_NS + int(minute) * MINUTE_NS
