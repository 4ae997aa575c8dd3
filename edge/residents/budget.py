"""At which odds a quiet home with a door is a finding, by the alarms that a site can bear."""

from edge.log_scale import between

_ODDS_H = ((0.05, 10_000.0), (0.1, 4_750.0), (0.2, 2_050.0), (0.4, 1_000.0), (1.0, 375.0))
"""Alarms a home-month, and the odds at which simulated homes have so many; docs/residents.md."""


def odds_needed_h(alarms_per_month: float) -> float:
    """The odds in hours at which homes have so many false alarms a month."""
    return between(_ODDS_H, alarms_per_month)
