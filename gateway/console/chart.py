"""The water curve as SVG, drawn on the server: one bar an hour.

Three things are never confused: a bar is measured use, a dash on the line is a measured
zero, and a hatched field is not known. Colours are classes of the style sheet, since the
content policy allows no inline style.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from math import ceil

from markupsafe import Markup, escape

from edge.history import Span
from edge.reading import HOUR_NS
from gateway.api.curve import Curve, Gap, Hour, Known
from gateway.console.phrase import litres, local, moment
from gateway.console.texts import Lang, say

_STEPS_L = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_DAY_H = 24
_EVERY_H = (1, 2, 3, 6, 12, _DAY_H)
_LABEL_PX = 62
_WORD_PX = 46
_ZERO_PX = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """The drawing's size in pixels, and the margins around the plot."""

    width: int
    height: int
    left: int = 46
    top: int = 28
    bottom: int = 30

    @property
    def base(self) -> int:
        """Where the line of zero runs."""
        return self.height - self.bottom


WIDE = Frame(820, 280)
NARROW = Frame(340, 230, left=38)


@dataclass(frozen=True, slots=True)
class Row:
    """One hour of the table beside the drawing."""

    hour: str
    volume: str
    unknown: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve in every form the page shows; `episode` is the alert's period, if any."""

    wide: Markup
    narrow: Markup
    gaps: tuple[str, ...]
    on_the_way: tuple[str, ...]
    rows: tuple[Row, ...]
    episode: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is drawn, for whom, and when: `now_ns` only shapes the words for days."""

    curve: Curve
    lang: Lang
    zone: tzinfo
    now_ns: int
    place: str
    episode: tuple[int, int] | None = None

    def when(self, at_ns: int) -> str:
        """A time in this sketch's words."""
        return moment(self.lang, at_ns, self.now_ns, self.zone)

    def say(self, key: str, **values: object) -> str:
        """A text in this sketch's language."""
        return say(self.lang, key, **values)


def drawing(sketch: Sketch) -> Drawing:
    """The curve for wide and narrow screens, its gaps in words and its hours as rows."""
    return Drawing(
        wide=svg(sketch, WIDE, "wide"),
        narrow=svg(sketch, NARROW, "narrow"),
        gaps=tuple(_gap(sketch, gap) for gap in sketch.curve.gaps if _is_past(sketch, gap)),
        on_the_way=tuple(_late(sketch, late) for late in _late_spans(sketch)),
        rows=tuple(_row(sketch, hour) for hour in reversed(sketch.curve.hours)),
        episode=sketch.episode if _shows_episode(sketch) else None,
    )


def svg(sketch: Sketch, frame: Frame, name: str) -> Markup:
    """The drawing in one frame; `name` keeps its ids apart from another's on the page."""
    ceiling_l = _ceiling_l(sketch.curve.hours)
    plot = _Plot(sketch, frame, ceiling_l, name)
    title, desc = _words(sketch)
    head = Markup(
        '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{title}</title><desc id="{n}-desc">{desc}</desc>'
        '<defs><pattern id="{n}-hatch" width="8" height="8" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="plot-hatch" d="M0 0V8"/></pattern></defs>'
    ).format(w=frame.width, h=frame.height, n=name, title=title, desc=desc)
    return head + Markup("").join(plot.parts()) + Markup("</svg>")


