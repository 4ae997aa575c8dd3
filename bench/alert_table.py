"""What the alert benchmark measured, as the table of docs/performance-alerts.md."""

from collections.abc import Mapping

_HEAD = "| | gateway | Alertmanager |\n|---|---|---|"

# The words, the figure's name for us, and the one for them; "" where there is none.
_ROWS = (
    ("finding to webhook at 50 a second, median", "p50_ms", "am_p50_ms"),
    ("the same, 99 of 100", "p99_ms", "am_p99_ms"),
    ("processor time for each", "cpu_ms", "am_cpu_ms"),
    ("resident memory after that", "rss_mb", "am_rss_mb"),
    ("storm: conditions accounted for", "storm_accounted", "am_storm_accounted"),
    ("storm: until all were", "storm_s", "am_storm_s"),
    ("storm: processor time until then", "storm_cpu_s", ""),
    ("storm: conditions that a webhook named", "storm_told", "am_storm_accounted"),
    ("storm: until the last of them", "storm_told_s", "am_storm_s"),
    ("storm: processor time until that", "storm_told_cpu_s", "am_storm_cpu_s"),
    ("storm: webhooks", "storm_messages", "am_storm_messages"),
    ("storm: of these, one urgent condition each", "storm_singles", ""),
    ("storm: most others to one worker in a minute", "storm_per_worker_minute", ""),
    ("storm: urgent to webhook, 99 of 100", "storm_urgent_p99_ms", "am_storm_urgent_p99_ms"),
    ("kill -9 of 50 not yet told: lost", "waiting_lost", "am_waiting_lost"),
    ("the same: told twice", "waiting_repeated", "am_waiting_repeated"),
    ("kill -9 of 50 told: told again", "told_repeated", "am_told_repeated"),
)  # fmt: skip
_UNITS = {"ms": "ms", "s": "s", "mb": "MB"}


def table(figures: Mapping[str, float]) -> str:
    """`figures` by their names in `bench.alerts.Figures`, as Markdown."""
    rows = [f"| {words} | {_cell(figures, ours)} | {_cell(figures, am)} |"
            for words, ours, am in _ROWS]  # fmt: skip
    return "\n".join([_HEAD, *rows])


def _cell(figures: Mapping[str, float], name: str) -> str:
    if not name:
        return "-"
    unit = _UNITS.get(name.rpartition("_")[2])
    return f"{figures[name]:,.2f} {unit}" if unit else f"{figures[name]:,.0f}"
