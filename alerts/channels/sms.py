"""Text messages through gammu-smsd, spoken to by its SQLite tables alone.

The daemon sends at least once: a crash between the network's answer and its own note makes
it send the same text again, which is why every text carries its code. What we put into its
queue is exactly once.
"""

import re
from pathlib import Path

from pydantic import Field

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Unavailable, Verdict
from alerts.channels.catalog import ChannelSettings, Kind
from alerts.channels.smsd_queue import Report, SmsdQueue, Text
from edge.reading import HOUR_NS, SECOND_NS
from edge.settings import DurationS

UNITS_MAX = 70
"""UTF-16 code units in one message of UCS-2 (3GPP TS 23.040: 140 octets)."""

PRUNE_EVERY_NS = HOUR_NS

NUMBER = re.compile(r"\+?[0-9]{3,20}")
_CHINESE_PREFIX = re.compile(r"(?:\+|00)86(?=\d)|86(?=1\d{10}\Z)")

_STATUSES = {
    "SendingOK": (Outcome.ACCEPTED, "taken by the network"),
    "SendingOKNoReport": (Outcome.ACCEPTED, "taken by the network, no report will come"),
    "DeliveryPending": (Outcome.ACCEPTED, "the network is still trying"),
    "DeliveryUnknown": (Outcome.ACCEPTED, "the network does not know whether it was delivered"),
    "DeliveryOK": (Outcome.DELIVERED, ""),
    "DeliveryFailed": (Outcome.PERMANENT, "the network could not deliver it"),
    "SendingError": (Outcome.TEMPORARY, "the network refused it"),
    "Error": (Outcome.TEMPORARY, "the daemon could not send it"),
}
_AGAIN = frozenset(word for word, (known, _) in _STATUSES.items() if known is Outcome.TEMPORARY)

# Causes that no retry mends (3GPP TS 24.011 table E-1; numbers as in TS 27.005 +CMS ERROR).
_PERMANENT_CAUSES = {
    1: "unassigned number",
    8: "operator determined barring",
    10: "call barred",
    21: "transfer rejected",
    28: "unidentified subscriber",
    29: "facility rejected",
    30: "unknown subscriber",
    50: "facility not subscribed",
}


class SmsSettings(ChannelSettings):
    """Which gammu-smsd to use.

    `database` is its SQLite file. A daemon that has not touched its `phones` table for
    `silent_after` counts as dead. `lock_wait` is the longest that one call may wait for the
    daemon's lock; the event loop waits with it. Settled messages are removed after `keep`.
    """

    database: Path
    silent_after: DurationS = Field(default=180.0, gt=0)
    lock_wait: DurationS = Field(default=0.2, ge=0, le=2)
    keep: DurationS = Field(default=90 * 86_400.0, gt=0)