class _Plot:
    """The parts of one drawing, from back to front."""

    def __init__(self, sketch: Sketch, frame: Frame, ceiling_l: float, name: str) -> None:
        self._sketch = sketch
        self._curve = sketch.curve
        self._frame = frame
        self._ceiling_l = ceiling_l
        self._name = name

    def parts(self) -> Iterator[Markup]:
        yield from self._gaps()
        yield from self._on_the_way()
        yield from self._episode()
        yield from self._scale()
        yield from self._hours()
        yield from self._time_axis()
        yield from self._until()
        yield from self._gap_words()

    def _x(self, at_ns: int) -> float:
        share = (at_ns - self._curve.start_ns) / (self._curve.end_ns - self._curve.start_ns)
        return self._frame.left + share * (self._frame.width - self._frame.left - 6)

    def _y(self, volume_l: float) -> float:
        high = self._frame.base - self._frame.top
        return self._frame.base - high * min(1.0, volume_l / self._ceiling_l)

    def _field(self, css: str, start_ns: int, end_ns: int, *, fill: str = "") -> Markup:
        x, end = self._x(start_ns), self._x(end_ns)
        paint = Markup(' fill="{}"').format(fill) if fill else Markup("")
        return Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"{}/>').format(
            css, x, self._frame.top, end - x, self._frame.base - self._frame.top, paint
        )

    def _gaps(self) -> Iterator[Markup]:
        for gap in self._curve.gaps:
            yield self._field("plot-fog", gap.start_ns, gap.end_ns)
            yield self._field("", gap.start_ns, gap.end_ns, fill=f"url(#{self._name}-hatch)")

    def _on_the_way(self) -> Iterator[Markup]:
        for late in _late_spans(self._sketch):
            yield self._field("plot-late", late.first_ns, late.last_ns)

    def _episode(self) -> Iterator[Markup]:
        if self._sketch.episode is None:
            return
        start_ns = max(self._sketch.episode[0], self._curve.start_ns)
        end_ns = min(self._sketch.episode[1], self._curve.end_ns)
        if start_ns < end_ns:
            yield self._field("plot-episode", start_ns, end_ns)

    def _scale(self) -> Iterator[Markup]:
        right = self._frame.width - 6
        for volume_l in (self._ceiling_l, self._ceiling_l / 2, 0.0):
            y = self._y(volume_l)
            css = "plot-line" if volume_l else "plot-base"
            yield _line(css, (self._frame.left, y), (right, y))
            yield _text("plot-text", (self._frame.left - 6, y + 5), f"{volume_l:g}", "end")
        yield _text("plot-text", (2, self._frame.top - 12), self._sketch.say("chart.unit"))

    def _hours(self) -> Iterator[Markup]:
        for hour in self._curve.hours:
            if hour.volume_l is None:
                continue
            x, end = self._x(hour.start_ns), self._x(hour.start_ns + HOUR_NS)
            inset = min(1.5, (end - x) * 0.15)
            y = self._y(hour.volume_l)
            css = "plot-partial" if hour.known is Known.PARTIAL else "plot-bar"
            if self._frame.base - y < _ZERO_PX:
                css, y = "plot-zero", self._frame.base - _ZERO_PX
            yield Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
            ).format(css, x + inset, y, end - x - 2 * inset, self._frame.base - y)

    def _time_axis(self) -> Iterator[Markup]:
        labelled = _labels(self._curve.hours, self._frame, self._sketch.zone)
        for hour in self._curve.hours:
            x, at = self._x(hour.start_ns), local(hour.start_ns, self._sketch.zone)
            if at.hour == 0:
                yield _line("plot-day", (x, self._frame.top), (x, self._frame.base))
            if hour.start_ns in labelled and x < self._frame.width - _WORD_PX // 2:
                word = labelled[hour.start_ns]
                yield _text("plot-text", (x, self._frame.base + 20), word, "middle")

    def _until(self) -> Iterator[Markup]:
        until_ns = self._curve.complete_until_ns
        if until_ns is None or not self._curve.start_ns < until_ns <= self._curve.end_ns:
            return
        x = self._x(until_ns)
        yield _line("plot-until", (x, self._frame.top - 6), (x, self._frame.base))
        words = self._sketch.say("chart.until", time=self._sketch.when(until_ns))
        yield _text(
            "plot-text", (min(x + 3, self._frame.width - 4), self._frame.top - 12), words, "end"
        )

    def _gap_words(self) -> Iterator[Markup]:
        late = _late_spans(self._sketch)
        for gap in self._curve.gaps:
            waits = any(s.first_ns < gap.end_ns and s.last_ns > gap.start_ns for s in late)
            word = self._sketch.say("chart.on_the_way" if waits else "use.unknown")
            x, end = self._x(gap.start_ns), self._x(gap.end_ns)
            if end - x >= _WORD_PX + 20 * (self._sketch.lang is Lang.EN) + 50 * waits:
                middle = (self._frame.top + self._frame.base) / 2
                yield _text("plot-word plot-halo", ((x + end) / 2, middle), word, "middle")


