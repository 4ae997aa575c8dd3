"""What may be kept quiet, by whom and for how long."""

import pytest
from msgspec import structs

from alerts.silence import IllegalSilence, Kind, Scope, Silence, check
from edge.reading import DAY_NS, HOUR_NS, Tier

NOW = 1_760_000_000_000_000_000


def a_silence(**changes: object) -> Silence:
    silence = Silence(
        id="s0", kind=Kind.SILENCE, scope=Scope.AREA, value="s01/b01",
        tiers=(Tier.IMPORTANT, Tier.GENERAL), reason="管道检修", by="duty",
        created_ns=NOW, start_ns=NOW, end_ns=NOW + HOUR_NS,
    )  # fmt: skip
    return structs.replace(silence, **changes)


@pytest.mark.parametrize(
    "silence",
    [
        a_silence(),
        a_silence(end_ns=NOW + 8 * HOUR_NS),
        a_silence(tiers=(Tier.GENERAL,), end_ns=NOW + 7 * DAY_NS),
        a_silence(start_ns=NOW + 90 * DAY_NS, end_ns=NOW + 90 * DAY_NS + HOUR_NS),
        a_silence(start_ns=NOW - HOUR_NS, end_ns=NOW + 8 * HOUR_NS),
    ],
)
def test_a_silence_with_a_reason_and_a_leash_may_be(silence: Silence) -> None:
    check(silence, may_silence_urgent=False)


@pytest.mark.parametrize(
    ("silence", "problem"),
    [
        (a_silence(reason="  "), "reason"),
        (a_silence(tiers=()), "tiers"),
        (a_silence(tiers=(Tier.INFO,)), "tiers"),
        (a_silence(end_ns=NOW), "after now"),
        (a_silence(start_ns=NOW - HOUR_NS, end_ns=NOW - 1), "after now"),
        (a_silence(end_ns=NOW + 8 * HOUR_NS + 1), "at most 8 hours"),
        (a_silence(tiers=(Tier.GENERAL,), end_ns=NOW + 8 * DAY_NS), "at most 168 hours"),
        (a_silence(start_ns=NOW + 93 * DAY_NS, end_ns=NOW + 94 * DAY_NS), "days ahead"),
        (a_silence(tiers=(Tier.URGENT,), scope=Scope.DEVICE, value="m0"), "administrator"),
    ],
)
def test_a_silence_that_may_not_be_says_what_to_change(silence: Silence, problem: str) -> None:
    with pytest.raises(IllegalSilence, match=problem):
        check(silence, may_silence_urgent=False)


def test_urgent_incidents_are_silenced_by_the_named_role_for_one_device_and_an_hour() -> None:
    one = a_silence(tiers=(Tier.URGENT,), scope=Scope.DEVICE, value="m0")
    check(one, may_silence_urgent=True)
    with pytest.raises(IllegalSilence, match="at most 1 hours"):
        check(structs.replace(one, end_ns=NOW + 2 * HOUR_NS), may_silence_urgent=True)
    with pytest.raises(IllegalSilence, match="one device"):
        check(structs.replace(one, scope=Scope.AREA, value="s01"), may_silence_urgent=True)
