"""When a message has its turn: at once, in company, after quiet hours or with the digest."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from alerts.pace import (
    Civil,
    DigestTime,
    Habits,
    Pace,
    Traffic,
    Turn,
    Wait,
    earliest,
    next_digest_ns,
    told,
    turn,
)
from alerts.shift import Pattern, Shift
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Tier

CHINA = timezone(timedelta(hours=8))
PACE = Pace()
AWAKE = Habits()
NIGHT = Habits(quiet=("22:00", "07:00"))


def at(text: str) -> Civil:
    """That local time on one day in China."""
    moment = datetime.fromisoformat(f"2026-03-02T{text}").replace(tzinfo=CHINA)
    return Civil(int(moment.timestamp()) * SECOND_NS, CHINA)


def shown(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, CHINA):%d %H:%M}"


def test_an_urgent_message_never_waits() -> None:
    swamped = Traffic(flooded=True, told_ns=at("23:00").now_ns, full_ns=2**62)
    assert turn(Tier.URGENT, NIGHT, swamped, PACE, at("23:00")) is None


def test_an_important_message_goes_at_once_on_a_calm_day() -> None:
    assert turn(Tier.IMPORTANT, NIGHT, Traffic(), PACE, at("12:00")) is None


@pytest.mark.parametrize(
    ("now", "due"), [("22:00", "03 07:04"), ("03:00", "02 07:04"), ("06:59", "02 07:04")]
)
def test_in_quiet_hours_an_important_message_waits_until_they_are_over(now: str, due: str) -> None:
    waits = turn(Tier.IMPORTANT, NIGHT, Traffic(), PACE, at(now))
    assert waits is not None
    assert (waits.why, shown(waits.due_ns)) == (Wait.QUIET, due)


@pytest.mark.parametrize("now", ["21:59", "07:00", "12:00"])
def test_outside_quiet_hours_nothing_waits_for_them(now: str) -> None:
    assert turn(Tier.IMPORTANT, NIGHT, Traffic(), PACE, at(now)) is None


@pytest.mark.parametrize(
    ("habits", "now", "due"),
    [
        (AWAKE, "08:09", "02 08:10"),
        (AWAKE, "08:10", "03 08:10"),
        (Habits(digest_at="17:25"), "08:00", "02 17:25"),
        (
            Habits(pattern=Pattern((Shift(**{"from": "20:00", "to": "08:00"}),))),
            "12:00",
            "02 20:07",
        ),
        (
            Habits(pattern=Pattern((Shift(**{"from": "19:53", "to": "08:00"}),))),
            "12:00",
            "02 20:01",
        ),
        (
            Habits(pattern=Pattern((Shift(**{"from": "20:00", "to": "08:00"}),))),
            "20:05",
            "02 20:07",
        ),
    ],
)
def test_general_messages_go_together_at_the_persons_own_time(
    habits: Habits, now: str, due: str
) -> None:
    waits = turn(Tier.GENERAL, habits, Traffic(), PACE, at(now))
    assert waits is not None
    assert (waits.why, shown(waits.due_ns)) == (Wait.DIGEST, due)


def test_without_a_digest_general_messages_go_one_by_one() -> None:
    assert turn(Tier.GENERAL, AWAKE, Traffic(), Pace(digest_at=None), at("12:00")) is None


@pytest.mark.parametrize("crowded", ["08:00", "17:30", "24:00", "8:10"])
def test_no_digest_is_set_to_a_full_or_half_hour(crowded: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(DigestTime).validate_python(crowded)


@given(st.integers(0, 10 * 365 * 24 * 60), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_the_next_digest_is_within_a_day_and_never_at_a_crowded_minute(
    minutes: int, zone: str
) -> None:
    now_ns = 1_700_000_000 * SECOND_NS + minutes * MINUTE_NS
    due_ns = next_digest_ns(AWAKE, PACE, Civil(now_ns, ZoneInfo(zone)))
    assert due_ns is not None
    assert now_ns < due_ns <= now_ns + DAY_NS + HOUR_NS
    assert datetime.fromtimestamp(due_ns // SECOND_NS, ZoneInfo(zone)).minute not in {0, 30}


def test_in_a_flood_messages_gather_and_go_a_minute_apart() -> None:
    now = at("12:00")
    calm = turn(Tier.IMPORTANT, AWAKE, Traffic(flooded=True), PACE, now)
    assert calm == Turn(Wait.STORM, now.now_ns + 15 * SECOND_NS)
    told_ns = now.now_ns - 20 * SECOND_NS
    after = turn(Tier.IMPORTANT, AWAKE, Traffic(flooded=True, told_ns=told_ns), PACE, now)
    assert after == Turn(Wait.STORM, told_ns + MINUTE_NS)


@given(st.lists(st.integers(0, 3_600), max_size=400))
def test_nobody_is_told_more_than_six_an_hour_on_average_and_six_at_a_time(
    gaps_s: list[int],
) -> None:
    now_ns, traffic, sent = 0, Traffic(), list[int]()
    for gap_s in gaps_s:
        now_ns += gap_s * SECOND_NS
        waits = earliest(AWAKE, traffic, PACE, Civil(now_ns, CHINA))
        now_ns = waits.due_ns if waits else now_ns
        assert earliest(AWAKE, traffic, PACE, Civil(now_ns, CHINA)) is None
        if traffic.told_ns != now_ns:
            sent.append(now_ns)
        traffic = told(traffic, PACE, now_ns)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            hours = (sent[last] - sent[first]) / HOUR_NS
            assert last - first + 1 <= 6 + 6 * hours + 1e-6


def test_urgent_messages_never_use_up_more_than_the_whole_share() -> None:
    traffic = Traffic()
    for second in range(100):
        traffic = told(traffic, PACE, second * SECOND_NS)
    waits = earliest(AWAKE, traffic, PACE, Civil(100 * SECOND_NS, CHINA))
    assert waits is not None
    assert waits.due_ns <= 100 * SECOND_NS + 10 * MINUTE_NS
