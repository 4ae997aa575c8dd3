"""A batch of deliveries before its commit: what is for the log, what is refused, what is counted.

Most deliveries are plain and cost one question to the gate; whatever is odd about another is
said by `Gate.admissions`. Nothing is remembered of a batch but how much of it the flood let
through, and that until the next one only: a commit that fails is tried again.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from edge.admitted import Admission
from edge.batch_names import BatchNames
from edge.entry import AdapterStatus, Admitted, Entry, Message
from edge.flood import Flood, Verdict
from edge.health import Health
from edge.journal import DeadLetter
from edge.pipeline import Pipeline
from edge.redaction import redacted
from edge.seen import Seen
from edge.session import Delivery
from edge.wire import Reason

_PASS: Final = Verdict.PASS


class Taken(NamedTuple):
    """What became of deliveries: messages for the log, dead letters, and copies known before.

    `entries` are the messages, and what adapters said between them, as they are logged.
    """

    messages: list[Message]
    letters: list[DeadLetter]
    copies: int
    entries: list[Entry]


class _Batch:
    """What is known of a batch so far."""

    __slots__ = ("counts", "letters", "names", "said", "statuses")

    def __init__(self, number: int) -> None:
        self.names = BatchNames(number)
        self.said = self.names.said
        self.statuses = 0
        self.letters: list[DeadLetter] = []
        self.counts = Counter[str]()


class Admitting:
    """Asks the flood and the gate about deliveries, and counts what they say."""

    def __init__(self, pipeline: Pipeline, flood: Flood, seen: Seen, health: Health) -> None:
        self._pipeline = pipeline
        self._flood = flood
        self._seen = seen
        self._health = health
        self._batches = 0

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        """What there is to commit of `deliveries`; settle the flood once it is committed."""
        self._batches += 1
        batch, gate, flood = _Batch(self._batches), self._pipeline.gate, self._flood
        said, names = batch.said, batch.names
        flood.begin()
        for delivery in deliveries:
            topic, payload, retain, received_ns, _, _ = delivery
            if retain:
                self._stand(batch, delivery)
                continue
            verdict = flood.judge(topic, received_ns)
            if verdict is not _PASS:
                _flooded(batch, delivery, verdict)
                continue
            message = gate.plain(topic, payload, received_ns, names)
            if message is not None:
                said.append(message)
                continue
            for admission in gate.admissions(topic, payload, received_ns, batch=names):
                self._note(batch, delivery, admission)
        batch.counts["messages_received"] = len(deliveries)
        self._count(batch)
        messages = [each for each in said if isinstance(each, Message)]
        copies = batch.counts["duplicates_dropped"]
        return Taken(messages, batch.letters, copies, _logged(said, messages))

    def _stand(self, batch: _Batch, delivery: Delivery) -> None:
        """Of what was retained, only what adapters say of themselves counts."""
        topic, payload, _, received_ns, _, _ = delivery
        standing = self._pipeline.gate.standing(topic, payload, received_ns)
        batch.counts["retained_ignored"] += int(not standing)
        for admission in standing:
            self._note(batch, delivery, admission)

    def _note(self, batch: _Batch, delivery: Delivery, admission: Admission) -> None:
        batch.counts["duplicates_dropped"] += admission.duplicates
        batch.counts.update(admission.clocks)
        if admission.status is not None:
            batch.said.append(admission.status)
            batch.statuses += 1
        if admission.message is not None:
            batch.said.append(admission.message)
        if admission.rejections:
            batch.letters += self._refused(admission, delivery)

    def _refused(self, admission: Admission, delivery: Delivery) -> list[DeadLetter]:
        """The dead letters of one delivery; whoever is not registered has knocked."""
        topic, payload, _, received_ns, _, _ = delivery
        for why in admission.rejections:
            if why.stranger:
                self._seen.knock(why.stranger, received_ns)
        kept = redacted(topic, payload)
        return [
            DeadLetter(received_ns, why.reason, topic, kept, why.detail)
            for why in admission.rejections
        ]

    def _count(self, batch: _Batch) -> None:
        batch.counts["adapter_statuses"] = batch.statuses
        refused = Counter(letter.reason for letter in batch.letters)
        refused[Reason.FLOOD] = batch.counts["flood_refused"]
        for reason, amount in (+refused).items():
            self._health.count("rejected", amount, reason=reason)
        for name, amount in batch.counts.items():
            self._health.count(name, amount)


def _flooded(batch: _Batch, delivery: Delivery, verdict: Verdict) -> None:
    """A dead letter in a minute stands for all that were refused unread."""
    batch.counts["flood_refused"] += 1
    if verdict is Verdict.SAMPLE:
        topic, payload, _, received_ns, _, _ = delivery
        detail = "one of many that its device sent at once; the others are counted only"
        kept = redacted(topic, payload)
        batch.letters.append(DeadLetter(received_ns, Reason.FLOOD, topic, kept, detail))


def _logged(said: Sequence[Message | AdapterStatus], messages: list[Message]) -> list[Entry]:
    """The entries of what was said, in its order: messages between two statuses are one."""
    if messages and len(messages) == len(said):
        return [Admitted(tuple(messages))]
    entries: list[Entry] = []
    for is_message, group in groupby(said, key=lambda each: isinstance(each, Message)):
        if is_message:
            entries.append(Admitted(tuple(each for each in group if isinstance(each, Message))))
        else:
            entries += [each for each in group if isinstance(each, AdapterStatus)]
    return entries
