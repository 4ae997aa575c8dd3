"""What a server's answer to a write means for the lines of that write.

Nothing is given up unless the server says that the line itself is at fault. A password, a
database or a proxy that is wrong shows as a write that is tried for ever.
"""

import re
from enum import Enum, auto
from typing import NamedTuple


class Verdict(Enum):
    """What becomes of the lines."""

    STORED = auto()
    REFUSED = auto()  # some line is bad; the good ones of the write may be in
    TOO_LARGE = auto()  # less at a time
    LATER = auto()  # nothing wrong with the lines; try them again


class Answer(NamedTuple):
    """A verdict, its cause in a word for counters, and what the server said.

    `wait_s` is how long the server wants to be left alone; `expired` is how many lines it
    dropped because they are older than what it keeps.
    """

    verdict: Verdict
    cause: str
    said: str = ""
    wait_s: float = 0.0
    expired: int = 0


SLOW = "slow"
"""The cause of an answer that did not come in time."""
_WAIT_S_MAX = 300.0
SAID_MAX = 300
_OK = 200
_VERDICTS = {_OK: Verdict.STORED, 204: Verdict.STORED, 413: Verdict.TOO_LARGE}
# 201: partly stored. 500: what early 2.x gives for a partial write.
_MAY_NAME_A_LINE = frozenset({201, 400, 422, 500})
_LINE_FAULT = re.compile(
    r"partial write|unable to parse|field type conflict|parsing failed|line protocol", re.IGNORECASE
)
# Said by 1.x and 2.x only when every other line of the write has been stored.
_EXPIRED = re.compile(r"points beyond retention policy dropped=(\d+)")
# A limit of the server's own: a line refused for it is good, and fits once the limit is raised.
_LIMIT = re.compile(r"limit exceeded|max-series|max-values", re.IGNORECASE)

REMEDIES = {
    "400": "see what it says",
    "401": "check username and secret",
    "403": "give this user or token the right to write there",
    SLOW: "it is sent less at a time, and tried until it does",
    "page": "something between answers in its place, such as a login page of the network",
    "404": "create the database or bucket, and check the path in url",
}
"""What a person can do about a cause that does not pass by itself."""


def judge(status: int, said: str, retry_after: str = "") -> Answer:
    """The meaning of an HTTP answer: its status, its body, its Retry-After.

    Who has stored a write has nothing more to say: a 200 with a page is not InfluxDB's.
    """
    said = said[:SAID_MAX]
    if status == _OK and said:
        return Answer(Verdict.LATER, "page", said)
    if status in _MAY_NAME_A_LINE and not _LIMIT.search(said):
        if expired := _EXPIRED.search(said):
            return Answer(Verdict.STORED, str(status), said, expired=int(expired[1]))
        if status == 201 or _LINE_FAULT.search(said):  # noqa: PLR2004  (HTTP's own number)
            return Answer(Verdict.REFUSED, str(status), said)
    verdict = _VERDICTS.get(status, Verdict.LATER)
    return Answer(verdict, str(status), said, wait_s=_seconds(retry_after))


def _seconds(retry_after: str) -> float:
    """Seconds to wait, at most five minutes; a date, or nonsense, asks for nothing."""
    text = retry_after.strip()
    return min(float(text), _WAIT_S_MAX) if re.fullmatch(r"\d{1,9}", text) else 0.0
