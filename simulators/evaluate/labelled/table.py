"""The verdicts as people read them: a table and a sentence for each rule, as text or Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from simulators.evaluate.labelled.score import Verdict, Worth

BEGIN, END = "<!-- scenarios: begin -->", "<!-- scenarios: end -->"
_HEAD = (
    "rule", "scenario", "by", "events", "recall", "precision", "median", "p90",
    "alerts a worker-day", "of them false", "from missing data",
)  # fmt: skip
_UNITS = (("d", DAY_NS), ("h", HOUR_NS), ("min", MINUTE_NS), ("s", SECOND_NS))
_FROM = 2


class NoPlaceError(Exception):
    """The file has no place for the table; the message says what to write into it."""


def text(verdicts: Sequence[Verdict]) -> str:
    """A table in columns, and below it what is said of each rule."""
    rows = [_HEAD, *_rows(verdicts)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    said = [f"{each.rule} ({each.scenario}): {_said(each)}" for each in verdicts]
    return "\n".join([*lines, "", *said])


def markdown(verdicts: Sequence[Verdict], command: str) -> str:
    """The same for a page, with the `command` that makes it."""
    head = [f"`{command}` wrote this; alarms are those of 24 h for a worker.", ""]
    rows = [_HEAD, ("---",) * len(_HEAD), *_rows(verdicts, code="`")]
    table = [f"| {' | '.join(row)} |" for row in rows]
    said = [f"- `{each.rule}` ({each.scenario}): {_said(each)}" for each in verdicts]
    return "\n".join([*head, *table, "", *said])


def put(path: Path, written: str) -> None:
    """The file at `path` has `written` between its two marks, in place of what was there.

    Raises:
        NoPlaceError: it has not both marks.
        OSError: it cannot be read or written.
    """
    page = path.read_text("utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoPlaceError(f"{path}: write {BEGIN} and {END} where the table shall stand")
    path.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}", "utf-8")


def duration(seconds: float | None) -> str:
    """`seconds` in the largest unit of which there are two; a dash where there is no number."""
    if seconds is None:
        return "-"
    for unit, unit_ns in _UNITS:
        number = seconds * SECOND_NS / unit_ns
        if number >= _FROM or unit_ns == SECOND_NS:
            return f"{number:.3g} {unit}"
    return "-"


def _rows(verdicts: Iterable[Verdict], code: str = "") -> Iterator[tuple[str, ...]]:
    for each in verdicts:
        yield (f"{code}{each.rule}{code}", each.scenario, "edge", *_cells(each.edge))
        yield ("", "", "field", *_cells(each.naive))
        for name, worth in each.comparators.items():
            yield ("", "", name, *_cells(worth))


def _cells(worth: Worth | str) -> tuple[str, ...]:
    if isinstance(worth, str):
        return (worth, *[""] * (len(_HEAD) - 4))
    return (
        str(worth.events),
        _number(worth.recall),
        _number(worth.precision),
        duration(worth.delay_median_s),
        duration(worth.delay_p90_s),
        _number(worth.alerts_per_worker_day),
        _number(worth.false_per_worker_day),
        str(worth.alarms_from_missing_data),
    )


def _number(number: float | None) -> str:
    return "-" if number is None else f"{number:g}"


def _said(each: Verdict) -> str:
    beats = "beats the field's rule" if each.beats_naive else "does not beat the field's rule"
    return f"{beats} ({each.naive_says}): {each.in_words}."
