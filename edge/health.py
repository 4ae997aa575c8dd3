"""What the edge counts and measures of itself.

Every limit in the edge has a counter here that moves when the limit acts. `METRICS` names
them all with their meaning; counting a name that is not listed is our own mistake.
"""

from enum import Enum, auto

from pydantic import Field

from edge.settings import Settings


class Nature(Enum):
    """Whether a metric only grows or is read off."""

    COUNTER = auto()
    GAUGE = auto()


_C, _G = Nature.COUNTER, Nature.GAUGE

METRICS: dict[str, tuple[Nature, str]] = {
    "messages_received": (_C, "Messages taken from the broker, or pushed by HTTP"),
    "readings_admitted": (_C, "Readings committed to the journal"),
    "pushes_received": (_C, "HTTP pushes that were begun"),
    "pushes_refused": (_C, "HTTP pushes and connections refused, by reason"),
    "retained_ignored": (_C, "Retained observations: old news of unknown age, not admitted"),
    "adapter_statuses": (_C, "Words of adapters about themselves, the retained ones included"),
    "duplicates_dropped": (_C, "Messages that had been admitted before"),
    "rejected": (_C, "Messages or records refused, by reason; kept as dead letters"),
    "unasked_dropped": (
        _C,
        "Counts of people and levels of noise dropped, for no terms ask for them, by channel",
    ),
    "clock_corrected": (_C, "Messages placed by what was learned of their device's clock"),
    "clock_doubted": (
        _C,
        "Messages placed at their receipt, suspect: clock wrong, by how much unknown",
    ),
    "flood_refused": (_C, "Messages refused unread, for their device sends far too many"),
    "findings_made": (_C, "Findings made, by rule"),
    "findings_shadowed": (_C, "Findings of rules in the shadow, made and told nobody, by rule"),
    "shadow_findings_shed": (_C, "Findings of rules in the shadow overwritten by newer ones"),
    "rules_retuned": (_C, "Times that what outcomes made of rules faded or was put back"),
    "rules_changed": (_C, "Changes of which rules speak to people"),
    "rule_acts_refused": (_C, "Looks at a file of acts on rules that could not be used"),
    "rules_broken": (_C, "Times a rule broke on a subject, which it then does not watch"),
    "findings_published": (_C, "Findings the broker confirmed"),
    "findings_resent": (_C, "Findings published again for want of the gateway's ack"),
    "acks_refused": (_C, "Gateway acks that were malformed, foreign or ahead of what was sent"),
    "states_published": (_C, "Retained states and discovery messages the broker confirmed"),
    "states_ended": (_C, "Retained messages ended, of devices that are here no longer"),
    "publishes_failed": (_C, "Publishes the broker did not confirm"),
    "journal_full": (_C, "Commits that waited because the disk was full"),
    "journal_quarantined": (_C, "Damaged journals put aside at opening"),
    "journal_vanished": (_C, "Journals that were here before and were not found at opening"),
    "journal_rewound": (_C, "Times an older copy of the journal was found to be put back"),
    "journal_entries_damaged": (_C, "Journal entries whose checksum failed, skipped"),
    "findings_damaged": (_C, "Findings in the journal that could not be read, dead letters now"),
    "journal_entries_aged": (_C, "Journal entries shed because they were too old"),
    "journal_entries_shed": (_C, "Journal entries shed for room, after every cursor had passed"),
    "journal_entries_lost": (_C, "Journal entries shed for room before they reached InfluxDB"),
    "dead_letters_shed": (_C, "Dead letters overwritten by newer ones"),
    "checkpoints": (_C, "Checkpoints of the detectors written"),
    "time_jumps": (_C, "Times the wall clock was set, or the edge stood still"),
    "labels_taken": (_C, "What people found alarms to be, taken into the journal"),
    "labels_refused": (_C, "Pages of labels that were malformed or out of bounds"),
    "registries_applied": (_C, "Registries gone by since the start"),
    "registries_refused": (_C, "Pushed registries refused, by reason"),
    "registry_copies_failed": (_C, "Pushed registries of which no copy could be written"),
    "strangers_dropped": (_C, "Unregistered names forgotten for newer ones"),
    "time_answers_refused": (_C, "Answers about the time that could not be used, by reason"),
    "held_refused": (_C, "Deliveries left to their sender: too much is held for want of the time"),
    "held_unplaced": (_C, "Held messages of an earlier start, stamped at the latest possible"),
    "links_lost": (_C, "Broker links that ended"),
    "influx_points": (_C, "Points that InfluxDB has confirmed"),
    "influx_retries": (_C, "Writes to InfluxDB that are tried again, by cause"),
    "influx_points_rejected": (_C, "Points that InfluxDB refused, kept as dead letters"),
    "influx_points_expired": (_C, "Points that InfluxDB dropped as older than what it keeps"),
    "influx_points_backfilled": (_C, "Points of a backlog that were sent after newer ones"),
    "influx_points_skipped": (_C, "Readings with no point: not finite, or a home nobody knows"),
    "link_up": (_G, "1 while the broker link stands"),
    "broker_certificate_until_s": (
        _G,
        "Unix time at which the first certificate of the broker's link ends; with TLS only",
    ),
    "registry_version": (_G, "Version of the pushed registry; 0: the file's"),
    "clock_trusted": (_G, "1 once the time is known; nothing is judged before"),
    "clock_offset_s": (_G, "True time less what the machine's own clock reads"),
    "clock_uncertainty_s": (_G, "By how much the time may be wrong"),
    "clocks_disagree": (_G, "1 while the kernel's clock and the gateway's are a minute apart"),
    "held_deliveries": (_G, "Messages kept, unjudged, until the time is known"),
    "held_bytes": (_G, "What they take"),
    "boot": (_G, "Starts of this edge on this journal"),
    "findings_unacked": (_G, "Findings the gateway has not acked"),
    "finding_oldest_unacked_s": (_G, "Age of the oldest of them"),
    "journal_bytes": (_G, "Size of the journal in use"),
    "journal_position": (_G, "Id of the last journal entry"),
    "influx_lag_entries": (_G, "Journal entries not yet in InfluxDB"),
    "influx_backlog_entries": (_G, "Those of them that wait behind newer ones"),
    "influx_open": (_G, "1 while InfluxDB 1.x obeys anybody, without a password"),
    "influx_blocked_s": (_G, "For how long InfluxDB has not taken the write that waits"),
}


