"""A name is data in a query, and a line is one line, whatever is in them."""

import re
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from edge.influx_query import flux_text, influxql_text, readings_flux, readings_influxql
from edge.line_protocol import line
from tests.servers.influx_v2 import parsed, unescaped

PRINTABLE = st.text().filter(str.isprintable)
HOSTILE = st.text("'\"\\${}()=,; -or|>~#/*x24nt\u00e9水", max_size=30)
NAMES = PRINTABLE | HOSTILE.filter(str.isprintable)


def _influxql(text: str) -> tuple[str, str]:
    """What InfluxQL's scanner reads as the literal at the start of `text`, and the rest."""
    assert text[0] == "'"
    read, i = "", 1
    while text[i] != "'":
        if text[i] == "\\":
            i += 1
            assert text[i] in "\\'\"n"
        read += text[i]
        i += 1
    return read, text[i + 1 :]


@given(NAMES)
def test_an_influxql_literal_is_its_text_and_nothing_else(name: str) -> None:
    assert _influxql(influxql_text(name)) == (name, "")


@given(NAMES)
def test_a_flux_literal_is_its_text_and_nothing_else(name: str) -> None:
    literal = flux_text(name)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', literal)
    assert unescaped(literal[1:-1]) == name


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_question_has_as_many_names_as_were_asked_for(names: list[str]) -> None:
    asked = readings_influxql(names, 0, 1, 1)
    rest = asked.partition("WHERE (")[2]
    read = []
    for _ in names:
        assert rest.startswith('"device" = ')
        name, rest = _influxql(rest.removeprefix('"device" = '))
        read.append(name)
        rest = rest.removeprefix(" OR ")
    assert read == names
    assert rest.startswith(") AND time >= 0 ")
    flux = readings_flux("b", names, (0, 1), 1)
    assert len(flux.splitlines()) == 7


@given(NAMES, NAMES, st.floats(allow_nan=True), st.integers(-(2**62), 2**62))
def test_a_line_reads_back_as_what_was_written(
    tag: str, text: str, number: float, whole: int
) -> None:
    written = line("m", {"t": tag}, {"text": text, "number": number}, {"whole": whole}, 7)
    if written is None:
        assert not isfinite(number) or not tag or tag.endswith("\\")
        return
    assert len(written.splitlines()) == 1
    if "\\" not in tag:
        assert parsed(written) == (
            ("m", (("t", tag),), 7), {"text": text, "number": number, "whole": whole},
        )  # fmt: skip
