"""News first: which stretch of the journal goes to InfluxDB next after it was away.

Three positions that only move forward say what is there: all up to `back`, and all after
`seam` up to `live`. The stretch between `back` and `seam` is the backlog.
"""

from typing import NamedTuple

NEWS_ENTRIES = 500
"""How far the news may fall behind the journal's end before they begin anew near it."""


class Spans(NamedTuple):
    """What of the journal is in InfluxDB; `back <= seam <= live`."""

    back: int
    seam: int
    live: int

    @property
    def backlog(self) -> int:
        """How many entries the backlog holds."""
        return self.seam - self.back

    def missing(self, last: int) -> int:
        """How many entries up to `last` are not there."""
        return self.backlog + last - self.live


def ahead(spans: Spans, last: int) -> Spans:
    """The spans to go on from when the newest entry is `last`.

    A backlog that is used up joins both stretches. News that have fallen too far behind begin
    anew: with a backlog still open, what was sent since its seam is sent once more, which
    changes nothing in InfluxDB and spares us a list of gaps.
    """
    if spans.back >= spans.seam:
        whole = max(spans.back, spans.live)
        spans = Spans(whole, whole, whole)
    if last - spans.live > NEWS_ENTRIES:
        seam = last - NEWS_ENTRIES
        return Spans(spans.back, seam, seam)
    return spans
