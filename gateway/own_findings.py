"""What the gateway finds itself goes the way of what edges find, under a name that no edge has."""

from typing import TYPE_CHECKING, Final

from edge.outbox import Envelope
from edge.reading import Finding

if TYPE_CHECKING:
    from gateway.engine import Engine

OWN: Final = "_gateway"
"""Stands where an edge's name would in what the gateway finds itself; no edge is called so."""


def take_own(engine: "Engine", finding: Finding, now_ns: int, by: str = OWN) -> None:
    """The finding is committed with all that it causes, as found by `by` of the gateway."""
    engine.take_finding(Envelope(1, by, by, now_ns, finding), now_ns)
