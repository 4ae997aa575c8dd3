"""What an alarm may cost in hours of delay, by how many a month a site can bear."""

from edge.log_scale import between

_PRICES = ((0.7, 80_000.0), (1.0, 18_500.0), (2.0, 1_000.0), (4.0, 280.0))
"""Alarms a home-month, and the price of one at which homes have so many; docs/welfare.md."""


def price(alarms_per_month: float) -> float:
    """What one alarm may cost, in hours of delay, where homes shall have so many a month."""
    return between(_PRICES, alarms_per_month)
