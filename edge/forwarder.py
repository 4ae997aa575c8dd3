"""The journal's readings and findings, carried on to InfluxDB.

Positions in the journal move only when the server has stored what is before them. It may be
away for days: nothing piles up but the journal, and what is sent twice changes nothing. When
it is back, news go first and the backlog follows at a bounded pace.
"""

import asyncio
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from edge.backfill import Spans, ahead
from edge.clock import Clock, sleep
from edge.disk_room import when_room
from edge.entry import Entry
from edge.entry_readings import readings_of
from edge.health import Health
from edge.influx import Guarded, Sink
from edge.influx_answer import REMEDIES, SLOW, Answer, Verdict
from edge.journal import (
    INFLUX,
    INFLUX_FINDINGS,
    INFLUX_LIVE,
    INFLUX_SEAM,
    INFLUX_SHADOW,
    DeadLetter,
    Journal,
)
from edge.line_protocol import edge_line, finding_line, reading_line
from edge.outbox import Outbox
from edge.reading import SECOND_NS
from edge.registry import Registry
from edge.shadow_log import shadowed

log = logging.getLogger(__name__)

LINES_A_WRITE = 2_000
SHADOW_MEASUREMENT = "finding_shadow"
"""Apart from `finding`, so that nobody counts among alarms what told nobody."""
LINES_A_TURN = 200
"""Lines made before the event loop may turn to others; one entry's may be more."""
_TIMEOUTS_MAX = 3
_LINES_ALWAYS = 50
"""A server that is too slow for more than these gets half as many, down to them."""
_PAGE = 16
_FINDINGS_A_BATCH = 256
_IDLE_S = 1.0
_REPORT_S = 60.0
_BACKOFF_S_MIN, _BACKOFF_S_MAX = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class Source:
    """What is forwarded: one edge's journal, its findings, and where its devices hang."""

    edge: str
    journal: Journal
    outbox: Outbox
    registry: Registry


class _Batch(NamedTuple):
    lines: list[str]
    end: int