def _labels(hours: tuple[Hour, ...], frame: Frame, zone: tzinfo) -> dict[int, str]:
    """Words for some of the hours: clock times, and dates at midnight of a longer curve."""
    hour_px = (frame.width - frame.left) / len(hours)
    every = next((count for count in _EVERY_H if count * hour_px >= _LABEL_PX), _DAY_H)
    days = max(1, ceil(_LABEL_PX / (hour_px * _DAY_H)))
    labels, midnights = {}, 0
    for hour in hours:
        at = local(hour.start_ns, zone)
        midnights += at.hour == 0
        if at.hour % every or (every == _DAY_H and (midnights - 1) % days):
            continue
        dated = at.hour == 0 and len(hours) > _DAY_H + 1
        labels[hour.start_ns] = f"{at.month}/{at.day}" if dated else f"{at:%H:%M}"
    return labels


def _words(sketch: Sketch) -> tuple[str, str]:
    curve = sketch.curve
    known_l = sum(hour.volume_l for hour in curve.hours if hour.volume_l is not None)
    unknown = sum(hour.known is Known.UNKNOWN for hour in curve.hours)
    desc = sketch.say(
        "chart.desc",
        start=sketch.when(curve.start_ns),
        end=sketch.when(curve.end_ns),
        litres=litres(known_l),
        unknown=unknown,
    )
    return sketch.say("chart.title", place=sketch.place), desc


def _is_past(sketch: Sketch, gap: Gap) -> bool:
    # The hour that has only just begun is no gap in the data yet.
    return gap.end_ns <= sketch.now_ns + HOUR_NS and gap.start_ns < sketch.now_ns - HOUR_NS


def _late_spans(sketch: Sketch) -> list[Span]:
    """What an edge holds and the history lacks, within the curve; an instant is an hour wide."""
    start_ns, end_ns = sketch.curve.start_ns, min(sketch.curve.end_ns, sketch.now_ns)
    spans = [
        Span(max(late.first_ns // HOUR_NS * HOUR_NS, start_ns), min(late.last_ns, end_ns))
        for late in sketch.curve.on_the_way
    ]
    return [late for late in spans if late.first_ns < late.last_ns]


def _late(sketch: Sketch, late: Span) -> str:
    start, end = sketch.when(late.first_ns), sketch.when(late.last_ns)
    return sketch.say("chart.late", start=start, end=end)


def _shows_episode(sketch: Sketch) -> bool:
    return sketch.episode is not None and (
        sketch.episode[0] < sketch.curve.end_ns and sketch.episode[1] > sketch.curve.start_ns
    )


def _gap(sketch: Sketch, gap: Gap) -> str:
    start, end = sketch.when(gap.start_ns), sketch.when(min(gap.end_ns, sketch.now_ns))
    if gap.volume_l is None:
        return sketch.say("chart.gap", start=start, end=end)
    return sketch.say("chart.gap_total", start=start, end=end, litres=litres(gap.volume_l))


def _row(sketch: Sketch, hour: Hour) -> Row:
    when = sketch.when(hour.start_ns)
    if hour.volume_l is None:
        return Row(when, sketch.say("use.unknown"), unknown=True)
    volume = litres(hour.volume_l)
    if hour.known is Known.PARTIAL:
        volume = sketch.say("chart.at_least", litres=volume)
    return Row(when, volume, unknown=False)


def _ceiling_l(hours: tuple[Hour, ...]) -> float:
    highest_l = max((hour.volume_l or 0.0 for hour in hours), default=0.0)
    return next((step for step in _STEPS_L if step >= highest_l), highest_l)


def _line(css: str, start: tuple[float, float], end: tuple[float, float]) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        css, *start, *end
    )


def _text(css: str, at: tuple[float, float], words: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        css, *at, anchor, escape(words)
    )
