"""What each answer of InfluxDB 1, 2 and 3 means for the lines of a write."""

import pytest

from edge.influx_answer import Verdict, judge

CONFLICT = 'field type conflict: input field "value" on measurement "reading" is type string'
ANSWERS = [
    (204, "", Verdict.STORED),
    (200, "", Verdict.STORED),
    # lines at fault: 1.x, 2.x, early 2.x, Cloud, 3.x
    (400, f'{{"error":"partial write: {CONFLICT} dropped=1"}}', Verdict.REFUSED),
    (400, "{\"error\":\"unable to parse 'm v': invalid field format\"}", Verdict.REFUSED),
    (422, f'{{"message":"failure writing points: partial write: {CONFLICT}"}}', Verdict.REFUSED),
    (500, f'{{"message":"unexpected error: partial write: {CONFLICT}"}}', Verdict.REFUSED),
    (201, '{"message":"some points were rejected"}', Verdict.REFUSED),
    (400, '{"error":"partial write of line protocol occurred","data":[]}', Verdict.REFUSED),
    (413, "Request Entity Too Large", Verdict.TOO_LARGE),
    # nothing wrong with the lines
    (200, "<html>the login page of a network</html>", Verdict.LATER),
    (200, "ok", Verdict.LATER),
    (400, '{"error":"database is required"}', Verdict.LATER),
    (400, '{"code":"invalid","message":"Please provide either orgID or org"}', Verdict.LATER),
    (400, "<html>a proxy's own page</html>", Verdict.LATER),
    (400, '{"error":"partial write: max-series-per-database limit exceeded: dropped=9"}',
     Verdict.LATER),
    (401, '{"error":"authorization failed"}', Verdict.LATER),
    (403, "", Verdict.LATER),
    (404, '{"error":"database not found: \\"x\\""}', Verdict.LATER),
    (422, "", Verdict.LATER),
    (429, "", Verdict.LATER),
    (500, '{"error":"timeout"}', Verdict.LATER),
    (503, "", Verdict.LATER),
    (302, "", Verdict.LATER),
    (0, "", Verdict.LATER),
]  # fmt: skip


@pytest.mark.parametrize(("status", "said", "verdict"), ANSWERS)
def test_only_what_names_a_line_refuses_a_line(status: int, said: str, verdict: Verdict) -> None:
    assert judge(status, said).verdict is verdict


@pytest.mark.parametrize("status", [400, 422, 500])
def test_lines_older_than_the_server_keeps_are_no_fault(status: int) -> None:
    answer = judge(status, "partial write: points beyond retention policy dropped=12")
    assert (answer.verdict, answer.expired) == (Verdict.STORED, 12)


@pytest.mark.parametrize(("written", "wait_s"), [
    ("30", 30.0), (" 5 ", 5.0), ("", 0.0), ("-1", 0.0), ("nan", 0.0), ("999999", 300.0),
    ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("9" * 400, 0.0),
])  # fmt: skip
def test_a_server_is_left_alone_for_as_long_as_it_asks_within_reason(
    written: str, wait_s: float
) -> None:
    assert judge(429, "", written).wait_s == wait_s
