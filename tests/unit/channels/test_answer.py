import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.answer import RETRY_AFTER_S_MAX, judge
from alerts.channels.base import Outcome
from edge.reading import SECOND_NS

NOW_NS = 1_800_000_000 * SECOND_NS

STATUSES = [
    (200, Outcome.ACCEPTED),
    (201, Outcome.ACCEPTED),
    (202, Outcome.ACCEPTED),
    (204, Outcome.ACCEPTED),
    (301, Outcome.PERMANENT),
    (302, Outcome.PERMANENT),
    (307, Outcome.PERMANENT),
    (400, Outcome.PERMANENT),
    (401, Outcome.PERMANENT),
    (404, Outcome.PERMANENT),
    (408, Outcome.TEMPORARY),
    (410, Outcome.PERMANENT),
    (413, Outcome.PERMANENT),
    (425, Outcome.TEMPORARY),
    (429, Outcome.TEMPORARY),
    (500, Outcome.TEMPORARY),
    (502, Outcome.TEMPORARY),
    (503, Outcome.TEMPORARY),
    (101, Outcome.UNKNOWN),
    (799, Outcome.UNKNOWN),
]

BODIES = [
    (b"", Outcome.ACCEPTED),
    (b"ok", Outcome.ACCEPTED),
    (b"{", Outcome.ACCEPTED),
    (b"[" * 60_000, Outcome.ACCEPTED),
    (b"\xff\xfe", Outcome.ACCEPTED),
    (b"[1]", Outcome.ACCEPTED),
    (b'{"errcode":0,"errmsg":"ok"}', Outcome.ACCEPTED),
    (b'{"code":0,"msg":"success"}', Outcome.ACCEPTED),
    (b'{"code":"OK"}', Outcome.ACCEPTED),
    (b'{"code":null}', Outcome.ACCEPTED),
    (b'{"code":true}', Outcome.ACCEPTED),
    (b'{"errcode":130101,"errmsg":"send too fast"}', Outcome.TEMPORARY),
    (b'{"errcode":45009,"errmsg":"api freq out of limit"}', Outcome.TEMPORARY),
    (b'{"code":11232,"msg":"frequency limited"}', Outcome.TEMPORARY),
    (b'{"errcode":-1,"errmsg":"system busy"}', Outcome.TEMPORARY),
    (b'{"errcode":310000,"errmsg":"sign not match"}', Outcome.PERMANENT),
    (b'{"errcode":400402,"errmsg":"no such bot"}', Outcome.PERMANENT),
    (b'{"errcode":90030,"errmsg":"refused"}', Outcome.PERMANENT),
    (b'{"code":9499,"msg":"Bad Request"}', Outcome.PERMANENT),
    (b'{"code":"isv.BUSINESS_LIMIT_CONTROL"}', Outcome.PERMANENT),
    (b'{"code":"130101"}', Outcome.TEMPORARY),
    (b'{"errcode":0,"code":9499}', Outcome.PERMANENT),
    (b'{"code":1e400}', Outcome.ACCEPTED),  # not JSON that we read
]

WAITS = [
    ("120", 120.0),
    (" 7 ", 7.0),
    ("0", 0.0),
    ("999999999", RETRY_AFTER_S_MAX),
    ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
    ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
    ("", None),
    ("soon", None),
    ("-5", None),
    ("٣", None),
]


@pytest.mark.parametrize(("status", "outcome"), STATUSES)
def test_a_status_has_one_meaning(status: int, outcome: Outcome) -> None:
    assert judge(status, {}, b"", NOW_NS).outcome is outcome


@pytest.mark.parametrize(("body", "outcome"), BODIES)
def test_the_body_of_a_200_may_still_refuse(body: bytes, outcome: Outcome) -> None:
    assert judge(200, {}, body, NOW_NS).outcome is outcome


@pytest.mark.parametrize(("text", "wait_s"), WAITS)
def test_retry_after_is_read_and_bounded(text: str, wait_s: float | None) -> None:
    assert judge(429, {"retry-after": text}, b"", NOW_NS).retry_after_s == wait_s
    assert judge(503, {"retry-after": text}, b"", NOW_NS).retry_after_s == wait_s


def test_a_refusal_names_the_code_and_what_the_service_said() -> None:
    verdict = judge(200, {}, b'{"errcode":310000,"errmsg":"sign not match"}', NOW_NS)
    assert "310000" in verdict.reason
    assert "sign not match" in verdict.reason


def test_what_a_server_says_reaches_the_reason_without_control_characters() -> None:
    assert "\n" not in judge(500, {}, b"a\nb\x1b[31m", NOW_NS).reason


@given(st.integers(100, 999), st.binary(max_size=200), st.text(max_size=40))
def test_any_answer_gets_a_verdict(status: int, body: bytes, retry_after: str) -> None:
    verdict = judge(status, {"retry-after": retry_after}, body, NOW_NS)
    assert (verdict.outcome is Outcome.ACCEPTED) <= (status // 100 == 2)


@given(st.dictionaries(st.sampled_from(["code", "errcode", "msg"]), st.integers() | st.text()))
def test_only_zero_and_words_of_success_are_taken_for_success(body: dict[str, object]) -> None:
    verdict = judge(200, {}, json.dumps(body).encode(), NOW_NS)
    codes = [body[key] for key in ("code", "errcode") if key in body]
    fine = all(str(code).strip().lower() in {"", "0", "ok", "success"} for code in codes)
    assert (verdict.outcome is Outcome.ACCEPTED) == fine
