"""Whatever the witnesses say in whatever order: time once known stays known, and stays true."""

from hypothesis import given
from hypothesis import strategies as st

from edge.reading import SECOND_NS
from edge.timekeeping import GatewayWord, KernelWord, Source, Trust, Verdict, step

NOW_NS = 1_790_000_000 * SECOND_NS
NS = st.integers(-(2**62), 2**62)
ANY_KERNEL = st.builds(KernelWord, NS, NS, st.none() | st.integers(0, 2**40))
ANY_GATEWAY = st.builds(GatewayWord, NS, NS, NS)
TRIPS_S = st.floats(0, 12)
LATE = st.floats(0, 1)


@given(st.lists(ANY_KERNEL | ANY_GATEWAY, max_size=20))
def test_any_words_in_any_order_never_take_the_time_away(
    words: list[KernelWord | GatewayWord],
) -> None:
    trust = Trust()
    for word in words:
        before = trust
        trust, verdict = step(trust, word)
        assert trust.trusted >= before.trusted
        assert (verdict is Verdict.TRUSTED) == (trust.trusted and not before.trusted)
        if verdict in {Verdict.IGNORED, Verdict.REFUSED}:
            assert trust.held == before.held
        if isinstance(word, GatewayWord) and before.kernel is not None:
            assert trust.source is before.source


@given(st.lists(st.tuples(TRIPS_S, LATE), min_size=1, max_size=12))
def test_true_answers_are_right_within_the_uncertainty_however_slow_they_are(
    answers: list[tuple[float, float]],
) -> None:
    trust, steady_ns = Trust(), 0
    for trip_s, part in answers:
        trip_ns = round(trip_s * SECOND_NS)
        at_ns = NOW_NS + steady_ns + round(trip_ns * part)
        trust, _ = step(trust, GatewayWord(steady_ns, steady_ns + trip_ns, at_ns))
        steady_ns += trip_ns + 60 * SECOND_NS
        if trust.source is not Source.NONE:
            assert abs(trust.shift_ns - NOW_NS) <= trust.error_ns(steady_ns) + 1
