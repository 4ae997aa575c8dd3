"""What is logged of what came from outside stays within its own record."""

import io
import logging

import pytest

from edge.log_record import RecordFormat


def logged(said: str, *, trace: bool = False) -> str:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(RecordFormat("%(levelname)s %(name)s: %(message)s"))
    fault = ValueError(said)
    text = "broke" if trace else f"refused {said}"
    error = (ValueError, fault, fault.__traceback__) if trace else None
    level = logging.ERROR if trace else logging.WARNING
    handler.emit(logging.LogRecord("edge.test", level, __file__, 1, text, None, error))
    return written.getvalue()


HOSTILE = [
    "a\nERROR gateway: all is well",
    "a\r\nERROR gateway: all is well",
    "a\rERROR gateway: all is well",
    "a\x1b[2J\x1b[31m",
    "a\u2028ERROR gateway: all is well",
    "a\x85ERROR gateway: all is well",
    "a\x0b\x0cERROR gateway: all is well",
    '{"level":"ERROR"}\n{"level":"INFO"}',
    "\u202eabc\u2066",
    "\0\x7f\x9b31m",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("trace", [False, True])
def test_a_name_forges_no_record_and_moves_no_cursor(text: str, trace: bool) -> None:
    said = logged(text, trace=trace)
    assert [line for line in said.splitlines() if not line.startswith("    ")] == [
        said.splitlines()[0]
    ]
    assert said.startswith("ERROR edge.test: " if trace else "WARNING edge.test: ")
    assert all(char.isprintable() for char in said.replace("\n", ""))


def test_plain_words_of_any_language_stay_as_they_are() -> None:
    assert logged("3栋2单元301 — café") == "WARNING edge.test: refused 3栋2单元301 — café\n"
