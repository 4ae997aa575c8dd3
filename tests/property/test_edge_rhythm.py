"""The last gaps of a device, whatever came before and however often it was restored."""

from hypothesis import given
from hypothesis import strategies as st

from edge.reading import MINUTE_NS
from edge.rhythm import GAPS_MAX, Rhythm, median_ns

minutes = st.lists(st.integers(1, 90), min_size=1, max_size=60)


@given(minutes, st.integers(0, 60))
def test_the_last_gaps_are_kept_in_their_order(gaps_min: list[int], restart: int) -> None:
    rhythm, now_ns = Rhythm(), MINUTE_NS
    for place, gap_min in enumerate(gaps_min):
        now_ns += gap_min * MINUTE_NS
        rhythm.hear(now_ns, now_ns)
        if place == restart:
            restored = Rhythm()
            restored.restore(rhythm.state())
            rhythm = restored
    expected_ns = [gap_min * MINUTE_NS for gap_min in gaps_min[1:]][-GAPS_MAX:]
    assert rhythm.arrivals_ns() == expected_ns
    assert rhythm.state().event_gaps.recent_ns == expected_ns
    assert rhythm.interval_ns() == median_ns(expected_ns)