class MetricsSettings(Settings):
    """Where Prometheus may read the metrics; loopback only."""

    port: int = Field(ge=1, le=65_535)


class Health:
    """The edge's counters and gauges since the start of the process."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._gauges: dict[str, float] = {}

    def count(self, name: str, amount: int = 1, *, reason: str = "") -> None:
        """Add `amount` to the counter `name`, under `reason` where it has several."""
        assert METRICS[name][0] is Nature.COUNTER, name  # noqa: S101  (our own mistake only)
        key = (name, reason)
        self._counts[key] = self._counts.get(key, 0) + amount

    def gauge(self, name: str, value: float) -> None:
        """Set the gauge `name`."""
        assert METRICS[name][0] is Nature.GAUGE, name  # noqa: S101  (our own mistake only)
        self._gauges[name] = value

    def gauged(self, name: str) -> float:
        """What the gauge `name` was last set to; 0 before that."""
        return self._gauges.get(name, 0.0)

    def counted(self, name: str, reason: str | None = None) -> int:
        """What `name` has come to; over all its reasons when none is given."""
        return sum(
            amount
            for (counter, why), amount in self._counts.items()
            if counter == name and reason in {None, why}
        )

    def snapshot(self) -> dict[str, float | dict[str, int]]:
        """Every metric by name; a counter with reasons as a table of them."""
        result: dict[str, float | dict[str, int]] = {
            name: self.counted(name) for name, (nature, _) in METRICS.items() if nature is _C
        }
        split = {name: why for name, why in self.by_reason().items() if set(why) != {""}}
        return result | split | self._gauges

    def by_reason(self) -> dict[str, dict[str, int]]:
        """What every counter that has moved has come to, by its reasons; "" is none."""
        table: dict[str, dict[str, int]] = {}
        for (name, reason), amount in sorted(self._counts.items()):
            table.setdefault(name, {})[reason] = amount
        return table