class Forwarder:
    """Walks one journal and feeds one sink, the backlog at most `backfill_per_s` lines a second."""

    def __init__(  # noqa: PLR0913  (its whole surroundings, wired once by the agent)
        self,
        source: Source,
        to: Sink,
        *,
        backfill_per_s: int,
        clock: Clock,
        rng: random.Random,
        health: Health,
    ) -> None:
        self._source = source
        self._journal = source.journal
        self._sink = to
        self._backfill_per_s = backfill_per_s
        self._clock = clock
        self._rng = rng
        self._health = health
        self._backlog_due_ns = self._report_due_ns = clock.monotonic_ns()
        self._told_backlog = False

    def adopt(self, registry: Registry) -> None:
        """Place readings by `registry` from now on."""
        self._source = replace(self._source, registry=registry)

    async def run(self) -> None:
        """Forward for ever."""
        try:
            while True:
                if not await self.forward():
                    await sleep(self._clock, self._rest_s())
        finally:
            await self._sink.aclose()

    async def forward(self) -> bool:
        """Forward one write of what is new, then one of the backlog when its time has come.

        False when neither had anything: then there is time to rest.
        """
        spans = self._spans()
        await self._report(spans)
        moved = await self._forward_findings()
        moved = await self._forward_shadow() or moved
        moved = await self._forward_news(spans) or moved
        moved = await self._forward_backlog(spans) or moved
        self._measure(self._spans())
        return moved

    def _spans(self) -> Spans:
        position = self._journal.position
        spans = ahead(
            Spans(position(INFLUX), position(INFLUX_SEAM), position(INFLUX_LIVE)),
            self._journal.last,
        )
        for cursor, at in zip((INFLUX, INFLUX_SEAM, INFLUX_LIVE), spans, strict=True):
            self._journal.advance(cursor, at)
        return spans

    async def _forward_findings(self) -> bool:
        outbox = self._source.outbox
        owed = outbox.after(self._journal.position(INFLUX_FINDINGS), _FINDINGS_A_BATCH)
        if not owed:
            return False
        await self._deliver([text for o in owed if (text := finding_line(o.finding, o.seq))])
        self._journal.advance(INFLUX_FINDINGS, owed[-1].seq)
        await when_room(self._clock, self._health, outbox.drop_passed)
        return True

    async def _forward_shadow(self) -> bool:
        position = self._journal.position(INFLUX_SHADOW)
        kept = shadowed(self._journal.read, position, _FINDINGS_A_BATCH)
        if not kept:
            return False
        lines = (finding_line(finding, seq, SHADOW_MEASUREMENT) for seq, finding in kept)
        await self._deliver([text for text in lines if text])
        self._journal.advance(INFLUX_SHADOW, kept[-1][0])
        return True

    async def _forward_news(self, spans: Spans) -> bool:
        batch = await self._batch(spans.live, self._journal.last)
        await self._deliver(batch.lines)
        self._journal.advance(INFLUX_LIVE, batch.end)
        return batch.end > spans.live

    async def _forward_backlog(self, spans: Spans) -> bool:
        now_ns = self._clock.monotonic_ns()
        if not spans.backlog or now_ns < self._backlog_due_ns:
            return False
        batch = await self._batch(spans.back, spans.seam)
        await self._deliver(batch.lines)
        self._journal.advance(INFLUX, batch.end)
        self._health.count("influx_points_backfilled", len(batch.lines))
        self._backlog_due_ns = now_ns + len(batch.lines) * SECOND_NS // self._backfill_per_s
        return True

    async def _batch(self, start: int, end: int) -> _Batch:
        """The lines of the entries after `start` that fill a write, and where they end."""
        lines: list[str] = []
        unturned, position = 0, start
        for first in range(start, end, _PAGE):
            for stored in self._journal.replay_from(first, min(_PAGE, end - first)):
                made = list(self._lines(stored.entry))
                lines += made
                position = stored.position
                unturned += len(made)
                if unturned >= LINES_A_TURN:
                    unturned = 0
                    await asyncio.sleep(0)
                if len(lines) >= LINES_A_WRITE:
                    return _Batch(lines, position)
            position = min(first + _PAGE, end)
        return _Batch(lines, position)

    def _lines(self, entry: Entry) -> Iterator[str]:
        registry = self._source.registry
        for reading in readings_of(entry):
            unit = registry.unit_at(reading.device, reading.at_ns)
            text = reading_line(reading, registry.subject(unit)) if unit else None
            if text is None:
                self._health.count("influx_points_skipped")
            else:
                yield text

    async def _report(self, spans: Spans) -> None:
        """Once a minute, and when a backlog begins or ends: the edge's own point."""
        now_ns = self._clock.monotonic_ns()
        has_backlog = spans.backlog > 0
        if now_ns < self._report_due_ns and has_backlog == self._told_backlog:
            return
        self._measure(spans)
        await self._look_whether_open()
        numbers = self._health.snapshot()
        missing = self._missing_ns(spans)
        site, at_ns = self._source.registry.site, self._clock.now_ns()
        line = edge_line(site, self._source.edge, numbers, missing, at_ns)
        await self._deliver([line] if line else [])
        self._told_backlog = has_backlog
        self._report_due_ns = now_ns + int(_REPORT_S * SECOND_NS)

    async def _look_whether_open(self) -> None:
        if not isinstance(self._sink, Guarded):
            return
        is_open, before = await self._sink.is_open(), self._health.gauged("influx_open")
        self._health.gauge("influx_open", float(is_open))
        if is_open and not before:
            log.warning(
                "InfluxDB obeys anybody who reaches it; switch its accounts on and make an"
                " administrator, or let nobody else reach it (docs/influxdb.md)"
            )

    def _missing_ns(self, spans: Spans) -> tuple[int, int]:
        """When the first and the last of the backlog were received; zeros without one."""
        if not spans.backlog:
            return 0, 0
        first_ns = self._received_ns(spans.back)
        return first_ns, max(first_ns, self._received_ns(spans.seam))

    def _received_ns(self, position: int) -> int:
        """When the first reading after `position` was received; now, if none is near."""
        for stored in self._journal.replay_from(position, _PAGE):
            for reading in readings_of(stored.entry):
                return reading.received_ns
        return self._clock.now_ns()

    def _measure(self, spans: Spans) -> None:
        self._health.gauge("influx_lag_entries", spans.missing(self._journal.last))
        self._health.gauge("influx_backlog_entries", spans.backlog)

    def _rest_s(self) -> float:
        if not self._spans().backlog:
            return _IDLE_S
        until_due_s = (self._backlog_due_ns - self._clock.monotonic_ns()) / SECOND_NS
        return min(_IDLE_S, max(0.0, until_due_s))

    async def _deliver(self, lines: Sequence[str]) -> None:
        """Return when every line is stored, or parked as one the server will not have."""
        for first in range(0, len(lines), LINES_A_WRITE):
            await self._deliver_part(lines[first : first + LINES_A_WRITE])

    async def _deliver_part(self, lines: Sequence[str]) -> None:
        answer = await self._write(lines)
        if answer.verdict is Verdict.STORED:
            self._health.count("influx_points_expired", answer.expired)
            self._health.count("influx_points", max(0, len(lines) - answer.expired))
        elif len(lines) == 1:
            await self._park(lines[0], answer)
        else:
            middle = len(lines) // 2
            await self._deliver_part(lines[:middle])
            await self._deliver_part(lines[middle:])

    async def _write(self, lines: Sequence[str]) -> Answer:
        """Write until the server has judged the lines, however long it is away.

        One that is there, and cannot take so many in time, has judged them too large.
        """
        began_ns, failures, slow, told = self._clock.monotonic_ns(), 0, 0, ""
        while True:
            answer = await self._sink.write(lines)
            if answer.verdict is not Verdict.LATER:
                self._health.gauge("influx_blocked_s", 0.0)
                return answer
            failures += 1
            self._health.count("influx_retries", reason=answer.cause)
            slow = slow + 1 if answer.cause == SLOW else 0
            if slow >= _TIMEOUTS_MAX and len(lines) > _LINES_ALWAYS:
                return answer._replace(verdict=Verdict.TOO_LARGE)
            blocked_s = (self._clock.monotonic_ns() - began_ns) / SECOND_NS
            self._health.gauge("influx_blocked_s", blocked_s)
            if answer.cause != told:
                told = answer.cause
                _tell(answer)
            ceiling_s = min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(failures, 6))
            pause_s = max(answer.wait_s, self._rng.uniform(0, ceiling_s))
            await sleep(self._clock, pause_s)

    async def _park(self, line: str, answer: Answer) -> None:
        self._health.count("influx_points_rejected")
        why = f"{answer.cause} {answer.said}".strip()
        letter = DeadLetter(self._clock.now_ns(), "influx_rejected", "", line.encode(), why)
        await when_room(self._clock, self._health, lambda: self._journal.park([letter]))


def _tell(answer: Answer) -> None:
    remedy = REMEDIES.get(answer.cause, "it is tried until it does")
    log.warning("InfluxDB takes nothing (%s %s); %s", answer.cause, answer.said, remedy)
