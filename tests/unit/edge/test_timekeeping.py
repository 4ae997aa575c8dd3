"""Whose word the time rests on, and what each word changes."""

import pytest

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from edge.timekeeping import (
    ASSUMED,
    GatewayWord,
    KernelWord,
    Source,
    Trust,
    Verdict,
    step,
)

NOW_NS = 1_790_000_000 * SECOND_NS
UP_NS = HOUR_NS
"""The machine's steady count at `NOW_NS`."""

Word = KernelWord | GatewayWord


def kernel(off_s: float = 0, *, at_ns: int = 0, vouches: bool = True) -> KernelWord:
    """The kernel's word at `at_ns` after now, its clock being `off_s` ahead."""
    wall_ns = NOW_NS + at_ns + round(off_s * SECOND_NS)
    return KernelWord(UP_NS + at_ns, wall_ns, SECOND_NS if vouches else None)


def gateway(off_s: float = 0, *, at_ns: int = 0, trip_s: float = 0.2) -> GatewayWord:
    """The gateway's, answered halfway, heard at `at_ns` after now."""
    trip_ns = round(trip_s * SECOND_NS)
    middle_ns = NOW_NS + at_ns - trip_ns // 2 + round(off_s * SECOND_NS)
    return GatewayWord(UP_NS + at_ns - trip_ns, UP_NS + at_ns, middle_ns)


def after(*words: Word) -> tuple[Trust, list[Verdict]]:
    trust, verdicts = Trust(), []
    for word in words:
        trust, verdict = step(trust, word)
        verdicts.append(verdict)
    return trust, verdicts


def off_s(trust: Trust) -> float:
    return (trust.shift_ns - (NOW_NS - UP_NS)) / SECOND_NS


TABLE: dict[str, tuple[list[Word], list[str], Source, float]] = {
    "kernel": ([kernel()], ["trusted"], Source.KERNEL, 0),
    "gateway": ([gateway(5)], ["trusted"], Source.GATEWAY, 5),
    "a kernel that does not vouch": (
        [kernel(7, vouches=False), gateway()], ["ignored", "trusted"], Source.GATEWAY, 0,
    ),
    "the kernel wins": ([gateway(30), kernel()], ["trusted", "moved"], Source.KERNEL, 0),
    "the gateway is noted": ([kernel(), gateway(30)], ["trusted", "ignored"], Source.KERNEL, 0),
    "a kernel that falls silent": (
        [kernel(), kernel(vouches=False)], ["trusted", "ignored"], Source.KERNEL, 0,
    ),
    "a gateway takes over from it": (
        [kernel(), kernel(vouches=False), gateway(30)],
        ["trusted", "ignored", "moved"], Source.GATEWAY, 30,
    ),
    "a kernel set by hand": (
        [kernel(), kernel(86_400, vouches=False)], ["trusted", "ignored"], Source.KERNEL, 0,
    ),
    "a small correction": ([kernel(), kernel(1.5)], ["trusted", "kept"], Source.KERNEL, 1.5),
    "a large one": ([kernel(), kernel(2.5)], ["trusted", "moved"], Source.KERNEL, 2.5),
    "an answer that says no better": (
        [gateway(), gateway(3, trip_s=8)], ["trusted", "kept"], Source.GATEWAY, 0,
    ),
    "a slow answer that must be right": (
        [gateway(), gateway(30, trip_s=8)], ["trusted", "moved"], Source.GATEWAY, 30,
    ),
    "an answer after ten seconds": ([gateway(trip_s=10.01)], ["refused"], Source.NONE, -1),
    "just in time": ([gateway(trip_s=10)], ["trusted"], Source.GATEWAY, 0),
    "from before it was asked": ([gateway(trip_s=-0.1)], ["refused"], Source.NONE, -1),
    "a gateway in 1970": ([gateway(-NOW_NS / SECOND_NS)], ["refused"], Source.NONE, -1),
    "a kernel in 2150": ([kernel(4e9)], ["refused"], Source.NONE, -1),
    "2038": ([kernel(12 * 365 * 86_400)], ["trusted"], Source.KERNEL, 12 * 365 * 86_400),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_word_changes_what_the_table_says(name: str) -> None:
    words, verdicts, source, expected_s = TABLE[name]
    trust, said = after(*words)
    assert [verdict.value for verdict in said] == verdicts
    assert trust.source is source
    if trust.trusted:
        assert off_s(trust) == expected_s
    else:
        assert trust.shift_ns == 0


def test_the_uncertainty_is_half_the_round_trip_and_grows_from_then_on() -> None:
    trust, _ = after(gateway(trip_s=4))
    assert trust.error_ns(UP_NS) == 2 * SECOND_NS
    assert trust.error_ns(UP_NS + DAY_NS) == pytest.approx(19.28 * SECOND_NS)


@pytest.mark.parametrize(("apart_s", "told"), [(0, False), (59, False), (62, True), (-7_200, True)])
def test_witnesses_a_minute_apart_disagree(apart_s: float, told: bool) -> None:
    trust, _ = after(kernel(), gateway(apart_s))
    assert trust.clocks_disagree is told
    trust, _ = after(kernel(), gateway(apart_s), kernel(vouches=False))
    assert not trust.clocks_disagree


def test_an_assumed_clock_is_trusted_as_it_reads() -> None:
    assert ASSUMED.trusted
    assert ASSUMED.shift_ns == 0


def test_a_better_answer_is_taken_even_when_it_only_sharpens() -> None:
    trust, verdicts = after(gateway(trip_s=8), gateway(1, trip_s=0.1, at_ns=MINUTE_NS))
    assert verdicts[-1] is Verdict.KEPT
    assert off_s(trust) == 1