class SmsChannel:
    """One gammu-smsd and every phone that it serves."""

    name = "sms"

    def __init__(self, settings: SmsSettings) -> None:
        self._queue = SmsdQueue(settings.database, settings.lock_wait)
        self._silent_after_ns = int(settings.silent_after * SECOND_NS)
        self._keep_ns = int(settings.keep * SECOND_NS)
        self._sign = ""
        self._sign_ns = 0
        self._polled_ns = 0
        self._prune_ns = 0
        self._first_ns: dict[str, int] = {}  # when the news of the last poll were first seen

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Queue the text once; ACCEPTED says that the daemon's queue has it on disk.

        What the network makes of it comes later, as receipts. A text that the network
        refused for now is queued anew when it is sent again.
        """
        units = len(out.text.encode("utf-16-le", "surrogatepass")) // 2
        if not 0 < units <= UNITS_MAX:
            reason = f"a text of {units} UTF-16 units is not one SMS of 1 to {UNITS_MAX}"
            return Verdict(Outcome.PERMANENT, reason)
        if not NUMBER.fullmatch(out.address):
            return Verdict(Outcome.PERMANENT, "not a phone number: write digits only")
        try:
            return self._inject(out, now_ns)
        except Unavailable as missing:
            return Verdict(Outcome.TEMPORARY, str(missing))

    async def poll(self, now_ns: int) -> list[Receipt | Inbound]:
        """News of the daemon not yet settled; at most two pages of 100.

        Raises:
            Unavailable: its database is missing or locked.
        """
        self._look(now_ns)
        reports, texts = self._queue.reports(), self._queue.texts()
        self._polled_ns = now_ns
        self._first_ns = {
            key: self._first_ns.get(key, now_ns)
            for key in (*map(_report_key, reports), *map(_text_key, texts))
        }
        return [*map(self._receipt, reports), *map(self._inbound, texts)]

    async def done(self, keys: list[str]) -> None:
        """Settle news by their keys; once an hour, remove a page of what was settled long ago.

        Raises:
            Unavailable: the database is missing or locked; nothing was settled.
        """
        named = [key.split("/", 2) for key in keys]
        reports = [(int(item), status) for kind, item, status in named if kind == "report"]
        texts = [int(item) for kind, item, _ in named if kind == "text"]
        if keys:
            self._queue.settle(reports, texts, self._polled_ns)
        if self._polled_ns >= self._prune_ns:
            self._queue.prune(self._polled_ns - self._keep_ns)
            self._prune_ns = self._polled_ns + PRUNE_EVERY_NS

    def alive(self, now_ns: int) -> bool:
        """Whether the daemon has refreshed its phones within `silent_after`.

        Judged by change from look to look, so the daemon's clock and time zone do not
        matter; a daemon found for the first time is given `silent_after` to show itself.
        """
        try:
            self._look(now_ns)
        except Unavailable:
            return False
        return bool(self._sign) and now_ns - self._sign_ns <= self._silent_after_ns

    async def aclose(self) -> None:
        """Nothing is held between calls."""

    def _inject(self, out: Outgoing, now_ns: int) -> Verdict:
        if not self.alive(now_ns):
            self._look(now_ns)  # names a missing or locked database
            reason = "gammu-smsd shows no sign of life; start it and check the modem"
            return Verdict(Outcome.TEMPORARY, reason)
        known = self._queue.inject(
            out.idempotency_id, out.address, out.text, again=_AGAIN, now_ns=now_ns
        )
        if known is None:
            return Verdict(Outcome.ACCEPTED, "in the queue of gammu-smsd")
        outcome, reason = _meaning(known.status, known.cause)
        return Verdict(outcome, reason, provider_id=str(known.item))

    def _receipt(self, report: Report) -> Receipt:
        outcome, reason = _meaning(report.status, report.cause)
        key = _report_key(report)
        return Receipt(report.idempotency_id, outcome, reason, self._first_ns[key], key)

    def _inbound(self, text: Text) -> Inbound:
        key = _text_key(text)
        return Inbound(key, national(text.number), text.text, self._first_ns[key])

    def _look(self, now_ns: int) -> None:
        sign = self._queue.sign_of_life()
        if sign != self._sign:
            self._sign, self._sign_ns = sign, now_ns


def national(number: str) -> str:
    """`number` as written inside China, without +86; foreign numbers keep their prefix."""
    bare = re.sub(r"[\s()-]", "", number)
    return _CHINESE_PREFIX.sub("", bare, count=1) if _CHINESE_PREFIX.match(bare) else bare


def _report_key(report: Report) -> str:
    return f"report/{report.item}/{report.status}"


def _text_key(text: Text) -> str:
    # With the time, since a database made anew counts from 1 again.
    return f"text/{text.item}/{text.received}"


def _meaning(status: str, cause: int) -> tuple[Outcome, str]:
    outcome, meaning = _STATUSES.get(status, (Outcome.UNKNOWN, "a word that we do not know"))
    if outcome is not Outcome.TEMPORARY:
        return outcome, f"{status}: {meaning}" if meaning else status
    if cause in _PERMANENT_CAUSES:
        return Outcome.PERMANENT, f"{status}: CMS {cause}, {_PERMANENT_CAUSES[cause]}"
    return outcome, f"{status}: {meaning}" + (f", CMS {cause}" if cause >= 0 else "")


KIND = Kind(
    name="sms",
    zh="短信",
    en="SMS",
    settings=SmsSettings,
    make=SmsChannel,
    address=NUMBER,
    hint="a phone number in digits",
    short=True,
)
