"""Whatever the outages, everything is forwarded, and news never wait for the backlog."""

from hypothesis import given
from hypothesis import strategies as st

from edge.backfill import NEWS_ENTRIES, Spans, ahead

STEPS = st.lists(
    st.tuples(st.integers(0, 3 * NEWS_ENTRIES), st.integers(0, 4), st.integers(1, 400)),
    max_size=30,
)


@given(STEPS)
def test_no_entry_is_left_out_and_no_position_goes_back(steps: list[tuple[int, int, int]]) -> None:
    spans, last, stored = Spans(0, 0, 0), 0, set[int]()
    for arrived, rounds, batch in [*steps, (0, 10_000, 400)]:
        last += arrived
        for _ in range(rounds):
            before, spans = spans, ahead(spans, last)
            assert all(new >= old for new, old in zip(spans, before, strict=True))
            assert spans.back <= spans.seam <= spans.live <= last
            assert last - spans.live <= NEWS_ENTRIES
            live = min(last, spans.live + batch)
            back = min(spans.seam, spans.back + batch)
            stored |= set(range(spans.live + 1, live + 1)) | set(range(spans.back + 1, back + 1))
            spans = Spans(back, spans.seam, live)
            if spans.missing(last) == 0:
                break
    assert stored == set(range(1, last + 1))
    assert ahead(spans, last) == Spans(last, last, last)


def test_a_position_from_before_there_were_three_is_taken_up() -> None:
    assert ahead(Spans(700, 0, 0), 700) == Spans(700, 700, 700)


def test_the_newest_entries_are_the_news() -> None:
    assert ahead(Spans(0, 0, 0), 10_000) == Spans(0, 9_500, 9_500)
